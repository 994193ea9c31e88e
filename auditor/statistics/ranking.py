"""How well scores rank one class before the others."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from auditor.statistics.proportions import Z95

Floats = NDArray[np.float64]


def auc(scores: Floats, positive: NDArray[np.bool_]) -> tuple[float, float]:
    """(AUC, its standard error). Hanley & McNeil 1982, doi:10.1148/radiology.143.1.7063747; ties count half."""
    from scipy.stats import rankdata

    m, n = int(positive.sum()), int((~positive).sum())
    if m == 0 or n == 0:
        raise ValueError(f"got {m} positive and {n} other rows, want some of each")
    area = float((rankdata(scores)[positive].sum() - m * (m + 1) / 2) / (m * n))
    q1, q2 = area / (2 - area), 2 * area**2 / (1 + area)
    variance = (area * (1 - area) + (m - 1) * (q1 - area**2) + (n - 1) * (q2 - area**2)) / (m * n)
    return area, float(np.sqrt(max(variance, 0.0)))


def macro_auc(scores: Floats, labels: NDArray[np.int64]) -> tuple[float, float, float]:
    """Mean one-against-the-rest AUC of the classes and its 95 % interval.

    The standard errors of the classes are averaged as if they moved together: the interval is never too narrow for it.
    """
    present = [k for k in range(scores.shape[1]) if 0 < (labels == k).sum() < len(labels)]
    if len(present) == 2 and scores.shape[1] == 2:
        present = [1]  # the two are mirror images
    found = [auc(scores[:, k], labels == k) for k in present]
    area = float(np.mean([a for a, _ in found]))
    half = Z95 * float(np.mean([s for _, s in found]))
    return area, max(0.0, area - half), min(1.0, area + half)
