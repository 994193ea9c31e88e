"""Means of losses compared: paired and by cluster, or Welch's two samples."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditor.statistics.proportions import Z95

Numbers = NDArray[np.float64]
ROUNDING = 1e-12  # a standard error below this share of the mean is rounding: all differences are equal


@dataclass(frozen=True, slots=True, kw_only=True)
class Paired:
    """The mean of paired differences."""

    mean: float  # mean difference, unit of the differences
    se: float  # its standard error; 0 where all differences are equal
    z: float  # mean / se; +-inf where all differences are equal and the mean is not
    n: int  # independent units: rows, or clusters where given

    def interval(self, z: float = Z95) -> tuple[float, float]:
        """mean +- z standard errors."""
        return self.mean - z * self.se, self.mean + z * self.se


def paired(differences: Numbers, clusters: NDArray[Any] | None = None) -> Paired:
    """Mean, standard error and z of paired differences; se = sd/sqrt(n), or the cluster-robust one where clusters are given.

    The clustered variance of a mean is G/(G-1) * sum over clusters of (sum of residuals)^2 / n^2
    (Liang & Zeger 1986, doi:10.1093/biomet/73.1.13). ValueError for fewer than two units.
    """
    n = len(differences)
    mean = float(np.mean(differences)) if n else math.nan
    if clusters is None:
        units = n
        if units < 2:
            raise ValueError(f"got {units} paired differences, want at least 2")
        se = float(np.std(differences, ddof=1)) / math.sqrt(n)
    else:
        _, place = np.unique(clusters, return_inverse=True)
        sums = np.bincount(place, weights=differences - mean)
        units = len(sums)
        if units < 2:
            raise ValueError(f"got {units} clusters, want at least 2")
        se = math.sqrt(units / (units - 1) * float(np.sum(sums**2))) / n
    if se > ROUNDING * abs(mean):
        z = mean / se
    else:
        z = 0.0 if mean == 0 else math.copysign(math.inf, mean)
    return Paired(mean=mean, se=se, z=z, n=units)


def welch(a: Numbers, b: Numbers) -> tuple[float, float, float]:
    """mean(a) - mean(b) and its 95 % interval for unequal variances. Welch 1947, doi:10.1093/biomet/34.1-2.28.

    ValueError where either has fewer than two values.
    """
    if min(len(a), len(b)) < 2:
        raise ValueError(f"got {len(a)} and {len(b)} values, want at least 2 of each")
    from scipy.stats import t

    va, vb = float(np.var(a, ddof=1)) / len(a), float(np.var(b, ddof=1)) / len(b)
    gap = float(np.mean(a) - np.mean(b))
    if va + vb == 0:
        return gap, gap, gap
    df = (va + vb) ** 2 / (va**2 / (len(a) - 1) + vb**2 / (len(b) - 1))
    half = float(t.ppf(0.975, df)) * math.sqrt(va + vb)
    return gap, gap - half, gap + half


def bootstrap_gap(a: Numbers, b: Numbers, *, draws: int = 1000, seed: int = 0) -> tuple[float, float, float]:
    """mean(a) - mean(b) of 0/1 values with its bootstrap 95 % percentile interval.

    A resampled mean of n zeros and ones is a binomial draw, so no row is drawn. ValueError for an empty sample.
    """
    if not len(a) or not len(b):
        raise ValueError("got an empty sample, want at least one value of each")
    rng = np.random.default_rng(seed)
    pa, pb = float(np.mean(a)), float(np.mean(b))
    gaps = rng.binomial(len(a), pa, draws) / len(a) - rng.binomial(len(b), pb, draws) / len(b)
    low, high = np.quantile(gaps, [0.025, 0.975])
    return pa - pb, float(low), float(high)
