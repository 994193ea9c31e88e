"""Sentinel numbers and dates (-1, 999, 1900-01-01 ...): how often they occur, and how far from all other values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from auditor.check import Tally
from auditor.rows import Batch, Setting
from auditor.tallies.sample import NumberSample

NUMBERS = (0.0, *(-float(x) for x in (1, 9, 99, 999, 9999, 99999)), *(10.0**k - 1 for k in range(2, 10)))
"""-1, -9 ... -99999, 0 and 99 ... 999999999."""
DAYS = tuple(
    float((date.fromisoformat(d) - date(1970, 1, 1)).days)
    for d in (
        *("0001-01-01", "1753-01-01", "1800-01-01", "1899-12-30", "1899-12-31", "1900-01-01"),
        *("1970-01-01", "2099-12-31", "2999-12-31", "9999-12-31"),
    )
)
"""Days since 1970-01-01: the first and last dates of data bases, the origins of spreadsheets and of Unix time."""
FAR = 5.0  # a gap of 5 times the middle half of the other values: chosen by us, see VAL117
FAR_DAYS = 2.5  # of the range of the other dates: the same gap, were they spread evenly
OTHERS = 30  # other values needed to know their spread
DISTINCT = 10  # distinct ones; below it numbers are codes, where 9 or 99 may be one more
SPIKE = 3.0  # times as common as its neighbour: counts that fall smoothly, such as geometric ones, stay below it
DAY = 86_400_000_000  # microseconds


@dataclass(frozen=True, slots=True, eq=False)
class Around:
    """Candidates of one column: how often each occurs, and its nearest other values with their counts."""

    count: NDArray[np.int64]  # (m,) by candidate
    below: NDArray[np.float64]  # (m,) nearest other value below; -inf = none
    below_count: NDArray[np.int64]
    above: NDArray[np.float64]
    above_count: NDArray[np.int64]
    others: int  # values that are no candidate, or 0
    low: float  # of the others
    high: float

    def __add__(self, other: Around) -> Around:
        below, above = np.maximum(self.below, other.below), np.minimum(self.above, other.above)
        return Around(
            self.count + other.count,
            below,
            self.below_count * (self.below == below) + other.below_count * (other.below == below),
            above,
            self.above_count * (self.above == above) + other.above_count * (other.above == above),
            self.others + other.others,
            min(self.low, other.low),
            max(self.high, other.high),
        )


@dataclass(frozen=True, slots=True)
class SentinelCounts(Tally):
    """The surroundings of every candidate, by column over all splits. Exact; a few numbers a column."""

    by: dict[str, Around] = field(default_factory=dict)

    @classmethod
    def columns(cls, setting: Setting) -> Iterable[str]:
        return tuple(c.name for c in setting.columns if c.kind in ("number", "time") and not c.id_like)

    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        by = {}
        for name in cls.columns(batch.setting):
            if batch.has(name):
                number = batch.setting.column(name).kind == "number"
                kept = 0.0 if number else None  # a true 0 is the neighbour of -1; day 0 is 1970-01-01
                by[name] = _around(plain(batch.column(name)), np.array(NUMBERS if number else DAYS), kept)
        return cls(by)

    def __add__(self, other: Self) -> Self:
        by = dict(self.by)
        for name, around in other.by.items():
            by[name] = by[name] + around if name in by else around
        return type(self)(by)


def plain(values: pa.Array) -> NDArray[np.float64]:
    """Numbers as float64, dates as whole days since 1970-01-01; NaN where there is neither."""
    if pa.types.is_date(values.type):
        values = values.cast(pa.timestamp("us"))
    if pa.types.is_timestamp(values.type):
        moments = values.cast(pa.timestamp("us", values.type.tz), safe=False).cast(pa.int64())
        return np.asarray(pc.floor(pc.divide(moments.cast(pa.float64()), float(DAY))).to_numpy(zero_copy_only=False), np.float64)
    if pa.types.is_integer(values.type) or pa.types.is_floating(values.type):
        return np.asarray(values.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False), np.float64)
    return np.full(len(values), np.nan)


def _around(numbers: NDArray[np.float64], candidates: NDArray[np.float64], kept: float | None = 0.0) -> Around:
    """The surroundings in one array; `kept` is the candidate that counts among the other values as well."""
    values = np.sort(numbers[np.isfinite(numbers)])
    first, last = np.searchsorted(values, candidates, "left"), np.searchsorted(values, candidates, "right")
    others = values[~np.isin(values, [c for c in candidates if c != kept])]
    left, right = np.searchsorted(others, candidates, "left"), np.searchsorted(others, candidates, "right")
    edged = np.concatenate([[-np.inf], others, [np.inf]])
    below, above = edged[left], edged[right + 1]

    def counted(x: NDArray[np.float64]) -> NDArray[np.int64]:
        return np.searchsorted(others, x, "right") - np.searchsorted(others, x, "left")

    low, high = (float(others[0]), float(others[-1])) if len(others) else (np.inf, -np.inf)
    return Around(last - first, below, counted(below), above, counted(above), len(others), low, high)


def sentinels(setting: Setting, sample: NumberSample, counts: SentinelCounts) -> dict[str, dict[float, str]]:
    """column -> {value: how it is written}: the candidates that stand apart from all other values.

    Far: the gap to the nearest other value is over 5 times the spread (the larger of the interquartile ranges of the
    values and of the distinct values, from a sample of at most 50,000 rows a split), for dates over 2.5 times the range.
    Sign: the only negative value of a column, over 3 times as common as the nearest other. Zero must be far and occur twice.
    """
    known = sample.made.get("sentinels")
    if known is None or known[0] is not counts:
        known = sample.made["sentinels"] = (counts, _sentinels(setting, sample, counts))
    found: dict[str, dict[float, str]] = known[1]
    return found


def _sentinels(setting: Setting, sample: NumberSample, counts: SentinelCounts) -> dict[str, dict[float, str]]:
    found: dict[str, dict[float, str]] = {}
    for name, around in counts.by.items():
        number = setting.column(name).kind == "number"
        candidates = np.array(NUMBERS if number else DAYS)
        gaps = np.minimum(candidates - around.below, around.above - candidates)
        for i in np.flatnonzero((around.count > 0) & np.isfinite(gaps)) if around.others >= OTHERS else ():
            value = float(candidates[i])
            if _apart(name, value, float(gaps[i]), int(i), around, sample) if number else _alone(float(gaps[i]), around):
                found.setdefault(name, {})[value] = f"{value:.0f}" if number else str(date.fromordinal(int(value) + 719_163))
    return found


def _alone(gap: float, around: Around) -> bool:
    return gap > FAR_DAYS * (around.high - around.low) > 0


def _apart(name: str, value: float, gap: float, i: int, around: Around, sample: NumberSample) -> bool:
    sign = value < 0 <= around.low and around.count[i] > SPIKE * around.above_count[i]
    if (value == 0 and around.count[i] < 2) or not (sign or gap > 0):
        return False
    values = np.concatenate([sample.column(split, name) for split in sorted(sample.rows)])
    values = values[~np.isin(values, [c for c in NUMBERS if c != 0 or value == 0])]
    distinct = np.unique(values)
    if len(distinct) < DISTINCT:
        return False
    spread = max(float(np.subtract(*np.percentile(x, [75, 25]))) for x in (values, distinct))
    return bool(sign or gap > FAR * spread > 0)
