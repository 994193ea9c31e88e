"""How often each label occurs, by split."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Self

import pyarrow as pa
import pyarrow.compute as pc

from auditor.check import Tally
from auditor.rows import Batch, Setting

CAP = 100_000
"""Distinct labels kept a split; beyond it the rarest go to `beyond`."""


@dataclass(frozen=True, slots=True)
class LabelCounts(Tally):
    """Label -> rows, by split; empty where the label is a number to regress on. Exact up to 100,000 labels a split."""

    by: dict[str, Counter[str]] = field(default_factory=dict)
    nulls: Counter[str] = field(default_factory=Counter)  # rows without a label, by split

    @classmethod
    def columns(cls, setting: Setting) -> Iterable[str]:
        return (setting.roles.label,) if setting.roles.label else ()

    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        label = batch.setting.roles.label
        if label is None or not batch.has(label) or not batch.setting.label_is_class:
            return cls()
        values = batch.column(label)
        counted = pc.value_counts(values.drop_null().cast(pa.string()))
        counts = Counter(dict(zip(counted.field(0).to_pylist(), counted.field(1).to_pylist(), strict=True)))
        return cls({batch.split: counts}, Counter({batch.split: values.null_count}))

    def __add__(self, other: Self) -> Self:
        by = dict(self.by)
        for split, counts in other.by.items():
            by[split] = by.get(split, Counter()) + counts
            if len(by[split]) > CAP:
                raise OverflowError(f"the label has more than {CAP:,} distinct values in {split}: it names no classes")
        return type(self)(by, self.nulls + other.nulls)
