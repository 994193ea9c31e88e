"""Two models on the same pairs of sentences: the paired change, by cluster, against a floor and a margin."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from auditor.statistics.proportions import Z95, wilson

Floats = NDArray[np.float64]
DRAWS = 2_000  # bootstrap draws (bias reference, section 11)
LEAST_CLUSTERS = 20  # fewer templates than that bear no interval (bias reference, section 11)
FLOOR = 0.95  # the quantile of the null swaps' change


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """The mean change of an item score from the base to the tuned model."""

    mean: float
    low: float | None  # percentile limits by cluster; None with fewer than 20 clusters
    high: float | None
    clusters: int
    pairs: int


def sums(values: Floats, clusters: NDArray[Any]) -> tuple[Floats, Floats]:
    """(sum, count) of the values by cluster."""
    _, place = np.unique(clusters, return_inverse=True)
    return np.bincount(place, weights=values).astype(np.float64), np.bincount(place).astype(np.float64)


def drawn(values: Floats, clusters: NDArray[Any], size: int, draws: int = DRAWS, seed: int = 0) -> Floats:
    """(draws,) means over `size` clusters drawn with replacement: every row of a cluster comes along.

    Cluster bootstrap; Davison & Hinkley 1997, section 3.8, doi:10.1017/CBO9780511802843.
    """
    total, count = sums(values, clusters)
    picked = np.random.default_rng(seed).integers(0, len(total), (draws, size))
    return np.asarray(total[picked].sum(axis=1) / count[picked].sum(axis=1), float)


def change(differences: Floats, clusters: NDArray[Any], *, alpha: float = 0.05, seed: int = 0) -> Change:
    """The mean of the paired differences with its cluster-bootstrap limits at level 1 - alpha. ValueError for no pair."""
    if not len(differences):
        raise ValueError("got no pair, want at least one")
    k = len(np.unique(clusters))
    low = high = None
    if k >= LEAST_CLUSTERS:
        low, high = (float(x) for x in np.quantile(drawn(differences, clusters, k, seed=seed), [alpha / 2, 1 - alpha / 2]))
    return Change(mean=float(differences.mean()), low=low, high=high, clusters=k, pairs=len(differences))


def apart(
    own: tuple[Floats, NDArray[Any]], rest: tuple[Floats, NDArray[Any]], *, alpha: float = 0.05, seed: int = 0
) -> tuple[float, float | None, float | None]:
    """(difference of the means own - rest, its limits) of two (values, clusters): percentiles at level 1 - alpha of a bootstrap
    that draws the clusters of each side on their own; no limits with fewer than 20 clusters on a side."""
    gap = float(own[0].mean() - rest[0].mean())
    sizes = [len(np.unique(clusters)) for _, clusters in (own, rest)]
    if min(sizes) < LEAST_CLUSTERS:
        return gap, None, None
    moved = drawn(*own, sizes[0], seed=seed) - drawn(*rest, sizes[1], seed=seed + 1)
    low, high = (float(x) for x in np.quantile(moved, [alpha / 2, 1 - alpha / 2]))
    return gap, low, high


def floor(null: Floats, clusters: NDArray[Any], size: int, seed: int = 0) -> float | None:
    """What swaps that mean nothing change at most, by chance: the 95th percentile of |mean| over samples of as many
    clusters as the probe has. None with fewer than 20 null clusters."""
    if len(np.unique(clusters)) < LEAST_CLUSTERS:
        return None
    return float(np.quantile(np.abs(drawn(null, clusters, size, seed=seed + 1)), FLOOR))


def clustered_wilson(hits: NDArray[np.bool_], clusters: NDArray[Any], z: float = Z95) -> tuple[float, float] | None:
    """Wilson limits of the share of `hits`, (n,), for as many independent draws as the clusters are worth: n over the design
    effect, at most n; where all are alike the number of clusters. None with fewer than 20 clusters.

    Dean & Pagano 2015, doi:10.1093/jssam/smv024; design effect: Kish 1965.
    """
    total, count = sums(hits.astype(float), clusters)
    n, k = float(count.sum()), len(total)
    if k < LEAST_CLUSTERS:
        return None
    p = float(total.sum()) / n
    alone = p * (1 - p) / (n - 1)  # variance of the share if the draws were independent
    if alone == 0:
        return wilson(p * k, k, z)
    linear = float(((total - p * count) ** 2).sum()) * k / (k - 1) / n**2
    worth = min(n, n * alone / linear) if linear > 0 else n
    return wilson(p * worth, worth, z)


def non_inferior(low: float | None, high: float | None, margin: float) -> Literal["pass", "fail", "inconclusive"]:
    """pass: even the upper limit of the worsening is within the margin; fail: the lower limit is above it."""
    if low is None or high is None:
        return "inconclusive"
    return "fail" if low > margin else "pass" if high <= margin else "inconclusive"


def mcnemar(base: NDArray[np.bool_], tuned: NDArray[np.bool_]) -> float:
    """Exact two-sided p that as many items turned one way as the other. McNemar 1947, doi:10.1007/BF02295996."""
    from scipy.stats import binomtest

    gained, lost = int((tuned & ~base).sum()), int((base & ~tuned).sum())
    return float(binomtest(gained, gained + lost).pvalue) if gained + lost else 1.0
