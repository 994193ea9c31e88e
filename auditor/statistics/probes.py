"""Two models on the same pairs of sentences: the paired change, by cluster, against a floor and a margin."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from auditor.statistics.paired import paired
from auditor.statistics.proportions import Z95, wilson

Floats = NDArray[np.float64]
DRAWS = 2_000  # bootstrap draws (bias reference, section 11), at least
TAIL = 50  # draws beyond either limit, at least
BLOCK = 4_000_000  # clusters drawn at a time
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
    rng, step = np.random.default_rng(seed), max(1, BLOCK // size)
    means = []
    for first in range(0, draws, step):
        picked = rng.integers(0, len(total), (min(step, draws - first), size))
        means.append(total[picked].sum(axis=1) / count[picked].sum(axis=1))
    return np.concatenate(means)


def change(differences: Floats, clusters: NDArray[Any], *, alpha: float = 0.05, seed: int = 0) -> Change:
    """The mean of the paired differences with its cluster-bootstrap limits at level 1 - alpha, of 2,000 draws or as many as
    put 50 beyond either limit. ValueError for no pair."""
    if not len(differences):
        raise ValueError("got no pair, want at least one")
    k = len(np.unique(clusters))
    low = high = None
    if k >= LEAST_CLUSTERS:
        draws = max(DRAWS, math.ceil(2 * TAIL / alpha))
        low, high = (float(x) for x in np.quantile(drawn(differences, clusters, k, draws, seed), [alpha / 2, 1 - alpha / 2]))
    return Change(mean=float(differences.mean()), low=low, high=high, clusters=k, pairs=len(differences))


def apart(
    own: tuple[Floats, NDArray[Any]], rest: tuple[Floats, NDArray[Any]], *, alpha: float = 0.05
) -> tuple[float, float | None, float | None]:
    """(difference of the means own - rest, its limits at level 1 - alpha) of two (values, clusters): Student's t with the
    cluster-robust errors of both sides and Satterthwaite's degrees of freedom; no limits with fewer than 20 clusters on a side.

    Liang & Zeger 1986, doi:10.1093/biomet/73.1.13; Satterthwaite 1946, doi:10.2307/3002019. ValueError for an empty side.
    """
    from scipy.stats import t

    if not len(own[0]) or not len(rest[0]):
        raise ValueError(f"got {len(own[0])} and {len(rest[0])} values, want at least one of each")
    gap = float(own[0].mean() - rest[0].mean())
    if not all(bears_limits(clusters) for _, clusters in (own, rest)):
        return gap, None, None
    sides = [paired(values, clusters) for values, clusters in (own, rest)]
    spread = sum(s.se**2 for s in sides)
    if spread == 0:
        return gap, gap, gap
    df = spread**2 / sum(s.se**4 / (s.n - 1) for s in sides)
    half = float(t.ppf(1 - alpha / 2, df)) * math.sqrt(spread)
    return gap, gap - half, gap + half


def bears_limits(clusters: NDArray[Any]) -> bool:
    """Whether there are clusters enough for an interval, 20."""
    return len(np.unique(clusters)) >= LEAST_CLUSTERS


def few(clusters: int) -> str:
    """Why so many templates bear no interval."""
    return f"{clusters:,} template{'' if clusters == 1 else 's'}, want {LEAST_CLUSTERS} for an interval"


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
