"""What two groups' predictions differ in, from counts of (label, prediction) alone. `a` is the reference, `d` the group.

Counts are arrays (..., 4) of true positives, false negatives, false positives, true negatives. The array functions give
NaN where a denominator is 0, so that one formula serves the point and its bootstrap; the others return a `Value`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditor.statistics.value import Value, infinite, known, told, undefined

Floats = NDArray[np.float64]
Counts = NDArray[Any]
TP, FN, FP, TN = range(4)
HALF = 0.5  # rows added to each cell of a smoothed ratio (Haldane 1956, doi:10.1111/j.1469-1809.1955.tb01285.x)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A quotient of two sums of cells, within one group."""

    of: tuple[int, ...]
    over: tuple[int, ...]
    lacking: str  # what a group lacks whose denominator is 0
    words: str  # what the rate is, for a sentence; {label} stands for the positive class


ALL = (TP, FN, FP, TN)
RATES: Mapping[str, Rate] = {
    "label_rate": Rate(of=(TP, FN), over=ALL, lacking="rows", words="labelled {label}"),
    "selection_rate": Rate(of=(TP, FP), over=ALL, lacking="rows", words="predicted {label}"),
    "true_positive_rate": Rate(of=(TP,), over=(TP, FN), lacking="positives", words="of those labelled {label}, predicted so"),
    "false_negative_rate": Rate(of=(FN,), over=(TP, FN), lacking="positives", words="of those labelled {label}, missed"),
    "false_positive_rate": Rate(
        of=(FP,), over=(FP, TN), lacking="negatives", words="of those not labelled {label}, predicted {label}"
    ),
    "true_negative_rate": Rate(of=(TN,), over=(FP, TN), lacking="negatives", words="of those not labelled {label}, left so"),
    "precision": Rate(of=(TP,), over=(TP, FP), lacking="predicted positives", words="of those predicted {label}, labelled so"),
    "false_discovery_rate": Rate(
        of=(FP,), over=(TP, FP), lacking="predicted positives", words="of those predicted {label}, labelled otherwise"
    ),
    "negative_predictive_value": Rate(
        of=(TN,), over=(FN, TN), lacking="predicted negatives", words="of those not predicted {label}, labelled otherwise too"
    ),
    "false_omission_rate": Rate(
        of=(FN,), over=(FN, TN), lacking="predicted negatives", words="of those not predicted {label}, labelled {label}"
    ),
    "accuracy": Rate(of=(TP, TN), over=ALL, lacking="rows", words="predicted as labelled"),
    "acceptance": Rate(of=(TP, FN), over=(TP, FP), lacking="predicted positives", words="labelled {label} for each so predicted"),
    "rejection": Rate(
        of=(FP, TN), over=(FN, TN), lacking="predicted negatives", words="not labelled {label} for each predicted so"
    ),
    "treatment": Rate(of=(FN,), over=(FP,), lacking="false positives", words="missed for each wrongly predicted {label}"),
}

DIFFERENCES: Mapping[str, tuple[str, int]] = {
    # metric -> (rate, +1 where it is reference minus group, -1 where it is group minus reference)
    "label_rate_difference": ("label_rate", 1),
    "selection_rate_difference": ("selection_rate", 1),
    "recall_difference": ("true_positive_rate", 1),
    "specificity_difference": ("true_negative_rate", -1),
    "false_positive_rate_difference": ("false_positive_rate", -1),
    "false_negative_rate_difference": ("false_negative_rate", -1),
    "acceptance_rate_difference": ("precision", 1),
    "rejection_rate_difference": ("negative_predictive_value", -1),
    "false_discovery_rate_difference": ("false_discovery_rate", -1),
    "false_omission_rate_difference": ("false_omission_rate", -1),
    "accuracy_difference": ("accuracy", 1),
    "conditional_acceptance_difference": ("acceptance", 1),
    "conditional_rejection_difference": ("rejection", -1),
    "treatment_equality": ("treatment", -1),
}
RATIOS: Mapping[str, str] = {  # group over reference
    "label_rate_ratio": "label_rate",
    "selection_rate_ratio": "selection_rate",
    "false_positive_rate_ratio": "false_positive_rate",
}


def parts(counts: Counts, rate: str) -> tuple[Counts, Counts]:
    """(numerator, denominator) of the rate, over the last axis."""
    spec = RATES[rate]
    return counts[..., list(spec.of)].sum(axis=-1), counts[..., list(spec.over)].sum(axis=-1)


def quotient(counts: Counts, rate: str) -> Floats:
    """The rate; NaN where its denominator is 0."""
    k, n = parts(counts, rate)
    return np.where(n > 0, k / np.where(n > 0, n, 1), np.nan)


def differences(metric: str, reference: Counts, group: Counts) -> Floats:
    """The difference, with its tabulated sign; NaN where a side is undefined."""
    rate, sign = DIFFERENCES[metric]
    return np.asarray(sign * (quotient(reference, rate) - quotient(group, rate)))


def average_odds(reference: Counts, group: Counts) -> Floats:
    """((FPR_d - FPR_a) + (TPR_d - TPR_a)) / 2, -1..1: its terms may cancel."""
    false, true = (quotient(group, r) - quotient(reference, r) for r in ("false_positive_rate", "true_positive_rate"))
    return np.asarray((false + true) / 2)


