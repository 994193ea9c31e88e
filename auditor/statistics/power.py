"""How many rows a gap needs to be seen, and which gap the rows at hand can show."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

from auditor.statistics.proportions import Z95, bisect

ALPHA = 0.05
POWER = 0.8  # the customary share of real gaps that are found
Z_POWER = 0.8416212335729143  # its point of the normal
STEPS = 50  # halvings of the gap: far below a millionth of a point
MOST = 1_000_000_000  # rows beyond which "no number of rows decides" is said


def rows_needed(p1: float, p2: float, z: float = Z95, z_power: float = Z_POWER) -> int | None:
    """Rows in each of two groups with rates p1 and p2 (0..1) for the gap to be told from 0; None where p1 = p2.

    Pooled two-sided z-test; Fleiss, Levin & Paik 2003, doi:10.1002/0471445428 (chapter 4).
    """
    if p1 == p2:
        return None
    mean = (p1 + p2) / 2
    root = z * math.sqrt(2 * mean * (1 - mean)) + z_power * math.sqrt(p1 * (1 - p1) + p2 * (1 - p2))
    return math.ceil((root / (p1 - p2)) ** 2 - 1e-9)


@lru_cache(maxsize=10_000)
def detectable_gap(p: float, n_reference: int, n: int, z: float = Z95, z_power: float = Z_POWER) -> float | None:
    """The smallest gap to a reference rate p (0..1) whose interval excludes 0 with power .8; None where there is none.

    The other rate is sought towards .5, where it is hardest to see. The pooled rate is weighted by rows.
    """
    if n <= 0 or n_reference <= 0:
        return None
    sign = 1.0 if p <= 0.5 else -1.0
    widest = 1 - p if p <= 0.5 else p

    def missing(gap: float) -> float:
        other = p + sign * gap
        pooled = (n_reference * p + n * other) / (n_reference + n)
        null = math.sqrt(max(0.0, pooled * (1 - pooled)) * (1 / n_reference + 1 / n))
        real = math.sqrt(max(0.0, p * (1 - p) / n_reference + other * (1 - other) / n))
        return gap - z * null - z_power * real

    return bisect(missing, 0.0, widest, STEPS) if missing(widest) > 0 else None


def smallest(decided: Callable[[int], bool], start: int, most: int = MOST) -> int | None:
    """The smallest n >= start for which `decided` holds (it must hold for all larger n); None beyond `most`."""
    low, high = start, max(start, 1)
    while not decided(high):
        if high >= most:
            return None
        low, high = high, min(most, 2 * high)
    while low < high:
        middle = (low + high) // 2
        if decided(middle):
            high = middle
        else:
            low = middle + 1
    return high
