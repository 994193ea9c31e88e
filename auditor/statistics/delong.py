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
    from scipy.stats import rankdata

    m, n = len(positives), len(negatives)
    if min(m, n) < 2:
        raise ValueError(f"got {m} and {n} scores, want at least 2 a side")
    both = rankdata(np.concatenate([positives, negatives]))
    v10 = (both[:m] - rankdata(positives)) / n
    v01 = 1 - (both[m:] - rankdata(negatives)) / m
    area = float(np.mean(v10))
    se = math.sqrt(float(np.var(v10, ddof=1)) / m + float(np.var(v01, ddof=1)) / n)
    if se == 0 or area in (0.0, 1.0):
        return area, area, area
    logit, half = math.log(area / (1 - area)), Z95 * se / (area * (1 - area))
    return area, 1 / (1 + math.exp(-(logit - half))), 1 / (1 + math.exp(-(logit + half)))


def true_positive_rate(positives: Numbers, negatives: Numbers, at: float = 0.01) -> float:
    """Share of positives above the threshold that at most a share `at` of negatives exceeds."""
    limit = np.sort(negatives)[::-1][math.floor(at * len(negatives))]
    return float(np.mean(positives > limit))
