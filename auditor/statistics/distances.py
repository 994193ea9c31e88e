"""How far two distributions lie apart, with intervals and tests."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from auditor.model import Effect
from auditor.statistics.counts import tables_within

Floats = NDArray[np.float64]
Counts = NDArray[np.int64]
DRAWS = 1_000  # replicates of a distance's band: its width to about 1 in 30
KOLMOGOROV_95 = 1.3581  # 95 % point of Kolmogorov's distribution; Smirnov 1948, doi:10.1214/aoms/1177730256
LEAST_EXPECTED = 5.0  # Cochran's rule: rarer cells are pooled for the chi-square


def shares(counts: Counts) -> Floats:
    """Counts over the last axis as shares; NaN where there are none."""
    total = counts.sum(axis=-1, keepdims=True)
    return np.where(total > 0, counts / np.maximum(total, 1), np.nan)


def total_variation(p: Floats, q: Floats) -> Floats:
    """Half the sum of absolute differences of shares, 0..1, over the last axis."""
    return np.asarray(np.abs(p - q).sum(axis=-1) / 2)


def kullback_leibler(p: Floats, q: Floats) -> float:
    """sum p ln(p/q) in nats, over the union of values; inf where q lacks a value of p. 0 ln 0 = 0."""
    on = p > 0
    if np.any(q[on] <= 0):
        return math.inf
    return float(np.sum(p[on] * np.log(p[on] / q[on])))


def jensen_shannon(p: Floats, q: Floats) -> float:
    """Mean divergence from the middle, nats, 0..ln 2. Lin 1991, doi:10.1109/18.61115."""
    middle = (p + q) / 2
    return (kullback_leibler(p, middle) + kullback_leibler(q, middle)) / 2


def minkowski(p: Floats, q: Floats, power: float = 2.0) -> float:
    """(sum |p - q|^power)^(1/power), over shares."""
    return float(np.sum(np.abs(p - q) ** power) ** (1 / power))


def largest_difference(p: Floats, q: Floats) -> float:
    """Largest difference of shares over categories (the KS of label distributions), 0..1."""
    return float(np.max(np.abs(p - q)))


def number_distances(x: Floats, y: Floats) -> tuple[float, float]:
    """(largest distance of the two empirical distribution functions, 0..1; area between them in the unit of the numbers):
    Kolmogorov-Smirnov and Wasserstein-1. Both samples must hold at least one number."""
    every = np.concatenate([x, y])
    order = np.argsort(every, kind="stable")
    every = every[order]
    mine = order < len(x)
    gap = np.cumsum(np.where(mine, 1 / len(x), -1 / len(y)))
    steps = np.diff(every)
    last = np.append(steps > 0, True)  # of equal values only the last has the whole step
    return float(np.max(np.abs(gap[last]))), float(np.sum(np.abs(gap[:-1]) * steps))


def kolmogorov_smirnov_p(distance: float, n: int, m: int) -> float:
    """Asymptotic two-sided p-value; conservative where values repeat.

    Stephens 1970, doi:10.1111/j.2517-6161.1970.tb00821.x (small-sample factor); from 4 rows a side on within .01.
    """
    from scipy.special import kolmogorov

    root = math.sqrt(n * m / (n + m))
    return float(kolmogorov((root + 0.12 + 0.11 / root) * distance))


def homogeneity_p(first: Counts, second: Counts) -> float:
    """Chi-square p-value that two rows of counts have the same shares; values expected under 5 times are pooled."""
    from scipy.special import chdtrc

    table = np.stack([first, second]).astype(float)
    table = table[:, table.sum(axis=0) > 0]
    rows = table.sum(axis=1)
    if table.shape[1] < 2 or rows.min() == 0:
        return 1.0
    rare = table.sum(axis=0) * rows.min() / rows.sum() < LEAST_EXPECTED
    if rare.sum() > 1:
        table = np.concatenate([table[:, ~rare], table[:, rare].sum(axis=1, keepdims=True)], axis=1)
    if table.shape[1] < 2:
        return 1.0
    expected = rows[:, None] * table.sum(axis=0) / rows.sum()
    return float(chdtrc(table.shape[1] - 1, float(((table - expected) ** 2 / expected).sum())))


def category_distance(first: Counts, second: Counts, seed: int = 0, name: str = "total_variation") -> Effect:
    """TVD of two rows of counts with a 95 % band.

    By the triangle inequality the distance is off by no more than the distance of the sampling errors; the 95 % point of
    that is drawn by bootstrap, each row resampled with its size fixed. The limits err on the wide side, and hold where
    the shares are equal, where percentile and basic bootstrap limits do not.
    """
    p, q = shares(first), shares(second)
    drawn = shares(tables_within(np.stack([first, second]), DRAWS, seed))
    errors = total_variation(drawn[:, 0] - p, drawn[:, 1] - q)
    return _band(name, float(total_variation(p, q)), float(np.quantile(errors, 0.95)), "bootstrap band 95 %")


def kolmogorov_effect(distance: float, n: int, m: int, name: str = "kolmogorov_smirnov") -> Effect:
    """A KS distance with a 95 % band: Kolmogorov's 95 % point for two samples, wide where values repeat."""
    return _band(name, distance, KOLMOGOROV_95 * math.sqrt(1 / n + 1 / m), "Kolmogorov band 95 %")


def _band(name: str, value: float, half: float, method: str) -> Effect:
    return Effect(name=name, value=value, low=max(0.0, value - half), high=min(1.0, value + half), unit="share", method=method)
