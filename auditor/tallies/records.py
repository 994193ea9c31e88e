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

CAP_BYTES = 32 * 2**20
"""Bytes of records that one store keeps in memory; own: six full stores stay far below the 2 GB of a whole audit."""
SMALL = 8 * 2**20
"""Bytes of records that are sorted at one go: what a join makes of them is several times as large."""
SLICES = 4096
"""Ranges of keys whose edges a run on disk knows; own: at SMALL bytes a part they do for 32 GB of records, a billion rows."""


class Run:
    """Records on disk, sorted by key and row; the file goes when nobody holds the run any more."""

    def __init__(self, by: Mapping[Place, Rows]) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="auditor-records-")
        self._files: dict[Place, tuple[Path, NDArray[np.int64], int]] = {}
        for i, (place, rows) in enumerate(by.items()):
            path = Path(self._folder.name) / f"{i}.records"
            rows.tofile(path)
            self._files[place] = (path, _edges(rows, SLICES), rows.shape[1])

    def part(self, place: Place, number: int, of: int) -> Rows | None:
        """The records of one place in one of so many ranges of keys."""
        if place not in self._files:
            return None
        path, edges, width = self._files[place]
        a, b = int(edges[number * SLICES // of]), int(edges[(number + 1) * SLICES // of])
        return np.fromfile(path, np.uint64, (b - a) * width, offset=a * width * 8).reshape(-1, width)

    def size(self, place: Place) -> int:
        """Bytes of the records of one place."""
        if place not in self._files:
            return 0
        _, edges, width = self._files[place]
        return int(edges[-1]) * width * 8

    @property
    def places(self) -> tuple[Place, ...]:
        return tuple(self._files)

    def __reduce__(self) -> tuple[Any, ...]:
        """A run that travels takes its records along."""
        return Run, ({place: self.part(place, 0, 1) for place in self._files},)


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
        run = Run({place: _sorted(list(chunks)) for place, chunks in self.chunks.items()})
        return type(self)({}, (*self.runs, run), 0)

    @property
    def places(self) -> tuple[Place, ...]:
        """Where there are records."""
        return tuple(dict.fromkeys([*self.chunks, *(p for run in self.runs for p in run.places)]))

    def parts(self, *places: Place) -> Iterator[tuple[Rows, ...]]:
        """The records of these places, part by part: records of one key are in one part. Sorted by key, then row.

        A part has about SMALL bytes, whatever the number of records; more where one key has more.
        """
        loose = {p: _sorted(list(self.chunks.get(p, ()))) for p in places}
        size = sum(loose[p].nbytes + sum(run.size(p) for run in self.runs) for p in dict.fromkeys(places))
        of = min(SLICES, 1 << (size // max(1, SMALL)).bit_length())
        if of == 1 and not self.runs:
            yield tuple(loose[p] for p in places)
            return
        edges = {p: _edges(loose[p], of) for p in places}
        for number in range(of):
            found = []
            for place in places:
                a, b = edges[place][number : number + 2]
                pieces = [run.part(place, number, of) for run in self.runs]
                found.append(_sorted([r for r in (*pieces, loose[place][a:b]) if r is not None and len(r)]))
            yield tuple(found)


def _edges(rows: Rows, parts: int) -> NDArray[np.int64]:
    """Where each of so many equal ranges of keys begins in sorted records, and where the last one ends."""
    bounds = np.array([i * 2**64 // parts for i in range(1, parts)], np.uint64)
    return np.concatenate([[0], np.searchsorted(rows[:, 0], bounds), [len(rows)]]).astype(np.int64)


def _sorted(pieces: list[Rows]) -> Rows:
    if not pieces:
        return np.empty((0, 2), np.uint64)
    rows = np.concatenate(pieces)
    rows = rows[np.argsort(rows[:, 0])]
    again = rows[1:, 0] == rows[:-1, 0]
    equal = np.flatnonzero(np.append(again, False) | np.append(False, again))  # keys that come more than once: few
    rows[equal] = rows[equal][np.lexsort((rows[equal, 1], rows[equal, 0]))]
    return rows
