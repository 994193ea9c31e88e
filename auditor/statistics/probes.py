"""Two models on the same pairs of sentences: the paired change, by cluster, against a floor and a margin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from auditor.statistics.clusters import Floats, drawn, lacking, percentiles

FLOOR = 0.95  # the quantile of the null swaps' change
ROUNDING = 1e-9  # a limit that goes over the margin by less lies at it


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The mean change of an item score from the base to the tuned model."""

    mean: float
    low: float | None  # limits by cluster; None where the clusters bear none
    high: float | None
    clusters: int
    pairs: int


def change(differences: Floats, clusters: NDArray[Any], *, alpha: float = 0.05, seed: int = 0) -> Change:
    """The mean of the paired differences with its cluster-bootstrap limits at level 1 - alpha. ValueError for no pair."""
    if not len(differences):
        raise ValueError("got no pair, want at least one")
    low, high = percentiles(differences, clusters, alpha=alpha, seed=seed) if not lacking(clusters) else (None, None)
    k = len(np.unique(clusters))
    return Change(mean=float(differences.mean()), low=low, high=high, clusters=k, pairs=len(differences))


def floor(null: Floats, clusters: NDArray[Any], size: int, seed: int = 0) -> float | None:
    """What swaps that mean nothing change at most, by chance: the 95th percentile of |mean| over samples of as many
    clusters as the probe has. None where the null clusters bear no interval."""
    if lacking(clusters):
        return None
    return float(np.quantile(np.abs(drawn(null, clusters, size, seed=seed + 1)), FLOOR))


def non_inferior(low: float | None, high: float | None, margin: float) -> Literal["pass", "fail", "inconclusive"]:
    """pass: even the upper limit of the worsening is within the margin; fail: the lower limit is above it."""
    if low is None or high is None:
        return "inconclusive"
    return "fail" if low > margin + ROUNDING else "pass" if high <= margin + ROUNDING else "inconclusive"


def mcnemar(base: NDArray[np.bool_], tuned: NDArray[np.bool_]) -> float:
    """Exact two-sided p that as many items turned one way as the other. McNemar 1947, doi:10.1007/BF02295996."""
    from scipy.stats import binomtest

    gained, lost = int((tuned & ~base).sum()), int((base & ~tuned).sum())
    return float(binomtest(gained, gained + lost).pvalue) if gained + lost else 1.0
