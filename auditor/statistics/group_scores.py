"""Scores of groups compared: subgroup AUCs, calibration error with limits, gaps of means."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditor.statistics.delong import auc
from auditor.statistics.proportions import Z95
from auditor.statistics.reliability import FLOOR, calibration_error
from auditor.statistics.value import Value, known, undefined

Floats = NDArray[np.float64]
BINS, BIN_ROWS, LEAST = 15, 20, 200  # bins at most, rows of each, and rows below which no calibration error is told
DRAWS = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Limited:
    """A value with pairwise 95 % limits and wider ones."""

    value: Value
    low: float | None = None
    high: float | None = None
    wide_low: float | None = None
    wide_high: float | None = None


def area(positives: Floats, negatives: Floats, z: float = Z95) -> Limited:
    """P(positive scored above negative), ties one half; DeLong limits on the logit scale, the wide ones at z."""
    if not len(positives) or not len(negatives):
        return Limited(value=undefined("no positives" if not len(positives) else "no negatives"))
    if min(len(positives), len(negatives)) < 2:
        return Limited(value=known(float(np.mean([(p > negatives).mean() + (p == negatives).mean() / 2 for p in positives]))))
    value, low, high = auc(positives, negatives)
    if low >= high:
        return Limited(value=known(value), low=low, high=high, wide_low=low, wide_high=high)
    centre, half = _logit(value), (_logit(high) - _logit(low)) / 2 / Z95 * z
    ends = [1 / (1 + math.exp(-x)) for x in (centre - half, centre + half)]
    return Limited(value=known(value), low=low, high=high, wide_low=ends[0], wide_high=ends[1])


def _logit(p: float) -> float:
    p = min(max(p, FLOOR), 1 - FLOOR)
    return math.log(p / (1 - p))


def subgroup_areas(score: Floats, positive: NDArray[np.bool_], inside: NDArray[np.bool_], z: float = Z95) -> dict[str, Limited]:
    """subgroup_auc (both classes inside), bpsn_auc (positives outside, negatives inside), bnsp_auc (the reverse).

    Borkan et al. 2019, doi:10.1145/3308560.3317593.
    """
    cells = {(p, g): score[(positive == p) & (inside == g)] for p in (True, False) for g in (True, False)}
    return {
        "subgroup_auc": area(cells[True, True], cells[False, True], z),
        "bpsn_auc": area(cells[True, False], cells[False, True], z),
        "bnsp_auc": area(cells[True, True], cells[False, False], z),
    }


def mean_gap(group: Floats, reference: Floats, z: float = Z95) -> Limited:
    """Mean of the group minus mean of the reference, Welch limits by the normal."""
    if min(len(group), len(reference)) < 2:
        return Limited(value=undefined("fewer than 2 rows in a group"))
    gap = float(group.mean() - reference.mean())
    error = math.sqrt(float(group.var(ddof=1)) / len(group) + float(reference.var(ddof=1)) / len(reference))
    return Limited(
        value=known(gap), low=gap - Z95 * error, high=gap + Z95 * error, wide_low=gap - z * error, wide_high=gap + z * error
    )


def log_loss(score: Floats, positive: NDArray[np.bool_]) -> Floats:
    """Negative log-likelihood by row, nats, scores clipped at 1e-12."""
    return np.asarray(-np.log(np.maximum(np.where(positive, score, 1 - score), FLOOR)))


def calibration_gap(group: tuple[Floats, Any], reference: tuple[Floats, Any], z: float = Z95, seed: int = 0) -> Limited:
    """Debiased calibration error of the group minus that of the reference, -1..1, each (scores, positive).

    Limits: basic bootstrap of the positives of each bin, the bins held; the wide ones add z standard errors.
    """
    if min(len(group[0]), len(reference[0])) < LEAST:
        return Limited(value=undefined(f"fewer than {LEAST} rows in a group"))
    rng = np.random.default_rng(seed)
    points, drawn = zip(*(_drawn_errors(s, p, rng) for s, p in (group, reference)), strict=True)
    value, replicates = points[0] - points[1], drawn[0] - drawn[1]
    low, high = np.quantile(replicates, [0.025, 0.975]).tolist()
    half = z * float(replicates.std())
    ends = 2 * value - high, 2 * value - low
    return Limited(
        value=known(value), low=ends[0], high=ends[1], wide_low=min(ends[0], value - half), wide_high=max(ends[1], value + half)
    )


def _drawn_errors(score: Floats, positive: NDArray[np.bool_], rng: np.random.Generator) -> tuple[float, Floats]:
    """(calibration error, the same of 2,000 draws of the positives of each bin)."""
    n = len(score)
    bins = min(BINS, n // BIN_ROWS)
    order = np.argsort(score, kind="stable")
    edges = np.linspace(0, n, bins + 1).astype(int)
    sizes = np.diff(edges)
    mean, share = np.add.reduceat(np.stack([score[order], positive[order].astype(float)]), edges[:-1], axis=1) / sizes
    hit = rng.binomial(sizes, share, (DRAWS, bins)) / sizes
    squared = (mean - hit) ** 2 - hit * (1 - hit) / np.maximum(sizes - 1, 1)
    drawn = np.sqrt(np.maximum(0.0, (squared * sizes).sum(axis=1) / n))
    return calibration_error(score, positive, bins), drawn
