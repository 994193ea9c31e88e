"""Keyed records, many to a split: kept in memory up to a cap, beyond it on disk by the prefix of their key."""

from __future__ import annotations

import tempfile
from collections.abc import Hashable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.uint64]
Place = Hashable

CAP_BYTES = 48 * 2**20
"""Bytes of records that one store keeps in memory; own: six full stores stay far below the 2 GB of a whole audit."""
SMALL = 8 * 2**20
"""Bytes of records that are sorted at one go: what a join makes of them is several times as large."""
PARTS = 64
"""Parts of a store on disk; own: 50 million records of 16 bytes come to 12 MB a part."""


class Run:
    """Records on disk, sorted by part; the file goes when nobody holds the run any more."""

    def __init__(self, by: Mapping[Place, Rows]) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="auditor-records-")
        self._files: dict[Place, tuple[Path, NDArray[np.int64], int]] = {}
        for i, (place, rows) in enumerate(by.items()):
            part = _part(rows)
            order = np.argsort(part, kind="stable")
            edges = np.searchsorted(part[order], np.arange(PARTS + 1))
            path = Path(self._folder.name) / f"{i}.records"
            rows[order].tofile(path)
            self._files[place] = (path, edges, rows.shape[1])

    def part(self, place: Place, number: int) -> Rows | None:
        """The records of one place in one part."""
        if place not in self._files:
            return None
        path, edges, width = self._files[place]
        a, b = int(edges[number]), int(edges[number + 1])
        return np.fromfile(path, np.uint64, (b - a) * width, offset=a * width * 8).reshape(-1, width)

    @property
    def places(self) -> tuple[Place, ...]:
        return tuple(self._files)

    def __reduce__(self) -> tuple[Any, ...]:
        """A run that travels takes its records along."""
        whole = {p: [self.part(p, i) for i in range(PARTS)] for p in self._files}
        return Run, ({p: np.concatenate([r for r in parts if r is not None]) for p, parts in whole.items()},)


@dataclass(frozen=True, slots=True, eq=False)
class Records:
    """Rows of 64-bit words by place (a split, or a split and a choice of columns); word 0 is the key, word 1 the row.

    Adding is exact in any order. Beyond CAP_BYTES the records lie in a temporary folder.
    """

    chunks: Mapping[Place, tuple[Rows, ...]] = field(default_factory=dict)
    runs: tuple[Run, ...] = ()
    held: int = 0  # bytes in memory

    @classmethod
    def of(cls, place: Place, *words: NDArray[Any]) -> Self:
        """Records of one place from columns of 64-bit words of one length."""
        rows = np.empty((len(words[0]), len(words)), np.uint64)
        for i, word in enumerate(words):
            rows[:, i] = word.view(np.uint64)
        return cls({place: (rows,)}, (), rows.nbytes)

    def __add__(self, other: Self) -> Self:
        if not other.chunks and not other.runs:
            return self
        chunks = dict(self.chunks)
        for place, more in other.chunks.items():
            chunks[place] = (*chunks.get(place, ()), *more)
        total = type(self)(chunks, (*self.runs, *other.runs), self.held + other.held)
        return total._spilled() if total.held > CAP_BYTES else total

    def _spilled(self) -> Self:
        run = Run({place: np.concatenate(chunks) for place, chunks in self.chunks.items()})
        return type(self)({}, (*self.runs, run), 0)

    @property
    def places(self) -> tuple[Place, ...]:
        """Where there are records."""
        return tuple(dict.fromkeys([*self.chunks, *(p for run in self.runs for p in run.places)]))

    def parts(self, *places: Place) -> Iterator[tuple[Rows, ...]]:
        """The records of these places, part by part: records of one key are in one part. Sorted by key, then row."""
        if not self.runs and self.held < SMALL:
            yield tuple(_sorted(list(self.chunks.get(p, ()))) for p in places)
            return
        sorted_chunks = {p: _by_part(self.chunks.get(p, ())) for p in places}
        for number in range(PARTS):
            found = []
            for place in places:
                pieces = [run.part(place, number) for run in self.runs]
                pieces.append(sorted_chunks[place][number] if place in sorted_chunks else None)
                found.append(_sorted([r for r in pieces if r is not None]))
            yield tuple(found)


def _part(rows: Rows) -> NDArray[np.uint64]:
    part: NDArray[np.uint64] = rows[:, 0] // np.uint64(2**64 // PARTS)
    return part


def _by_part(chunks: tuple[Rows, ...]) -> list[Rows | None]:
    if not chunks:
        return [None] * PARTS
    rows = np.concatenate(chunks)
    part = _part(rows)
    order = np.argsort(part, kind="stable")
    edges = np.searchsorted(part[order], np.arange(PARTS + 1))
    return [rows[order[edges[i] : edges[i + 1]]] for i in range(PARTS)]


def _sorted(pieces: list[Rows]) -> Rows:
    if not pieces:
        return np.empty((0, 2), np.uint64)
    rows = np.concatenate(pieces)
    rows = rows[np.argsort(rows[:, 0])]
    again = rows[1:, 0] == rows[:-1, 0]
    equal = np.flatnonzero(np.append(again, False) | np.append(False, again))  # keys that come more than once: few
    rows[equal] = rows[equal][np.lexsort((rows[equal, 1], rows[equal, 0]))]
    return rows
