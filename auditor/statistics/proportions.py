"""Shares, their differences and ratios, with intervals."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from auditor.model import Effect

if TYPE_CHECKING:
    from collections.abc import Callable

Z95 = 1.959963984540054  # two-sided 95 % point of the normal


def wilson(k: float, n: float, z: float = Z95) -> tuple[float, float]:
    """Wilson score interval of k in n (n > 0). Wilson 1927, doi:10.1080/01621459.1927.10502953."""
    if n <= 0:
        raise ValueError(f"got n={n}, want n > 0")
    p = k / n
    centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    low = 0.0 if k == 0 else max(0.0, centre - half)
    high = 1.0 if k == n else min(1.0, centre + half)
    return low, high


def newcombe(k1: float, n1: float, k2: float, n2: float, z: float = Z95) -> tuple[float, float]:
    """Interval of k1/n1 - k2/n2.

    Newcombe 1998 (method 10), doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I.
    """
    p1, p2 = k1 / n1, k2 / n2
    l1, u1 = wilson(k1, n1, z)
    l2, u2 = wilson(k2, n2, z)
    gap = p1 - p2
    return gap - math.hypot(p1 - l1, u2 - p2), gap + math.hypot(u1 - p1, p2 - l2)


def ratio(k1: float, n1: float, k2: float, n2: float, z: float = Z95) -> tuple[float, float]:
    """MOVER-R interval of (k1/n1) / (k2/n2); the upper limit is inf where k2 = 0.

    Donner & Zou 2012, doi:10.1177/0962280210379174.
    """
    p, q = k1 / n1, k2 / n2
    l1, u1 = wilson(k1, n1, z)
    l2, u2 = wilson(k2, n2, z)

    # the lower limit in the form that stays finite where u2 reaches 2q, as it does with few positives in the denominator
    top = l1 * (2 * p - l1)
    root = math.sqrt(max(0.0, (p * q) ** 2 - top * u2 * (2 * q - u2)))
    low = 0.0 if k1 == 0 else top / (p * q + root)
    if k2 == 0:
        return low, math.inf
    below = l2 * (2 * q - l2)
    high = (p * q + math.sqrt(max(0.0, (p * q) ** 2 - u1 * (2 * p - u1) * below))) / below
    return low, high


def share(name: str, k: float, n: float) -> Effect:
    """k in n as an Effect with its Wilson interval; undefined where n = 0."""
    if n <= 0:
        return Effect(name=name, value=None, unit="share", reason="no rows to look at")
    low, high = wilson(k, n)
    return Effect(name=name, value=k / n, low=low, high=high, unit="share", method="Wilson 95 %")


def bisect(f: Callable[[float], float], low: float, high: float, steps: int = 100) -> float:
    """A root of the monotone f in [low, high]."""
    rising = f(high) > f(low)
    for _ in range(steps):
        middle = (low + high) / 2
        if (f(middle) > 0) == rising:
            high = middle
        else:
            low = middle
    return (low + high) / 2