def lacking(rate: str, **sides: Counts) -> str:
    """Which side lacks the denominator of the rate, "" where none does."""
    empty = [name for name, counts in sides.items() if parts(np.asarray(counts), rate)[1] <= 0]
    return f"no {RATES[rate].lacking} in the {' and the '.join(empty)}" if empty else ""


def difference(metric: str, reference: Counts, group: Counts) -> Value:
    """One metric of `DIFFERENCES` (bias metrics of Hardt et al. 2016 and of Das et al. 2021, arXiv:2109.03285)."""
    reason = lacking(DIFFERENCES[metric][0], reference=reference, group=group)
    return undefined(reason) if reason else known(float(differences(metric, np.asarray(reference), np.asarray(group))))


def ratio(metric: str, reference: Counts, group: Counts) -> Value:
    """Rate of the group over that of the reference, 0..inf; 0/0 is undefined, x/0 infinite."""
    reference, group = np.asarray(reference), np.asarray(group)
    rate = RATIOS[metric]
    if reason := lacking(rate, reference=reference, group=group):
        return undefined(reason)
    (k, n), (k_ref, n_ref) = parts(group, rate), parts(reference, rate)
    if k_ref == 0:
        if k == 0:
            return undefined("the rate is 0 in both groups")
        smooth = ((k + HALF) / (n + 2 * HALF)) / ((k_ref + HALF) / (n_ref + 2 * HALF))
        return infinite("the rate is 0 in the reference", float(smooth))
    return known(float((k / n) / (k_ref / n_ref)))


def average_odds_difference(reference: Counts, group: Counts) -> Value:
    """`average_odds` of one pair."""
    reasons = [lacking(r, reference=reference, group=group) for r in ("true_positive_rate", "false_positive_rate")]
    reason = "; ".join(r for r in reasons if r)
    return undefined(reason) if reason else known(float(average_odds(np.asarray(reference), np.asarray(group))))


def spread(groups: Counts, rate: str) -> Value:
    """Largest minus smallest rate over the groups (rows of `groups`), 0..1: never below 0, so no gap is no 0."""
    if len(groups) < 2:
        return undefined("needs two groups")
    rates = quotient(np.asarray(groups), rate)
    return told(float(rates.max() - rates.min()), f"no {RATES[rate].lacking} in a group")


def spread_ratio(groups: Counts, rate: str) -> Value:
    """Smallest over largest rate of the groups, 0..1."""
    if len(groups) < 2:
        return undefined("needs two groups")
    rates = quotient(np.asarray(groups), rate)
    if np.isnan(rates).any():
        return undefined(f"no {RATES[rate].lacking} in a group")
    return known(float(rates.min() / rates.max())) if rates.max() > 0 else undefined("the rate is 0 in every group")


def equalized_odds(groups: Counts) -> Value:
    """The larger of the spreads of true and of false positive rates, 0..1."""
    found = [spread(groups, rate) for rate in ("true_positive_rate", "false_positive_rate")]
    bad = next((v for v in found if v.value is None), None)
    return bad or max(found, key=lambda v: v.value or 0.0)


def benefits(counts: Counts) -> tuple[Floats, Floats]:
    """(mean benefit, shares (..., 3) of the benefits 0, 1, 2), b = prediction - label + 1."""
    n = counts.sum(axis=-1)
    cells = np.stack([counts[..., FN], counts[..., TP] + counts[..., TN], counts[..., FP]], axis=-1)
    shares = cells / np.where(n > 0, n, np.nan)[..., None]
    return shares[..., 1] + 2 * shares[..., 2], shares


def entropies(counts: Counts, order: int = 2) -> Floats:
    """Generalised entropy of the benefits of all rows: order 2, or 1 (Theil). NaN where the mean benefit is 0.

    Speicher et al. 2018, doi:10.1145/3219819.3220046. 0 and up; order 2 has no upper limit of one half.
    """
    mean, shares = benefits(counts)
    relative = np.array([0.0, 1.0, 2.0]) / np.where(mean > 0, mean, np.nan)[..., None]
    if order == 2:
        return np.asarray((shares * (relative**2 - 1)).sum(axis=-1) / 2)
    logs = np.log(np.where(relative > 0, relative, 1.0))
    return np.asarray((shares * relative * logs).sum(axis=-1) + 0 * mean)


def entropy(counts: Counts, order: int = 2) -> Value:
    """`entropies` of one table of counts."""
    counts = np.asarray(counts)
    if counts.sum() <= 0:
        return undefined("no rows")
    return told(float(entropies(counts, order)), "the mean benefit is 0")


def entropy_between(groups: Counts) -> Value:
    """The part of GE(2) that lies between groups: every benefit replaced by its group's mean; the rest lies within."""
    groups = np.asarray(groups)
    n = groups.sum(axis=-1)
    total = groups.sum(axis=0)
    mean, _ = benefits(total)
    if n.sum() <= 0 or not mean > 0:
        return undefined("no rows" if n.sum() <= 0 else "the mean benefit is 0")
    own, _ = benefits(groups[n > 0])
    return known(float((n[n > 0] / n.sum() * ((own / mean) ** 2 - 1)).sum() / 2))
