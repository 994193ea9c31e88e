"""How far the labels of two groups lie apart, over the union of their labels, and how unevenly outcomes are shared out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditor.statistics import distances
from auditor.statistics.value import Value, infinite, known, undefined

Floats = NDArray[np.float64]
Counts = NDArray[Any]
HALF = 0.5  # rows added to each cell of a smoothed divergence
SMOOTHING = 1.0  # rows spread over the labels of each group in differential fairness


def class_imbalance(n_reference: float, n: float) -> Value:
    """(n_a - n_d) / (n_a + n_d), -1..1: above 0 where the group is the smaller."""
    return known((n_reference - n) / (n_reference + n)) if n_reference + n > 0 else undefined("no rows")


def divergences(reference: Counts, group: Counts) -> Mapping[str, Value]:
    """kl (nats, reference first), js (nats, 0..ln 2), lp (0..sqrt 2), tvd and ks (0..1) of two rows of label counts.

    Over all labels given, zeros kept. Kullback & Leibler 1951, doi:10.1214/aoms/1177729694; Lin 1991,
    doi:10.1109/18.61115. A label that only the reference has makes kl infinite, never less.
    """
    names = ("kl", "js", "lp", "tvd", "ks")
    if min(reference.sum(), group.sum()) <= 0:
        return dict.fromkeys(names, undefined("a group has no labelled rows"))
    p, q = reference / reference.sum(), group / group.sum()
    kl = distances.kullback_leibler(p, q)
    if math.isinf(kl):
        smooth = [(c + HALF) / (c + HALF).sum() for c in (reference, group)]
        first = infinite("a label of the reference never occurs in the group", distances.kullback_leibler(*smooth))
    else:
        first = known(kl)
    rest = (
        distances.jensen_shannon(p, q),
        distances.minkowski(p, q),
        float(distances.total_variation(p, q)),
        distances.largest_difference(p, q),
    )
    return dict(zip(names, (first, *map(known, rest)), strict=True))


def disparities(group: Counts, total: Counts) -> Floats:
    """n_d0/n_0 - n_d1/n_1 over the last axis (0: rejected, 1: accepted), -1..1; 0 where a side has no rows (convention)."""
    some = (total > 0).all(axis=-1)
    safe = np.where(total > 0, total, 1)
    return np.where(some, group[..., 0] / safe[..., 0] - group[..., 1] / safe[..., 1], 0.0)


def demographic_disparity(group: Counts, total: Counts) -> Value:
    """The group's share of the rejected minus its share of the accepted. `group`, `total`: (rejected, accepted) rows."""
    if total[0] <= 0 or total[1] <= 0:
        return undefined("no rejected rows" if total[0] <= 0 else "no accepted rows")
    return known(float(disparities(group, total)))


def conditional(group: Counts, total: Counts) -> Floats:
    """Mean of `disparities` over strata (second axis from the end), weighted by their rows. Axes (..., strata, 2)."""
    rows = total.sum(axis=-1)
    return np.asarray((rows * disparities(group, total)).sum(axis=-1) / rows.sum(axis=-1))


def conditional_disparity(group: Counts, total: Counts) -> tuple[Value, float]:
    """Conditional demographic disparity over strata, -1..1, and the share of rows in strata with one outcome only.

    Wachter, Mittelstadt & Russell 2021, doi:10.1016/j.clsr.2021.105567. Counts (strata, 2): rejected, accepted.
    """
    if total.sum() <= 0:
        return undefined("no rows"), 0.0
    flat = float(total[(total <= 0).any(axis=1)].sum() / total.sum())
    if flat >= 1:
        return undefined("no stratum has both outcomes"), 1.0
    return known(float(conditional(group, total))), flat


def log_ratios(table: Counts, smoothing: float = SMOOTHING) -> Floats:
    """Over groups (axis -2) and labels (axis -1): the largest |ln p(y, g) - ln p(y, g')|, shares smoothed.

    Foulds et al. 2020, doi:10.1109/ICDE48307.2020.00203 (differential fairness); p = (n_gy + c/K) / (n_g + c).
    """
    labels = table.shape[-1]
    logs = np.log((table + smoothing / labels) / (table.sum(axis=-1, keepdims=True) + smoothing))
    return np.asarray((logs.max(axis=-2) - logs.min(axis=-2)).max(axis=-1))


def differential_fairness(table: Counts, smoothing: float = SMOOTHING) -> Value:
    """`log_ratios` of one table (groups, labels): 0 and up."""
    if len(table) < 2:
        return undefined("needs two groups")
    if table.shape[1] < 2:
        return undefined("needs two labels")
    return known(float(log_ratios(table, smoothing)))
