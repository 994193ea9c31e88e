"""How often each label occurs in each group of people, by split: for every sensitive attribute and every pair of them."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from auditor.check import Tally
from auditor.groups import Value, encode, named, reference
from auditor.rows import Batch, Setting
from auditor.tallies.capped import summed

CAP = 100_000
"""Cells (groups x labels) kept a split and attribute or pair; one with more is `over` and has no counts."""
FEW_CELLS = 1 << 18
Key = tuple[str, tuple[str, ...]]  # split, attributes
Coded = tuple[NDArray[np.int64], list[Value]]  # codes, and the value that each stands for


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupTable:
    """Counts of labels (columns) by group (rows) in one split."""

    split: str
    attributes: tuple[str, ...]
    groups: tuple[str, ...]  # sorted; numbers in bins in their order
    labels: tuple[str, ...]  # sorted, over all splits
    counts: NDArray[np.int64]  # (groups, labels)
    rows: NDArray[np.int64]  # (groups,) rows, with or without a label
    missing: tuple[bool, ...]  # groups in which an attribute is missing

    @property
    def name(self) -> str:
        return " x ".join(self.attributes)


@dataclass(frozen=True, slots=True)
class GroupCounts(Tally):
    """(group values, label) -> rows, by split and attribute or pair of attributes. Exact up to 100,000 cells each."""

    by: dict[Key, Counter[tuple[Value, ...]]] = field(default_factory=dict)  # the label is the last of each tuple
    over: frozenset[Key] = frozenset()

    @classmethod
    def columns(cls, setting: Setting) -> Iterable[str]:
        label = (setting.roles.label,) if setting.roles.label else ()
        return (*setting.roles.sensitive, *label)

    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        label = batch.setting.roles.label
        last = encode(batch.column(label)) if label is not None and batch.has(label) else _none(len(batch))
        return cls(*crossed(batch, last))

    def __add__(self, other: Self) -> Self:
        by, over = summed(self.by, other.by, self.over | other.over, CAP)
        return type(self)(by, over)

    def tables(self, setting: Setting, size: int = 1) -> Iterator[GroupTable]:
        """One table a split and attribute (`size` 1) or pair of attributes (2), in the order of splits and roles."""
        labels = tuple(sorted({c[-1] for counts in self.by.values() for c in counts if c[-1] is not None}))
        names = {a: self.namer(a, setting) for a in setting.roles.sensitive}
        for split in setting.splits:
            for attributes in crossings(list(dict.fromkeys(setting.roles.sensitive))):
                if len(attributes) == size and (counts := self.by.get((split.name, attributes))):
                    yield _table(split.name, attributes, counts, labels, names)

    def too_many(self, attributes: tuple[str, ...]) -> bool:
        """True where the attributes have so many groups that they were not counted."""
        return any(key[1] == attributes for key in self.over)

    def namer(self, attribute: str, setting: Setting) -> Mapping[Value, tuple[int, str]]:
        """Value -> (order, name of its group)."""
        totals: Counter[Value] = Counter()
        for (_, attributes), counts in self.by.items():
            if attributes == (attribute,):
                for (value, _), rows in counts.items():
                    totals[value] += rows
        return named(totals, attribute, setting)


def crossings(attributes: Sequence[str]) -> list[tuple[str, ...]]:
    """Every attribute alone, then every pair."""
    return [(a,) for a in attributes] + list(itertools.combinations(attributes, 2))


def crossed(batch: Batch, last: Coded) -> tuple[dict[Key, Counter[tuple[Value, ...]]], frozenset[Key]]:
    """Rows by group values and the coded `last`, for every sensitive attribute and pair; and which have too many cells."""
    coded = {a: encode(batch.column(a)) for a in dict.fromkeys(batch.setting.roles.sensitive) if batch.has(a)}
    counts = {(batch.split, names): cross([*(coded[n] for n in names), last]) for names in crossings(list(coded))}
    over = frozenset(key for key, cells in counts.items() if len(cells) > CAP)
    return {key: cells for key, cells in counts.items() if key not in over}, over


def _none(n: int) -> Coded:
    return np.zeros(n, np.int64), [None]


def cross(columns: Sequence[Coded]) -> Counter[tuple[Value, ...]]:
    """Tuples of values -> rows."""
    joint = np.zeros(len(columns[0][0]), np.int64)
    size = 1
    for codes, names in columns:
        joint = joint * len(names) + codes
        size *= len(names)
    if size <= FEW_CELLS:  # counting into all cells is ten times as fast as sorting the rows
        every = np.bincount(joint, minlength=size)
        cells = np.flatnonzero(every)
        counts = every[cells]
    else:
        cells, counts = np.unique(joint, return_counts=True)
    parts: list[list[Value]] = []
    for _, names in reversed(columns):
        parts.append([names[i] for i in cells % len(names)])
        cells = cells // len(names)
    return Counter(dict(zip(zip(*reversed(parts), strict=True), counts.tolist(), strict=True)))


def _table(
    split: str,
    attributes: tuple[str, ...],
    counts: Counter[tuple[Value, ...]],
    labels: tuple[str, ...],
    names: Mapping[str, Mapping[Value, tuple[int, str]]],
) -> GroupTable:
    found: dict[tuple[tuple[int, str], ...], Counter[Value]] = {}
    for (*values, label), rows in counts.items():
        key = tuple(names[a][v] for a, v in zip(attributes, values, strict=True))
        found.setdefault(key, Counter())[label] += rows
    keys = sorted(found)
    table = np.array([[found[k][y] for y in labels] for k in keys], np.int64).reshape(len(keys), len(labels))
    return GroupTable(
        split=split,
        attributes=attributes,
        groups=tuple(" & ".join(name for _, name in k) for k in keys),
        labels=labels,
        counts=table,
        rows=np.array([found[k].total() for k in keys], np.int64),
        missing=tuple(any(place < 0 for place, _ in k) for k in keys),
    )


def reference_of(tables: Sequence[GroupTable], setting: Setting) -> str | None:
    """The declared reference group of the attributes (option `reference_group`), else the largest over all splits.

    Ties go to the first in sort order; a missing value is no reference. None where there is no group to choose.
    """
    total: Counter[str] = Counter()
    for table in tables:
        for group, rows, missing in zip(table.groups, table.rows, table.missing, strict=True):
            if not missing:
                total[group] += int(rows)
    return reference(total, tables[0].name, setting) if tables else None


def short(text: str, limit: int = 60) -> str:
    """A group or label name fit for a sentence."""
    return text if len(text) <= limit else text[: limit - 1] + "…"
