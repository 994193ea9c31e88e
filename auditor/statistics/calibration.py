"""Whether probabilities are as often right as they claim."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

BINS = 15
"""Bins of equal size (Guo et al. 2017, arXiv:1706.04599, use 15 of equal width)."""
DRAWS = 1_000
"""Of the parametric bootstrap: p-values down to .001."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Expected calibration error of n statements of confidence."""

    error: float  # mean |confidence - accuracy| over the bins, 0..1
    low: float
    high: float
    p: float  # chance of so large an error were every confidence true
    confidence: float  # mean
    accuracy: float
    bins: tuple[tuple[float, float], ...]  # (confidence, accuracy) by bin


def calibration(confidence: NDArray[np.float64], right: NDArray[np.bool_], seed: int) -> Calibration:
    """The calibration error over 15 bins of equal size, with a parametric bootstrap of the counts of each bin."""
    order = np.argsort(confidence, kind="stable")
    parts = [p for p in np.array_split(order, BINS) if len(p)]
    size = np.array([len(p) for p in parts], float)
    claimed = np.array([confidence[p].mean() for p in parts])
    hit = np.array([right[p].mean() for p in parts])
    rng = np.random.default_rng(seed)

    def draws(chance: NDArray[np.float64]) -> NDArray[np.float64]:
        counts = rng.binomial(size.astype(int), np.clip(chance, 0.0, 1.0), (DRAWS, len(parts)))
        return np.asarray((np.abs(counts / size - claimed) * size).sum(axis=1) / size.sum())

    error = float((np.abs(hit - claimed) * size).sum() / size.sum())
    null, around = draws(claimed), draws(hit)
    low, high = np.percentile(around, [2.5, 97.5])
    return Calibration(
        error=error,
        low=min(float(low), error),
        high=max(float(high), error),
        p=float((1 + (null >= error).sum()) / (1 + DRAWS)),
        confidence=float(confidence.mean()),
        accuracy=float(right.mean()),
        bins=tuple((float(a), float(b)) for a, b in zip(claimed, hit, strict=True)),
    )
