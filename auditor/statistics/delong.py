"""Area under the ROC curve with DeLong's interval: can the loss tell training rows from unseen ones?"""

from __future__ import annotations

import math

import numpy as np

from auditor.statistics.paired import Numbers
from auditor.statistics.proportions import Z95


def auc(positives: Numbers, negatives: Numbers) -> tuple[float, float, float]:
    """P(positive > negative) + P(equal)/2, with the DeLong 95 % interval on the logit scale.

    DeLong, DeLong & Clarke-Pearson 1988, doi:10.2307/2531595, in the midrank form of Sun & Xu 2014,
    doi:10.1109/LSP.2014.2337313. On the logit scale the interval stays inside 0..1. ValueError for fewer than two a side.
    """
    v10, v01 = _placements(positives, negatives)
    m, n, area = len(v10), len(v01), float(np.mean(v10))
    se = math.sqrt(float(np.var(v10, ddof=1)) / m + float(np.var(v01, ddof=1)) / n)
    if se == 0 or area in (0.0, 1.0):
        return area, area, area
    logit, half = math.log(area / (1 - area)), Z95 * se / (area * (1 - area))
    return area, 1 / (1 + math.exp(-(logit - half))), 1 / (1 + math.exp(-(logit + half)))


def _placements(positives: Numbers, negatives: Numbers) -> tuple[Numbers, Numbers]:
    """Of each positive the share of negatives below it, of each negative the share of positives above it; ties one half."""
    from scipy.stats import rankdata

    m, n = len(positives), len(negatives)
    if min(m, n) < 2:
        raise ValueError(f"got {m} and {n} scores, want at least 2 a side")
    both = rankdata(np.concatenate([positives, negatives]))
    return (both[:m] - rankdata(positives)) / n, 1 - (both[m:] - rankdata(negatives)) / m


def auc_change(before: tuple[Numbers, Numbers], after: tuple[Numbers, Numbers]) -> tuple[float, float, float]:
    """AUC after minus before of two models on the same rows, with the 95 % interval of DeLong et al. 1988 for paired areas.

    Each side is (scores of the positives, scores of the negatives), the rows in one order. ValueError where the sides differ in
    length, and for fewer than two scores a side.
    """
    if [len(x) for x in before] != [len(x) for x in after]:
        raise ValueError("the two models scored different rows")
    gains = [b - a for a, b in zip(_placements(*before), _placements(*after), strict=True)]
    change = float(np.mean(gains[0]))
    half = Z95 * math.sqrt(sum(float(np.var(g, ddof=1)) / len(g) for g in gains))
    return change, change - half, change + half


def true_positive_rate(positives: Numbers, negatives: Numbers, at: float = 0.01) -> float:
    """Share of positives above the threshold that at most a share `at` of negatives exceeds."""
    limit = np.sort(negatives)[::-1][math.floor(at * len(negatives))]
    return float(np.mean(positives > limit))
