"""A bounded sample of the numbers, whole where the data is small."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from auditor.check import Tally
from auditor.rows import Batch, Setting
from auditor.statistics.sampling import position_hash

CAP_ROWS = 50_000
CAP_CELLS = 10_000_000
"""At most 50,000 rows and 10 million cells (80 MB) a split are kept."""


@dataclass(frozen=True, slots=True, eq=False)
class NumberSample(Tally):
    """Rows of the number columns, by split: all of them up to the cap, else those with the smallest position hashes.

    Any cutting of the rows gives the same sample. Beyond the cap of k rows, a share read from it has a standard error
    of at most 0.5 / sqrt(k) (.0022 at 50,000).
    """

    names: tuple[str, ...] = ()
    rows: dict[str, NDArray[np.int64]] = field(default_factory=dict)  # (m,) positions
    cells: dict[str, NDArray[np.float64]] = field(default_factory=dict)  # (m, columns), NaN where missing
    seen: dict[str, int] = field(default_factory=dict)  # rows there were
    seed: int = 0
    made: dict[Any, Any] = field(default_factory=dict)  # what later tallies read from it, made when first asked for

    @classmethod
    def columns(cls, setting: Setting) -> Iterable[str]:
        return tuple(c.name for c in setting.columns if c.kind == "number" and not c.id_like)

    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        names = tuple(cls.columns(batch.setting))
        cells = np.full((len(batch), len(names)), np.nan)
        for j, name in enumerate(names):
            if batch.has(name):
                cells[:, j] = batch.column(name).cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)
        seed = batch.setting.seed
        whole = cls(names, {batch.split: batch.rows}, {batch.split: cells}, {batch.split: len(batch)}, seed)
        return whole._cut(batch.split)

    def __add__(self, other: Self) -> Self:
        if not self.names:
            return other
        result = type(self)(self.names, dict(self.rows), dict(self.cells), dict(self.seen), self.seed)
        for split, rows in other.rows.items():
            if split in result.rows:
                result.rows[split] = np.concatenate([result.rows[split], rows])
                result.cells[split] = np.concatenate([result.cells[split], other.cells[split]])
                result.seen[split] += other.seen[split]
            else:
                result.rows[split], result.cells[split] = rows, other.cells[split]
                result.seen[split] = other.seen[split]
            result = result._cut(split)
        return result

    def _cut(self, split: str) -> Self:
        cap = min(CAP_ROWS, CAP_CELLS // max(1, len(self.names)))
        rows = self.rows[split]
        if len(rows) > cap:
            keep = np.argpartition(position_hash(rows, self.seed), cap)[:cap]
            self.rows[split], self.cells[split] = rows[keep], self.cells[split][keep]
        return self

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.names, self.rows, self.cells, self.seen, self.seed)

    def whole(self, split: str) -> bool:
        """True where every row of the split is in the sample."""
        return self.seen.get(split, 0) == len(self.rows.get(split, ()))

    def column(self, split: str, name: str) -> NDArray[np.float64]:
        """The finite values of a column in row order; empty where the split has none."""
        if split not in self.rows or name not in self.names:
            return np.empty(0)
        values = self.cells[split][np.argsort(self.rows[split], kind="stable"), self.names.index(name)]
        finite: NDArray[np.float64] = values[np.isfinite(values)]
        return finite
