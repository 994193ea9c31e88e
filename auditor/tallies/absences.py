"""Which labels the rows carry that lack a value in each column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from auditor.check import Tally
from auditor.groups import encode
from auditor.rows import Batch, Setting
from auditor.tallies.placeholders import is_missing
from auditor.tallies.sample import NumberSample
from auditor.tallies.sentinels import SentinelCounts, sentinels

Key = tuple[str, str]  # split, column

CELLS = 500_000
"""Pairs of column and label counted a split (about 50 MB); a split with more is `over` and has no counts."""


@dataclass(frozen=True, slots=True)
class MissingLabels(Tally):
    """Label -> rows in which the column is missing (null, or a value that stands for it), and -> all labelled rows.

    One counter a split and column, with an entry a label. Exact up to 500,000 of these entries a split; a split beyond
    that is named in `over` and has no counts.
    """

    after = (NumberSample, SentinelCounts)
    missing: dict[Key, Counter[str]] = field(default_factory=dict)
    every: dict[str, Counter[str]] = field(default_factory=dict)  # by split
    over: frozenset[str] = frozenset()  # splits

    @classmethod
    def columns(cls, setting: Setting) -> Iterable[str]:
        label = setting.roles.label
        return (*(c.name for c in setting.features if c.name != label), label or "")

    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        label = batch.setting.roles.label
        if label is None or not batch.has(label) or not batch.setting.label_is_class:
            return cls()
        codes, names = encode(batch.column(label))
        marks = sentinels(batch.setting, *after)
        missing = {}
        for column in batch.setting.features:
            if batch.has(column.name) and column.kind != "null":
                gone = is_missing(batch.column(column.name), column, marks.get(column.name, {}))
                missing[batch.split, column.name] = _counted(codes[gone], names)
        return cls(missing, {batch.split: _counted(codes, names)})._cut()

    def __add__(self, other: Self) -> Self:
        missing, every = dict(self.missing), dict(self.every)
        for key, counts in other.missing.items():
            missing[key] = missing.get(key, Counter()) + counts
        for split, counts in other.every.items():
            every[split] = every.get(split, Counter()) + counts
        return type(self)(missing, every, self.over | other.over)._cut()

    def _cut(self) -> Self:
        """Without the splits that are over. A sum is over where a term is: any cutting gives the same."""
        cells = {split: len(labels) for split, labels in self.every.items()}
        for (split, _), labels in self.missing.items():
            cells[split] += len(labels)
        over = self.over | {split for split, count in cells.items() if count > CELLS}
        if not over:
            return self
        missing = {key: labels for key, labels in self.missing.items() if key[0] not in over}
        return type(self)(missing, {split: labels for split, labels in self.every.items() if split not in over}, over)


def _counted(codes: NDArray[np.int64], names: list[str | None]) -> Counter[str]:
    counts = np.bincount(codes, minlength=len(names)).tolist()
    return Counter({name: n for name, n in zip(names, counts, strict=True) if n and name is not None})
