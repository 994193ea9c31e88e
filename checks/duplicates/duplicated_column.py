"""DUP104."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from auditor.check import Check, Specimen, Tally
from auditor.model import Effect, Reading, Where
from auditor.rows import Batch, Setting
from auditor.statistics.sampling import position_hash
from auditor.tallies.hashing import Hashes, hashed, mix, salt

CAP = 4_096
"""Distinct values up to which a column may be recoded: the number that the first look counts exactly."""

Classes = tuple[Hashes, Hashes, NDArray[np.int64]]  # values ascending, sum of row hashes, rows


@dataclass(frozen=True, slots=True, eq=False)
class Partitions(Tally):
    """By split and column: which rows agree, as sums of row hashes by value (at most 4,096 values), and one signature of
    all values at their rows. Sums modulo 2**64: exact in any order; two different columns agree with probability 2**-64."""

    classes: dict[tuple[str, str], Classes] = field(default_factory=dict)
    signature: dict[tuple[str, str], int] = field(default_factory=dict)

    @classmethod
    def columns(cls, setting: Setting) -> Iterable[str]:
        return tuple(c.name for c in setting.features if c.distinct > 1 and c.kind in ("number", "category", "bool", "time"))

    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        classes: dict[tuple[str, str], Classes] = {}
        signature: dict[tuple[str, str], int] = {}
        rows = position_hash(batch.rows, 0) ^ salt(batch.split)
        for name in cls.columns(batch.setting):
            if not batch.has(name):
                continue
            column = batch.setting.column(name)
            cells = hashed(batch.column(name), column.kind)
            signature[batch.split, name] = int(np.sum(mix(cells ^ mix(rows)), dtype=np.uint64))
            if column.distinct <= CAP:
                classes[batch.split, name] = _classes(cells, rows)
        return cls(classes, signature)

    def __add__(self, other: Self) -> Self:
        classes, signature = dict(self.classes), dict(self.signature)
        for key, value in other.classes.items():
            classes[key] = _merged(classes[key], value) if key in classes else value
        for key, number in other.signature.items():
            signature[key] = (signature.get(key, 0) + number) % 2**64
        return type(self)(classes, signature)

    def same_rows(self, split: str, column: str) -> int | None:
        """Equal for two columns where the rows that agree in one agree in the other; None beyond the cap."""
        if (split, column) not in self.classes:
            return None
        return int(np.sum(mix(self.classes[split, column][1]), dtype=np.uint64))

    def log_chance(self, split: str, column: str, *, recoded: bool) -> float:
        """Log of the probability that a random order of a column's values lies as another column with as many rows a value.

        `recoded`: any value may stand for any other that has as many rows.
        """
        if (split, column) not in self.classes:
            return -math.inf  # over 4,096 values: below 1 / 4,096!
        counts = self.classes[split, column][2]
        ways = sum(math.lgamma(c + 1) for c in counts.tolist()) - math.lgamma(float(counts.sum()) + 1)
        if recoded:
            ways += sum(math.lgamma(m + 1) for m in np.unique(counts, return_counts=True)[1].tolist())
        return min(0.0, ways)


def _classes(cells: Hashes, rows: Hashes) -> Classes:
    order = np.argsort(cells, kind="stable")
    values, starts, counts = np.unique(cells[order], return_index=True, return_counts=True)
    return values, np.add.reduceat(rows[order], starts), counts.astype(np.int64)


def _merged(one: Classes, other: Classes) -> Classes:
    both = np.concatenate([one[0], other[0]])
    order = np.argsort(both, kind="stable")
    values, starts = np.unique(both[order], return_index=True)
    sums = np.concatenate([one[1], other[1]])[order]
    counts = np.concatenate([one[2], other[2]])[order]
    return values, np.add.reduceat(sums, starts), np.add.reduceat(counts, starts)


class DuplicatedColumn(Check[Partitions]):
    """A column says the same as another, in the same or in other words.

    ## Why
    Its weight counts twice in distances and penalties, importances are shared out at random, and a leak has two doors.

    ## Measured
    Columns that repeat an earlier one: count, high is bad. Columns repeat each other where their values are equal in every row
    of every split that has both (numbers 1 and 1.0 are equal), or, up to 4,096 values, where a one-to-one recoding makes them
    so. The p-value is the chance that a random order of the values lies as the other column; near-unique columns of few rows
    have a large one and are not reported.

    ## Fix
    Drop one of them from the features.

    ## Known limits
    A code and its name kept on purpose (education and its number) are reported. Recoded columns of more than 4,096 values are
    not found unless their values are equal. Units of one measure (metres, feet) are found up to 4,096 values.

    ## Source
    Exact test: permutations that leave a partition in place, counted. Any repeated column is worth a word.
    """

    code = "DUP104"
    remedy = ("drop column", "safe")
    needs = ("features",)
    warn_above: float | None = 0.0  # one repeated column is worth a word
    good = (
        Specimen(train={"a": ["x", "y"] * 10, "b": ["u", "v"] * 9 + ["u", "u"]}),
        Specimen(train={"a": [1.5, 2.5, 3.5], "b": [9.0, 7.0, 8.0]}),
    )
    bad = (
        Specimen(train={"a": ["x", "y", "z", "y"] * 5, "b": [3, 1, 7, 1] * 5}, found=1),
        Specimen(train={"a": [n / 7 for n in range(30)], "b": [n / 7 for n in range(30)]}, found=1),
    )

    def judge(self, setting: Setting, tally: Partitions) -> Iterator[Reading]:
        columns = [c for c in setting.features if any(name == c.name for _, name in tally.signature)]
        by_values: dict[tuple[tuple[str, ...], tuple[int, ...]], str] = {}
        by_rows: dict[tuple[tuple[str, ...], tuple[int, ...]], str] = {}
        found: dict[str, list[tuple[str, bool]]] = defaultdict(list)
        for column in columns:
            splits = column.splits
            values = (splits, tuple(tally.signature[s, column.name] for s in splits))
            sums = [tally.same_rows(s, column.name) for s in splits]
            rows = (splits, tuple(x for x in sums if x is not None)) if None not in sums else None
            if values in by_values:
                found[by_values[values]].append((column.name, False))
            elif rows is not None and rows in by_rows:
                found[by_rows[rows]].append((column.name, True))
            by_values.setdefault(values, column.name)
            if rows is not None:
                by_rows.setdefault(rows, column.name)
        examined = sum(s.rows for s in setting.splits)
        for first, others in found.items():
            for other, recoded in others:
                chance = max(tally.log_chance(s, other, recoded=recoded) for s in setting.column(other).splits)
                how = "equal after recoding one to one" if recoded else "equal in every row"
                yield self.read(
                    Where(columns=(first, other)),
                    Effect(name="repeated_columns", value=1.0, unit="columns"),
                    f"{other!r} repeats {first!r}: {how}, {setting.column(other).distinct:,} different values",
                    examined=examined,
                    p=math.exp(chance),
                )
        if not found:
            effect = Effect(name="repeated_columns", value=0.0, unit="columns")
            yield self.read(Where(), effect, f"none of {len(columns):,} columns repeats another", examined=examined)
