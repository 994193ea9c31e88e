"""Calibration of class probabilities: debiased error by equal-mass bins, Brier, likelihood, temperature."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from auditor.statistics.paired import Numbers

BINS = 15  # equal-mass bins; Nixon et al. 2019, arXiv:1904.01685 (to be verified against the source)
FLOOR = 1e-12  # probabilities are clipped here before logarithms


def calibration_error(confidence: Numbers, right: NDArray[np.bool_], bins: int = BINS) -> float:
    """Debiased expected calibration error (root of the debiased squared error), 0..1, over bins of equal mass.

    Each bin's squared gap less its sampling variance p(1-p)/(n-1), weighted by mass, floored at 0 in sum; then the root.
    Kumar, Liang & Ma 2019, arXiv:1909.10155. The plain form is above 0 even for a perfect model: its bias grows as n falls.
    """
    n = len(confidence)
    order = np.argsort(confidence, kind="stable")
    edges = np.linspace(0, n, min(bins, max(1, n // 2)) + 1).astype(int)
    starts, sizes = edges[:-1], np.diff(edges)
    sums = np.add.reduceat(np.stack([confidence[order], right[order].astype(float)]), starts, axis=1)
    mean, share = sums / sizes
    squared = (mean - share) ** 2 - share * (1 - share) / np.maximum(sizes - 1, 1)
    return math.sqrt(max(0.0, float(np.sum(squared * sizes) / n)))


def top_label(probabilities: Numbers, labels: NDArray[np.int64]) -> tuple[Numbers, NDArray[np.bool_]]:
    """Confidence of the predicted class (n,), and whether it is right (n,)."""
    said = np.argmax(probabilities, axis=1)
    return probabilities[np.arange(len(said)), said], said == labels


def classwise_error(probabilities: Numbers, labels: NDArray[np.int64], bins: int = BINS) -> float:
    """Mean over classes of the debiased error of P(class), 0..1."""
    errors = [calibration_error(probabilities[:, k], labels == k, bins) for k in range(probabilities.shape[1])]
    return float(np.mean(errors))


def brier(probabilities: Numbers, labels: NDArray[np.int64]) -> float:
    """Mean squared distance of the probabilities from the label as 0/1 vector, 0..2. Brier 1950."""
    target = np.zeros_like(probabilities)
    target[np.arange(len(labels)), labels] = 1.0
    return float(np.mean(np.sum((probabilities - target) ** 2, axis=1)))


def likelihood(probabilities: Numbers, labels: NDArray[np.int64]) -> float:
    """Mean negative log-likelihood, nats."""
    return float(-np.mean(np.log(np.maximum(probabilities[np.arange(len(labels)), labels], FLOOR))))


def tempered(probabilities: Numbers, temperature: float) -> Numbers:
    """softmax(log p / T)."""
    logits = np.log(np.maximum(probabilities, FLOOR)) / temperature
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    scaled: Numbers = powers / powers.sum(axis=1, keepdims=True)
    return scaled


def temperature(probabilities: Numbers, labels: NDArray[np.int64]) -> float:
    """The T > 0 that minimises the likelihood loss of softmax(log p / T), within 0.05..20; above 1 = overconfident.

    Guo et al. 2017, arXiv:1706.04599.
    """
    from scipy.optimize import minimize_scalar

    best = minimize_scalar(
        lambda t: likelihood(tempered(probabilities, math.exp(t)), labels),
        bounds=(math.log(0.05), math.log(20)),
        method="bounded",
    )
    return math.exp(float(best.x))


def error_rise(
    now: tuple[Numbers, NDArray[np.bool_]],
    then: tuple[Numbers, NDArray[np.bool_]],
    *,
    bins: int = BINS,
    draws: int = 300,
    seed: int = 0,
) -> tuple[float, float, float]:
    """Calibration error now less then, on the same rows, with the basic bootstrap 95 % interval of paired draws.

    The basic (reflected) form, because the percentile form of a floored root is off to one side.
    """
    rng = np.random.default_rng(seed)
    n = len(now[0])
    value = calibration_error(*now, bins) - calibration_error(*then, bins)
    drawn = np.empty(draws)
    for i in range(draws):
        rows = rng.integers(0, n, n)
        drawn[i] = calibration_error(now[0][rows], now[1][rows], bins) - calibration_error(then[0][rows], then[1][rows], bins)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return value, 2 * value - float(high), 2 * value - float(low)
