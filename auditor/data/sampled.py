"""At most so many rows of a source, drawn evenly and the same for the same seed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from auditor.rows import Part, Raw, Source


@dataclass(slots=True, eq=False)
class Sampled:
    """`most` records of `source`, all where it has fewer. Positions stay those of the source; one more reading counts it."""

    source: Source
    most: int  # rows, at least 1
    seed: int
    total: int = -1  # records of the source; counted at the first reading
    chosen: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))  # ascending, counted among the records read

    @property
    def split(self) -> str:
        return self.source.split

    @property
    def part(self) -> Part:
        return self.source.part

    @property
    def name(self) -> str:
        return self.source.name

    @property
    def columns(self) -> Mapping[str, pa.DataType]:
        return self.source.columns

    @property
    def assumed(self) -> tuple[str, ...]:
        said: tuple[str, ...] = tuple(getattr(self.source, "assumed", ()))
        if self.total <= self.most:
            return said
        return (*said, f"{self.most:,} of {self.total:,} records are audited, drawn with seed {self.seed} (--sample)")

    def digest(self) -> str:
        return self.source.digest()

    def read(self, columns: tuple[str, ...] | None = None) -> Iterator[Raw]:
        """The chosen records; records that could not be read are drawn in the same share."""
        if self.total < 0:
            self._count()
        seen = 0
        for raw in self.source.read(columns):
            first, last = np.searchsorted(self.chosen, [seen, seen + len(raw.rows)])
            here = self.chosen[first:last] - seen
            seen += len(raw.rows)
            share = min(1.0, self.most / max(self.total, 1))
            faults = tuple(f for f in raw.faults if np.random.default_rng((self.seed, f.row + 1)).random() < share)
            if len(here) or faults:
                yield Raw(table=raw.table.take(pa.array(here)), rows=raw.rows[here], faults=faults)

    def _count(self) -> None:
        one = tuple(self.source.columns)[:1]
        self.total = sum(len(raw.rows) for raw in self.source.read(one))
        if self.total <= self.most:
            self.chosen = np.arange(self.total, dtype=np.int64)
        else:
            draw = np.random.default_rng(self.seed).choice(self.total, self.most, replace=False, shuffle=False)
            self.chosen = np.sort(draw).astype(np.int64)
