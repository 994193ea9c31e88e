"""Means and shares of values that come in clusters: limits that hold also where clusters are of unequal size."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditor.statistics.proportions import Z95, wilson
from auditor.words import plural

Floats = NDArray[np.float64]
Values = tuple[Floats, NDArray[Any]]  # (n,) values, (n,) their clusters
LEAST_CLUSTERS = 20  # fewer bear no interval (bias reference, section 11)
LEAST_WORTH = 2.0  # equal clusters that they must be worth: below it Student's t has less than one degree of freedom
RARE = 8  # clusters that hold the rarer side of a share: with fewer a variance between clusters says too little; chosen by us
LEAST_DRAWS, MOST_DRAWS = 2_000, 40_000  # of a bootstrap
TAIL = 20  # draws beyond either limit, where the most allow it
BLOCK = 4_000_000  # clusters drawn at a time
BUDGET = 40_000_000  # clusters drawn in all, where more than the least draws are wanted


def lacking(clusters: NDArray[Any], what: str = "template") -> str:
    """Why (n,) values of these clusters bear no interval, or "": there are fewer than 20, or one holds most values."""
    _, count = np.unique(clusters, return_counts=True)
    if len(count) < LEAST_CLUSTERS:
        return f"{plural(len(count), what)}, want {LEAST_CLUSTERS} for an interval"
    if effective(count.astype(float)) < LEAST_WORTH:
        return f"one {what} holds {count.max():,} of {count.sum():,}: no interval"
    return ""


def sums(values: Floats, clusters: NDArray[Any]) -> tuple[Floats, Floats]:
    """(sum, count) of the values by cluster."""
    _, place = np.unique(clusters, return_inverse=True)
    return np.bincount(place, weights=values).astype(np.float64), np.bincount(place).astype(np.float64)


def effective(count: Floats) -> float:
    """The number of equal clusters that clusters of these sizes are worth, 1 to their number. Kish 1965, section 8.2."""
    return float(count.sum() ** 2 / np.sum(count**2))


def standard_error(total: Floats, count: Floats) -> float:
    """The jackknife error of a mean whose clusters have these sums and sizes; at least two of them.

    A cluster's weight is in its own residual: errors that divide by the number of clusters alone are far too small where one
    holds most values. Bell & McCaffrey 2002, Survey Methodology 28:169.
    """
    n, k = float(count.sum()), len(count)
    apart = (total - count * (float(total.sum()) / n)) / (1 - count / n)
    return math.sqrt((k - 1) / k * float(np.sum(apart**2))) / n


def drawn(values: Floats, clusters: NDArray[Any], size: int, draws: int = LEAST_DRAWS, seed: int = 0) -> Floats:
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


def percentiles(values: Floats, clusters: NDArray[Any], *, alpha: float, seed: int) -> tuple[float, float]:
    """Limits of the mean at level 1 - alpha: expanded percentiles of a cluster bootstrap, for as many clusters as theirs are
    worth. Plain percentiles are too narrow by sqrt((k - 1) / k) and by Student's t. Hesterberg 2015,
    doi:10.1080/00031305.2015.1089789."""
    from scipy.stats import norm, t

    _, count = sums(values, clusters)
    worth = effective(count)
    tail = float(norm.sf(math.sqrt(worth / (worth - 1)) * t.isf(alpha / 2, worth - 1)))
    most = max(LEAST_DRAWS, min(MOST_DRAWS, BUDGET // len(count)))
    draws = int(min(most, max(LEAST_DRAWS, TAIL / tail if tail > 0 else math.inf)))
    low, high = np.quantile(drawn(values, clusters, len(count), draws, seed), [tail, 1 - tail])
    return float(low), float(high)


def apart(own: Values, rest: Values, *, alpha: float = 0.05) -> tuple[float, float | None, float | None]:
    """(difference of the means own - rest, its limits at level 1 - alpha): Student's t with the jackknife errors of both sides
    and Satterthwaite's degrees of freedom, for as many clusters as theirs are worth; no limits where a side bears none.

    Satterthwaite 1946, doi:10.2307/3002019. ValueError for an empty side.
    """
    from scipy.stats import t

    if not len(own[0]) or not len(rest[0]):
        raise ValueError(f"got {len(own[0])} and {len(rest[0])} values, want at least one of each")
    gap = float(own[0].mean() - rest[0].mean())
    if any(lacking(clusters) for _, clusters in (own, rest)):
        return gap, None, None
    counted = [sums(*side) for side in (own, rest)]
    errors = np.array([standard_error(*side) for side in counted])
    spread = float(np.hypot(*errors))
    if spread == 0:
        return gap, gap, gap
    freedom = np.array([effective(count) - 1 for _, count in counted])
    half = float(t.isf(alpha / 2, 1 / np.sum((errors / spread) ** 4 / freedom))) * spread
    return gap, gap - half, gap + half


def clustered_wilson(hits: NDArray[np.bool_], clusters: NDArray[Any], z: float = Z95) -> tuple[float, float] | None:
    """Wilson limits of the share of `hits`, (n,), for as many independent draws as the clusters are worth: n over the design
    effect, at most n, less what Student's t costs; where fewer than 8 clusters hold the rarer side, at most the clusters that
    theirs are worth. None where they bear no interval.

    Dean & Pagano 2015, doi:10.1093/jssam/smv024; degrees of freedom: Korn & Graubard 1998, Survey Methodology 24:193.
    """
    from scipy.stats import norm, t

    total, count = sums(hits.astype(float), clusters)
    if lacking(clusters):
        return None
    n, k = float(count.sum()), len(total)
    p, independent = float(total.sum()) / n, effective(count)
    if k == n:
        return wilson(p * n, n, z)
    alone, error = p * (1 - p) / (n - 1), standard_error(total, count)  # variance were the draws independent; error as they are
    worth = n * min(1.0, alone / error**2) if error > 0 else n
    worth *= (z / float(t.isf(norm.sf(z), independent - 1))) ** 2
    if min(int((total > 0).sum()), int((total < count).sum())) < RARE:
        worth = min(worth, independent)
    return wilson(p * worth, worth, z)
