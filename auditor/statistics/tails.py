"""How far a value must lie out to be no part of the tail it belongs to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

HEAVY = 5.0
"""(99 % - 50 %) / (75 % - 50 %) of |z| beyond which a tail is heavy: 2.8 for a normal, 5.3 for t3, 9 for a log-normal."""
BODY, EDGE = 0.90, 0.99
"""Quantiles between which the tail is read: up to 1 % of outliers do not bend it."""
BODY_SMALL, EDGE_SMALL = 0.75, 0.95
"""The same below SMALL values."""
SMALL = 2_000


def heavy(z: Floats) -> bool:
    """Whether the tails of a column (scaled, finite values count) are far heavier than those of a normal."""
    known = np.abs(z[np.isfinite(z)])
    if len(known) < 20:
        return False
    middle, upper, edge = np.percentile(known, [50, 75, 99])
    return bool(edge - middle > HEAVY * (upper - middle) > 0)


SMALL_SLOPE = 1.5
"""Below SMALL values the slope is known to about a third: it is taken so much steeper, so that clean sets stay clean."""
THIN = 0.8
"""Slope of log |z| against normal quantiles in the tail, as a part of that from the median on, below which a tail is thin:
.62 for a normal, .71 for an exponential, 1 for a t with 3 degrees of freedom and for a log-normal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tail:
    """What is read from the sizes of a column to tell the chance of a larger one. Logarithms of quantiles."""

    middle: float  # of the median
    inner: float  # of the point where the tail begins
    outer: float  # of the point where it ends
    small: bool  # read from fewer than SMALL values

    def p(self, size: Floats, *, thin: bool = False) -> Floats:
        """The chance of a value of at least each `size` (> 0), extrapolated as a log-normal; see `tail_p`."""
        from scipy.special import ndtr, ndtri

        low, high = (BODY_SMALL, EDGE_SMALL) if self.small else (BODY, EDGE)
        middle, a, b = self.middle, self.inner, self.outer
        slope = max(b - a, 1e-9) / float(ndtri(high) - ndtri(low))
        x = np.log(np.maximum(size, 1e-300))
        if thin and slope < THIN * (a - middle) / float(ndtri(low)):
            rise = np.log(np.log(1 - high) / np.log(1 - low)) / max(b - a, 1e-9)
            beyond = np.exp(np.log(1 - high) * np.exp(np.clip(rise * (x - b), -50.0, 50.0)))
        else:
            slope = max(slope, (a - middle) / float(ndtri(low)), *([SMALL_SLOPE * slope] if self.small else []))
            beyond = ndtr(-(ndtri(high) + (x - b) / slope))
        return np.asarray(np.where(x > b, beyond, 1.0))


def tail(known: Floats) -> Tail:
    """The tail of sizes (> 0, at least one)."""
    small = len(known) < SMALL
    low, high = (BODY_SMALL, EDGE_SMALL) if small else (BODY, EDGE)
    middle, inner, outer = np.log(np.maximum(np.quantile(known, [0.5, low, high]), 1e-300)).tolist()
    return Tail(middle=middle, inner=inner, outer=outer, small=small)


def tail_p(size: Floats, known: Floats, *, thin: bool = False) -> Floats:
    """The chance of a value of at least each `size` in the tail of `known` (both > 0), extrapolated as a log-normal.

    log(known) is read as a straight line against normal quantiles between the 90 % and the 99 % point (75 % and 95 %
    below 2,000 values). A normal's tail falls faster, that of a t with 3 degrees of freedom about as the line says.
    With `thin`, a tail that falls faster is extrapolated as a Weibull through the same two points. Up to the
    outer point the chance is given as 1.
    """
    return tail(known).p(size, thin=thin)
