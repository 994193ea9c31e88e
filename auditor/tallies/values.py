"""How often each value of a category column occurs, by split."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Self

import pyarrow as pa
import pyarrow.compute as pc

from auditor.check import Tally
from auditor.rows import Batch, Setting
from auditor.tallies.capped import summed

CAP = 10_000
"""Distinct values kept a split and column; a column with more is `over` and its counts are dropped."""


@dataclass(frozen=True, slots=True)
class ValueCounts(Tally):
    """Value -> rows, by (split, column), for category, bool and time columns and the label. Exact up to 10,000 distinct
    values a split and column; a column beyond that is named in `over` and has no counts."""

    by: dict[tuple[str, str], Counter[str]] = field(default_factory=dict)
    nulls: Counter[tuple[str, str]] = field(default_factory=Counter)
    over: frozenset[tuple[str, str]] = frozenset()

    @classmethod
    def columns(cls, setting: Setting) -> Iterable[str]:
        wanted = ("category", "bool")
        return tuple(c.name for c in setting.columns if c.kind in wanted and not c.id_like)

    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        by: dict[tuple[str, str], Counter[str]] = {}
        nulls: Counter[tuple[str, str]] = Counter()
        over = set()
        for name in cls.columns(batch.setting):
            if not batch.has(name):
                continue
            values = batch.column(name)
            key = (batch.split, name)
            counted = pc.value_counts(values.drop_null())
            nulls[key] = values.null_count
            if len(counted) > CAP:
                over.add(key)
                continue
            texts = counted.field(0).cast(pa.string()).to_pylist()
            by[key] = Counter(dict(zip(texts, counted.field(1).to_pylist(), strict=True)))
        return cls(by, nulls, frozenset(over))

    def __add__(self, other: Self) -> Self:
        by, over = summed(self.by, other.by, self.over | other.over, CAP)
        return type(self)(by, self.nulls + other.nulls, over)
