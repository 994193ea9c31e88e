"""Labels and predictions by group within strata: one table for each attribute and stratum column, by split."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from auditor.check import Tally
from auditor.groups import MISSING, encode
from auditor.rows import Batch, Setting
from auditor.tallies.capped import summed
from auditor.tallies.groups import CAP, GroupCounts, cross
from auditor.tallies.outcomes import WHOLE, plain

COLUMNS = 12  # columns that are taken for strata where none is declared, in their order
LEVELS = 50  # distinct values above which a column is no stratum
Key = tuple[str, str, str]  # split, attribute, stratum column
What = Literal["label", "prediction"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StrataTable:
    """Outcomes by stratum and group."""

    split: str
    attribute: str
    column: str
    groups: tuple[str, ...]
    strata: tuple[str, ...]
    counts: NDArray[np.int64]  # (strata, groups, 2): other outcome, favourable outcome


def strata(setting: Setting) -> tuple[str, ...]:
    """The declared stratum columns (option `strata`), else the first category and bool features of at most 50 values."""
    declared = setting.options.get("strata")
    if declared:
        return (declared,) if isinstance(declared, str) else tuple(declared)
    out = {*setting.roles.sensitive, setting.roles.label, setting.roles.prediction}
    return tuple(c.name for c in setting.kinds("category", "bool") if c.name not in out and 1 < c.distinct <= LEVELS)[:COLUMNS]


def no_strata(setting: Setting) -> str | None:
    """Why there is no stratum, or None."""
    names = {c.name for c in setting.columns}
    unknown = [c for c in strata(setting) if c not in names]
    if unknown:
        return f"the stratum column {unknown[0]!r} is not in the data"
    return None if strata(setting) else f"no column of 2 to {LEVELS} categories could be a stratum"


@dataclass(frozen=True, slots=True)
class StratumCounts(Tally):
    """(group, stratum, label, prediction) -> rows, by split, attribute and stratum column. Up to 100,000 cells each."""

    by: dict[Key, Counter[tuple[str | None, ...]]] = field(default_factory=dict)
    over: frozenset[Key] = frozenset()

    @classmethod
    def columns(cls, setting: Setting) -> Iterable[str]:
        roles = setting.roles
        return tuple(c for c in (*roles.sensitive, roles.label, roles.prediction, *strata(setting)) if c)

    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        roles = batch.setting.roles
        nothing: tuple[NDArray[np.int64], list[str | None]] = np.zeros(len(batch), np.int64), [None]
        last = [plain(batch.column(c)) if c and batch.has(c) else nothing for c in (roles.label, roles.prediction)]
        by: dict[Key, Counter[tuple[str | None, ...]]] = {}
        over = set()
        within = {c: encode(batch.column(c)) for c in strata(batch.setting) if batch.has(c)}
        for name in dict.fromkeys(roles.sensitive):
            group = encode(batch.column(name)) if batch.has(name) else None
            for column, stratum in within.items():
                if group is None or column == name:
                    continue
                counted = cross([group, stratum, *last])
                if len(counted) > CAP:
                    over.add((batch.split, name, column))
                else:
                    by[batch.split, name, column] = counted
        return cls(by, frozenset(over))

    def __add__(self, other: Self) -> Self:
        by, over = summed(self.by, other.by, self.over | other.over, CAP)
        return type(self)(by, over)

    def tables(self, groups: GroupCounts, setting: Setting, what: What, favourable: str) -> Iterator[StrataTable]:
        """One a split, attribute and stratum column, of the rows that have a label (or a prediction)."""
        at = 2 if what == "label" else 3
        favourable = WHOLE.sub(r"\1", favourable) if WHOLE.fullmatch(favourable) else favourable
        for split in setting.splits:
            for attribute in dict.fromkeys(setting.roles.sensitive):
                if groups.too_many((attribute,)):
                    continue
                names = groups.namer(attribute, setting)
                for column in strata(setting):
                    counts = self.by.get((split.name, attribute, column), Counter())
                    cells = [(names[c[0]], c[1] or MISSING, c[at], rows) for c, rows in counts.items() if c[at] is not None]
                    if cells:
                        yield _table(split.name, attribute, column, cells, favourable)


def _table(split: str, attribute: str, column: str, cells: Sequence[tuple[Any, ...]], favourable: str) -> StrataTable:
    groups, levels = sorted({c[0] for c in cells}), sorted({c[1] for c in cells})
    at, of = {g: i for i, g in enumerate(groups)}, {s: i for i, s in enumerate(levels)}
    counts = np.zeros((len(levels), len(groups), 2), np.int64)
    for group, level, outcome, rows in cells:
        counts[of[level], at[group], int(outcome == favourable)] += rows
    names = tuple(name for _, name in groups)
    return StrataTable(split=split, attribute=attribute, column=column, groups=names, strata=tuple(levels), counts=counts)
