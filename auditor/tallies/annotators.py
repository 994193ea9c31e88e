"""What several annotators said of the same rows, by group."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from auditor.check import Tally
from auditor.groups import Value, encode
from auditor.rows import Batch, Setting
from auditor.statistics.agreement import nominal_alpha
from auditor.tallies.capped import summed
from auditor.tallies.groups import CAP, cross
from auditor.tallies.outcomes import plain

Key = tuple[str, str]  # split, attribute


@dataclass(frozen=True, slots=True)
class Told:
    """The annotations of one group in one split, of rows with two or more."""

    agreed: Counter[tuple[int, int]] = field(default_factory=Counter)  # (annotations, ordered pairs of equal ones) -> rows
    given: Counter[Value] = field(default_factory=Counter)  # value -> annotations

    @property
    def rows(self) -> int:
        return self.agreed.total()

    @property
    def divided(self) -> int:
        """Rows on which the annotators are not unanimous."""
        return sum(rows for (m, pairs), rows in self.agreed.items() if pairs < m * (m - 1))

    def alpha(self) -> tuple[float | None, str]:
        """Krippendorff's alpha, or why it is undefined."""
        agreeing: Counter[int] = Counter()
        for (m, pairs), rows in self.agreed.items():
            agreeing[m] += pairs * rows
        return nominal_alpha(agreeing, self.given.values())


@dataclass(frozen=True, slots=True)
class Annotations(Tally):
    """Annotations by split and attribute, of rows with two or more: (group, annotations of the row, ordered pairs of equal
    ones) -> rows, and (group, value) -> annotations. Exact up to 100,000 cells of each, none beyond."""

    agreed: dict[Key, Counter[tuple[Value, ...]]] = field(default_factory=dict)
    given: dict[Key, Counter[tuple[Value, ...]]] = field(default_factory=dict)
    over: frozenset[Key] = frozenset()

    @classmethod
    def columns(cls, setting: Setting) -> Iterable[str]:
        return (*setting.roles.sensitive, *setting.roles.annotators)

    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        names = [n for n in dict.fromkeys(batch.setting.roles.annotators) if batch.has(n)]
        if len(names) < 2:
            return cls()
        at, code, words = annotated([batch.column(n) for n in names])
        size = np.bincount(at, minlength=len(batch))
        at, code = at[size[at] > 1], code[size[at] > 1]
        if not len(at):
            return cls()
        same, counts = np.unique(at * len(words) + code, return_counts=True)
        equal = np.bincount(same // len(words), weights=counts * (counts - 1), minlength=len(batch)).astype(np.int64)
        rows = np.flatnonzero(size > 1)
        shape = [(x[rows], _spelled(int(x[rows].max()))) for x in (size, equal)]
        agreed: dict[Key, Counter[Any]] = {}
        given: dict[Key, Counter[Any]] = {}
        for attribute in dict.fromkeys(batch.setting.roles.sensitive):
            if batch.has(attribute):
                group, groups = encode(batch.column(attribute))
                agreed[batch.split, attribute] = cross([(group[rows], groups), *shape])
                given[batch.split, attribute] = cross([(group[at], groups), (code, words)])
        return cls() + cls(agreed, given)

    def __add__(self, other: Self) -> Self:
        agreed, over = summed(self.agreed, other.agreed, self.over | other.over, CAP)
        given, over = summed(self.given, other.given, over, CAP)
        return type(self)({k: v for k, v in agreed.items() if k not in over}, given, over)

    def of_split(self, split: str, attribute: str, names: Mapping[Value, tuple[int, str]]) -> dict[str, Told]:
        """The annotations of each group, in the order of the groups."""
        found: dict[tuple[int, str], Told] = {}
        for (value, size, equal), rows in self.agreed.get((split, attribute), Counter()).items():
            found.setdefault(names[value], Told()).agreed[int(size or 0), int(equal or 0)] += rows
        for (value, word), n in self.given.get((split, attribute), Counter()).items():
            found[names[value]].given[word] += n
        return {key[1]: found[key] for key in sorted(found)}


def annotated(columns: Sequence[pa.Array]) -> tuple[NDArray[np.int64], NDArray[np.int64], list[Value]]:
    """(row, code, the value of each code) of every annotation that was made: 1.0 and 1 are one value, blanks are none."""
    coded = [plain(c) for c in columns]
    words = sorted({w for _, names in coded for w in names if w and w.strip()})
    place = {w: i for i, w in enumerate(words)}
    codes = [np.array([place.get(w or "", -1) for w in names], np.int64)[own] for own, names in coded]
    rows = [np.flatnonzero(c >= 0) for c in codes]
    return np.concatenate(rows), np.concatenate([c[r] for c, r in zip(codes, rows, strict=True)]), [*words]


def _spelled(most: int) -> list[Value]:
    return [str(i) for i in range(most + 1)]
