"""When the rows of each split happened, and which training rows happened after held-out rows began."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from auditor.check import Tally
from auditor.rows import Batch, Setting
from auditor.tallies.places import Places, joined

FORMATS = ("%Y-%m-%dT%H:%M:%S%z", "%Y-%m-%d %H:%M:%S%z", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d")
FRACTION = r"\.\d+"


def moments(values: pa.Array) -> NDArray[np.float64]:
    """Seconds since 1970 of dates and times, numbers as they are; NaN where there is neither."""
    kind = values.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        values = _parsed(values)
    elif pa.types.is_date(kind):
        values = values.cast(pa.timestamp("us"))
    elif not (pa.types.is_timestamp(kind) or pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        return np.full(len(values), np.nan)
    if pa.types.is_timestamp(values.type):
        micro = values.cast(pa.timestamp("us", values.type.tz), safe=False).cast(pa.int64())
        values = pc.divide(micro.cast(pa.float64(), safe=False), 1e6)
    return np.asarray(values.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False), np.float64)


def _parsed(values: pa.Array) -> pa.Array:
    """ISO 8601 texts as timestamps of UTC; null where they are none."""
    plain = pc.replace_substring_regex(pc.utf8_trim_whitespace(values.cast(pa.string())), FRACTION, "")
    plain = pc.replace_substring_regex(pc.replace_substring_regex(plain, "Z$", "+0000"), r"([+-]\d{2}):(\d{2})$", r"\1\2")
    found = pa.nulls(len(values), pa.timestamp("us"))
    for form in FORMATS:
        read = pc.strptime(plain, format=form, unit="us", error_is_null=True)
        found = pc.coalesce(found, read.cast(pa.timestamp("us"), safe=False))
    return found


@dataclass(frozen=True, slots=True)
class Spans(Tally):
    """(earliest, latest) moment by split, and the rows with and without one."""

    by: dict[str, tuple[float, float]] = field(default_factory=dict)
    rows: dict[str, int] = field(default_factory=dict)  # with a moment
    without: dict[str, int] = field(default_factory=dict)

    @classmethod
    def columns(cls, setting: Setting) -> Iterable[str]:
        return (setting.roles.time,) if setting.roles.time else ()

    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        name = batch.setting.roles.time
        if name is None or not batch.has(name):
            return cls()
        read = moments(batch.column(name))
        known = read[np.isfinite(read)]
        by = {batch.split: (float(known.min()), float(known.max()))} if len(known) else {}
        return cls(by, {batch.split: len(known)}, {batch.split: len(read) - len(known)})

    def __add__(self, other: Self) -> Self:
        by = dict(self.by)
        for split, (low, high) in other.by.items():
            mine = by.get(split, (low, high))
            by[split] = min(low, mine[0]), max(high, mine[1])
        return type(self)(by, _sum(self.rows, other.rows), _sum(self.without, other.without))


def _sum(one: dict[str, int], other: dict[str, int]) -> dict[str, int]:
    return {k: one.get(k, 0) + other.get(k, 0) for k in dict.fromkeys([*one, *other])}


@dataclass(frozen=True, slots=True)
class FutureRows(Tally):
    """Training rows later than, and at the same moment as, the earliest row of each held-out split."""

    after = (Spans,)
    later: dict[str, Places] = field(default_factory=dict)  # held-out split -> rows of train
    equal: dict[str, int] = field(default_factory=dict)

    @classmethod
    def columns(cls, setting: Setting) -> Iterable[str]:
        return Spans.columns(setting)

    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        name = batch.setting.roles.time
        part = {s.name: s.part for s in batch.setting.splits}
        if name is None or not batch.has(name) or part[batch.split] != "train":
            return cls()
        read = moments(batch.column(name))
        spans: Spans = after[0]
        later, equal = {}, {}
        for split, (first, _) in sorted(spans.by.items()):
            if part[split] == "held-out":
                later[split] = Places.of(read > first, batch.rows)
                equal[split] = int(np.sum(read == first))
        return cls(later, equal)

    def __add__(self, other: Self) -> Self:
        return type(self)(joined(self.later, other.later), _sum(self.equal, other.equal))
