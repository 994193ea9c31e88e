"""A learning curve err(n) = a + b n^-c, what more data would bring, and when to refuse an answer."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
GRID = np.linspace(0.02, 1.0, 99)
"""Exponents tried: 0 < c <= 1, the range in which error curves are reported (Hestness et al. 2017, arXiv:1712.00409)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A fitted curve."""

    a: float  # error with endless data, 0..1
    b: float
    c: float  # exponent, 0..1
    gain: float  # error(n) - error(2n) at the largest n
    gain_low: float
    gain_high: float
    c_low: float
    c_high: float
    refused: str  # why the curve must not be extrapolated; "" = it may


def fit(sizes: Floats, errors: Floats, tested: int, *, draws: int = 400, seed: int = 0) -> Fitted:
    """Weighted least squares over sizes (S,) and errors (seeds, S), each error a share of `tested` rows.

    The interval is a bootstrap: seeds are drawn again, and the binomial noise of the test rows, which all seeds share, is
    added once a draw. The two largest sizes are held out to score an extrapolation from the others: where they lie outside
    its interval the curve is refused. ValueError for fewer than six sizes or three seeds.
    """
    seeds, count = errors.shape
    if count < 6 or seeds < 3:
        raise ValueError(f"got {count} sizes and {seeds} seeds, want at least 6 and 3")
    rng = np.random.default_rng(seed)
    mean = errors.mean(axis=0)
    spread = _spread(errors, tested)
    drawn = errors[rng.integers(0, seeds, (draws, seeds))].mean(axis=1)
    drawn = drawn + rng.normal(size=drawn.shape) * np.sqrt(mean.clip(1e-3) * (1 - mean).clip(1e-3) / tested / seeds)
    a, b, c = _solve(sizes, np.concatenate([mean[None], drawn]), spread)
    largest = float(sizes[-1])
    gains = b * (largest**-c - (2 * largest) ** -c)
    low, high = np.quantile(gains[1:], [0.025, 0.975])
    c_low, c_high = np.quantile(c[1:], [0.025, 0.975])
    return Fitted(
        a=float(a[0]),
        b=float(b[0]),
        c=float(c[0]),
        gain=float(gains[0]),
        gain_low=float(min(low, gains[0])),
        gain_high=float(max(high, gains[0])),
        c_low=float(c_low),
        c_high=float(c_high),
        refused=_refusal(sizes, mean, drawn, spread),
    )


def _spread(errors: Floats, tested: int) -> Floats:
    """Standard error of the mean error at each size: between seeds, but no less than binomial noise allows."""
    mean = errors.mean(axis=0)
    between = errors.var(axis=0, ddof=1) / len(errors)
    least = mean.clip(1e-3) * (1 - mean).clip(1e-3) / tested / len(errors)
    wide: Floats = np.sqrt(np.maximum(between, least))
    return wide


def _refusal(sizes: Floats, mean: Floats, drawn: Floats, spread: Floats) -> str:
    a, b, c = _solve(sizes[:-2], np.concatenate([mean[None, :-2], drawn[:, :-2]]), spread[:-2])
    for place in (-2, -1):
        ahead = a + b * sizes[place] ** -c
        low, high = np.quantile(ahead[1:], [0.005, 0.995])
        slack = 3.0 * float(spread[place])
        if not low - slack <= mean[place] <= high + slack:
            return (
                f"the error at {int(sizes[place]):,} rows is {mean[place]:.3f}; from the smaller sizes {low:.3f} to {high:.3f} "
                "was to be expected"
            )
    return ""


def _solve(sizes: Floats, errors: Floats, spread: Floats) -> tuple[Floats, Floats, Floats]:
    """a, b, c for each row of errors (draws, S): least squares at each exponent of the grid, a >= 0 and b >= 0."""
    w = 1 / spread.clip(1e-6) ** 2
    best = np.full(len(errors), np.inf)
    a, b, c = (np.zeros(len(errors)) for _ in range(3))
    for exponent in GRID:
        x = sizes**-exponent
        sw, sx, sxx = w.sum(), (w * x).sum(), (w * x * x).sum()
        sy, sxy = errors @ w, errors @ (w * x)
        slope = ((sw * sxy - sx * sy) / (sw * sxx - sx * sx)).clip(0)
        floor = (sy - slope * sx) / sw
        through = floor < 0
        slope = np.where(through, (sxy / sxx).clip(0), slope)
        floor = np.where(through, 0.0, floor)
        loss = ((errors - floor[:, None] - slope[:, None] * x) ** 2) @ w
        better = loss < best
        best, a, b, c = (np.where(better, new, old) for new, old in ((loss, best), (floor, a), (slope, b), (exponent, c)))
    return a, b, c
