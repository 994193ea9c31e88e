"""Rows whose input holds the name of a label, by label."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from auditor.check import Tally
from auditor.rows import Batch, Setting
from auditor.statistics.sampling import chosen
from auditor.tallies.labels import LabelCounts
from auditor.tallies.normal import n1, n1_text
from auditor.tallies.places import Places, joined
from auditor.turns import text_of

CAP_ROWS = 100_000
"""About so many rows a split are looked at: a row is in or out by the hash of its position."""
LONGEST = 6  # words of a label; a longer one is no name that a text would repeat

Key = tuple[str, str]  # split, column


def inputs(setting: Setting) -> tuple[str, ...]:
    """The columns of texts and categories that a model reads; conversations are not looked into."""
    label = setting.roles.label
    return tuple(c.name for c in setting.kinds("text", "category") if c.name != label)


def names_of(counts: LabelCounts) -> dict[str, str]:
    """N1 form -> label. Forms that two labels share, or that keep no word of the label, are left out: `<=50K`, `>50K`."""
    labels = sorted({label for by in counts.by.values() for label in by})
    forms = Counter(n1_text(label) for label in labels)
    found = {form: label for label in labels if forms[form := n1_text(label)] == 1}
    return {f: y for f, y in found.items() if f and len(f.split()) <= LONGEST}


@dataclass(frozen=True, slots=True)
class LabelWords(Tally):
    """Label -> rows whose text or category holds its name as whole words under N1: in rows of that label (with places),
    and in all rows; by split and column. Exact up to about 100,000 rows a split, a sample above."""

    after = (LabelCounts,)
    own: dict[tuple[str, str, str], Places] = field(default_factory=dict)  # split, column, label
    every: dict[Key, Counter[str]] = field(default_factory=dict)  # label -> rows of any label that hold its name
    rows: dict[Key, Counter[str]] = field(default_factory=dict)  # label -> rows that carry it

    @classmethod
    def columns(cls, setting: Setting) -> Iterable[str]:
        return (*inputs(setting), setting.roles.label or "")

    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        setting = batch.setting
        label = setting.roles.label
        if label is None or not batch.has(label) or not setting.label_is_class:
            return cls()
        names = names_of(after[0])
        total = next(s.rows for s in setting.splits if s.name == batch.split)
        keep = chosen(batch.rows, setting.seed, CAP_ROWS / total) if total > CAP_ROWS else np.ones(len(batch), np.bool_)
        keep &= batch.column(label).is_valid().to_numpy(zero_copy_only=False)
        given = batch.column(label).filter(pa.array(keep)).cast(pa.string())
        positions = batch.rows[keep]
        own: dict[tuple[str, str, str], Places] = {}
        every, rows = {}, {}
        for column in inputs(setting):
            if not batch.has(column):
                continue
            key = (batch.split, column)
            at, held = held_names(batch.column(column).filter(pa.array(keep)), list(names))
            labels = pa.array([names[f] for f in names], pa.string())
            every[key] = _counted(labels.take(pa.array(held)))
            rows[key] = _counted(given)
            same = pc.equal(given.take(pa.array(at)), labels.take(pa.array(held))).to_numpy(zero_copy_only=False)
            hits = at[same.astype(np.bool_)]
            for y in given.take(pa.array(hits)).unique().to_pylist():
                mask = pc.equal(given.take(pa.array(hits)), y).to_numpy(zero_copy_only=False)
                own[(*key, y)] = Places.of(mask.astype(np.bool_), positions[hits])
        return cls(own, every, rows)

    def __add__(self, other: Self) -> Self:
        return type(self)(joined(self.own, other.own), _sum(self.every, other.every), _sum(self.rows, other.rows))


def _sum(one: dict[Key, Counter[str]], other: dict[Key, Counter[str]]) -> dict[Key, Counter[str]]:
    return {k: one.get(k, Counter()) + other.get(k, Counter()) for k in dict.fromkeys([*one, *other])}


def _counted(values: pa.Array) -> Counter[str]:
    counted = pc.value_counts(values)
    return Counter(dict(zip(counted.field(0).to_pylist(), counted.field(1).to_pylist(), strict=True)))


def held_names(texts: pa.Array, names: list[str]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(rows, names) such that the N1 form of the text holds the name as whole words; each pair once."""
    if not names or not len(texts):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    words = pc.utf8_split_whitespace(n1(text_of(texts)).fill_null(""))
    flat = pc.list_flatten(words).cast(pa.string())
    row = pc.list_parent_indices(words).to_numpy(zero_copy_only=False).astype(np.int64)
    found = []
    gram = flat
    for size in range(1, max(len(n.split()) for n in names) + 1):
        if size > 1:  # words i to i + size - 1 joined, where they stand in one row
            n = len(flat) - size + 1
            if n <= 0:
                break
            gram = pc.binary_join_element_wise(gram.slice(0, n), flat.slice(size - 1), " ")
        wanted = pa.array([x if len(x.split()) == size else None for x in names], pa.string())
        at = pc.index_in(gram, value_set=wanted, skip_nulls=True).fill_null(-1).to_numpy(zero_copy_only=False)
        start = np.flatnonzero(at >= 0)
        start = start[row[start] == row[start + size - 1]]
        found.append(np.stack([row[start], at[start].astype(np.int64)]))
    pairs = np.unique(np.concatenate(found, axis=1), axis=1)
    return pairs[0], pairs[1]
