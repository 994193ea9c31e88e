"""Joins over keyed records: repeats inside a place, rows of one place found in another."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auditor.tallies.hashing import mix
from auditor.tallies.records import Place, Records, Rows

Positions = NDArray[np.int64]

LISTED = 1_000_000
"""Rows listed of one place; own: 16 MB. All are counted; beyond it those with the smallest positions are listed."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Copies:
    """Rows that stand elsewhere too, ascending, each with the first row that it copies. At most LISTED of them are listed."""

    row: Positions
    twin: Positions
    count: int  # all of them
    families: int  # different rows that are copied, by any of them

    def __len__(self) -> int:
        return self.count

    @property
    def note(self) -> str:
        """What to say where not all of them are listed, else ""."""
        return listed_of(len(self.row), self.count)


def listed_of(listed: int, count: int) -> str:
    """What a sentence says where it counts more rows than are listed, else ""."""
    return f"; the first {listed:,} of these rows are listed" if listed < count else ""


def repeats(records: Records, place: Place, *, apart: int | None = None) -> Copies:
    """Rows beyond the first of their key, with that first row.

    `apart`: rows that also agree in this word with an earlier row are left out: they are copies of a stricter kind.
    """
    found = _Gathering()
    for (rows,) in records.parts(place):
        if apart is not None:
            rows = _firsts(rows, apart)
        starts = _starts(rows[:, 0])
        first = np.flatnonzero(starts)[np.cumsum(starts) - 1] if len(rows) else np.empty(0, np.int64)
        found.add(rows[~starts, 1], rows[first[~starts], 1])
    return found.copies()


def shared(
    records: Records, place: Place, other: Place, *, word: int = 0, beyond: int | None = None, same: int | None = None
) -> Copies:
    """Rows of `place` whose key, or whose other word where equal words mean equal keys, is in `other`.

    `beyond`: rows that find their value of this word in `other` are left out: they are copies of a stricter kind.
    `same`: only rows that find a row of `other` with their key and their value of this word.
    """
    found = _Gathering()
    for rows, others in records.parts(place, other):
        hit, at = _lookup(rows[:, word], others, word) if len(rows) and len(others) else (np.zeros(len(rows), bool), None)
        if beyond is not None and hit.any():
            hit = hit & ~np.isin(rows[:, beyond], others[:, beyond])
        if same is not None and hit.any():
            hit = hit & np.isin(_joint(rows, same), _joint(others, same))
        if at is not None:
            found.add(rows[hit, 1], others[at[hit], 1])
    return found.copies()


def _lookup(wanted: NDArray[np.uint64], rows: Rows, word: int) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Whether each wanted value is among the rows, and the first row (smallest position) that has it."""
    order = np.lexsort((rows[:, 1], rows[:, word])) if word else np.arange(len(rows))
    values = rows[order, word]
    at = np.minimum(np.searchsorted(values, wanted), len(values) - 1)
    return values[at] == wanted, order[at]


def _joint(rows: Rows, word: int) -> NDArray[np.uint64]:
    """One hash of the key and a word."""
    with np.errstate(over="ignore"):
        return mix(rows[:, 0] + mix(rows[:, word]))


def _firsts(rows: Rows, word: int) -> Rows:
    """The first row of every (key, word), in the order of key and row."""
    if not len(rows):
        return rows
    starts = _starts(rows[:, 0])
    alone = starts & np.append(starts[1:], True)
    several = rows[~alone]
    order = np.lexsort((several[:, 1], several[:, word], several[:, 0]))
    first = _starts(several[order, 0]) | _starts(several[order, word])
    kept = alone.copy()
    kept[np.flatnonzero(~alone)[order[first]]] = True
    found: Rows = rows[kept]
    return found


def _starts(keys: NDArray[np.uint64]) -> NDArray[np.bool_]:
    starts = np.ones(len(keys), np.bool_)
    starts[1:] = keys[1:] != keys[:-1]
    return starts


class _Gathering:
    """The copies of one part after another; what one row is copied by is all in one part."""

    def __init__(self) -> None:
        self.found = [np.empty((2, 0), np.int64)]
        self.held = self.count = self.families = 0

    def add(self, row: NDArray[np.uint64], twin: NDArray[np.uint64]) -> None:
        self.count += len(row)
        self.families += len(np.unique(twin))
        self.held += len(row)
        self.found.append(np.stack([row, twin]).astype(np.int64))
        if self.held > 2 * LISTED:
            self._cut()

    def _cut(self) -> None:
        both = np.concatenate(self.found, axis=1)
        self.found = [both[:, np.argpartition(both[0], LISTED)[:LISTED]] if both.shape[1] > LISTED else both]
        self.held = self.found[0].shape[1]

    def copies(self) -> Copies:
        self._cut()
        row, twin = self.found[0]
        order = np.argsort(row, kind="stable")
        return Copies(row=row[order], twin=twin[order], count=self.count, families=self.families)


def distinct(records: Records, place: Place) -> tuple[int, int]:
    """(different keys, rows) of a place."""
    keys = rows = 0
    for (part,) in records.parts(place):
        keys += int(_starts(part[:, 0]).sum()) if len(part) else 0
        rows += len(part)
    return keys, rows
