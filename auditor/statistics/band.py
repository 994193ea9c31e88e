"""A curve of logged evaluation losses judged against its own noise: is its end above its best?"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from auditor.statistics.paired import Numbers
from auditor.statistics.spike import NORMAL


@dataclass(frozen=True, slots=True, kw_only=True)
class BandRule:
    """Limits of the band; chosen by us, by simulation (benchmarks/trace.py)."""

    deviations: float = 3.0  # standard deviations of a single evaluation
    least: float = 0.005  # share of the best: the least width
    blind: float = 0.05  # share of the best: the width where the noise is unknown
    alarm: float = 1.05  # times the best
    warn: float = 1.02  # times the best
    known: int = 6  # evaluations from which the noise can be told
    power: int = 8  # evaluations below which an ok is no evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """The noise band of a curve of k finite losses."""

    k: int
    sigma: float | None  # standard deviation of one evaluation; None below 6 evaluations
    m: float  # lowest rolling median of three
    at: int  # position of the middle evaluation of that median
    top: float  # upper edge: losses up to it are equivalent to the best
    last: float  # median of the last three
    inside: tuple[int, ...]  # positions of the evaluations inside the band


def noise(losses: Numbers) -> float:
    """Standard deviation of one evaluation about a smooth curve: 1.4826 median|x(j-1) - 2 x(j) + x(j+1)| / sqrt(6).

    Second differences take a linear trend out; their variance is 6 times that of one value.
    """
    return NORMAL * float(np.median(np.abs(np.diff(losses, 2)))) / math.sqrt(6)


def band(losses: Numbers, rule: BandRule) -> Band:
    """The band of a curve of finite losses. ValueError for fewer than three.

    The lowest single value of a noisy curve is too low (winner's curse), so the reference is the lowest rolling median of three.
    """
    k = len(losses)
    if k < 3:
        raise ValueError(f"got {k} evaluations, want at least 3")
    medians = np.median(np.lib.stride_tricks.sliding_window_view(losses, 3), axis=1)
    place = int(np.argmin(medians))
    m = float(medians[place])
    sigma = noise(losses) if k >= rule.known else None
    width = rule.blind * abs(m) if sigma is None else max(rule.deviations * sigma, rule.least * abs(m))
    inside = tuple(int(i) for i in np.flatnonzero(losses <= m + width))
    return Band(k=k, sigma=sigma, m=m, at=place + 1, top=m + width, last=float(medians[-1]), inside=inside)


def told(found: Band, rule: BandRule) -> str:
    """alarm, warning or ok, by the end of the curve alone; fewer than 6 evaluations never alarm."""
    if found.last > found.top and found.last > rule.alarm * found.m:
        return "alarm" if found.k >= rule.known else "warning"
    if found.last > found.top and found.last > rule.warn * found.m:
        return "warning"
    return "ok"


def smoothed(values: Numbers, count: int = 5) -> float:
    """Median of the last `count` finite values; NaN where there is none."""
    finite = values[np.isfinite(values)][-count:]
    return float(np.median(finite)) if len(finite) else math.nan


@dataclass(frozen=True, slots=True, kw_only=True)
class Jumps:
    """Drops of the training loss where an epoch ends, against drops elsewhere."""

    drops: tuple[float, ...]  # at each boundary: median of 5 logs before - median of 5 after
    fired: tuple[int, ...]  # boundaries (0-based) with a drop beyond both limits
    centre: float  # median drop elsewhere
    spread: float  # robust standard deviation elsewhere
    elsewhere: int  # positions that the null stands on


def epoch_jumps(
    losses: Numbers, boundaries: list[int], *, half: int = 5, deviations: float = 3.0, share: float = 0.05
) -> Jumps | None:
    """The drops at positions `boundaries` (index of the first log of an epoch); None where fewer than 10 positions lie at least
    5 logs from any boundary, so that nothing tells what is usual.

    A boundary fires where drop - centre > 3 spreads and drop > 5 % of the level before it.
    """
    near = np.zeros(len(losses) + half, bool)
    for b in boundaries:
        near[max(0, b - half + 1) : b + half] = True

    def drop(p: int) -> tuple[float, float]:
        before = float(np.median(losses[p - half : p]))
        return before - float(np.median(losses[p : p + half])), before

    windows = np.median(np.lib.stride_tricks.sliding_window_view(losses, half), axis=1) if len(losses) >= half else np.empty(0)
    places = np.arange(half, len(losses) - half + 1)
    usual = (windows[places - half] - windows[places])[~near[places]] if len(places) else np.empty(0)
    if len(usual) < 10:
        return None
    centre = float(np.median(usual))
    spread = NORMAL * float(np.median(np.abs(usual - centre)))
    found = [drop(b) for b in boundaries if half <= b <= len(losses) - half]
    fired = [i for i, (d, level) in enumerate(found) if d - centre > deviations * spread and d > share * abs(level)]
    return Jumps(drops=tuple(d for d, _ in found), fired=tuple(fired), centre=centre, spread=spread, elsewhere=len(usual))


RULE_MIN = 3  # values below which a series has no rolling median of three


def ends(values: Numbers, count: int = 5) -> tuple[float, float]:
    """Median of the first and of the last `count` values (NaN for an empty series)."""
    if not len(values):
        return math.nan, math.nan
    return float(np.median(values[:count])), float(np.median(values[-count:]))
