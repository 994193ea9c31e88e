"""Where something was seen: an exact count, and the positions up to a stated cap."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self, TypeVar

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from auditor.model import Affected

K = TypeVar("K")
CAP = 1_000_000
"""Positions kept a place (8 MB); beyond it the smallest ones are kept and the count stays exact."""


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """How often, and at which rows. The same in any order and any cutting."""

    count: int = 0
    rows: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    cap: int = CAP

    @classmethod
    def of(cls, mask: Any, rows: NDArray[np.int64], cap: int = CAP) -> Self:
        """The rows where the mask (numpy or Arrow, null = no) holds."""
        if isinstance(mask, pa.Array | pa.ChunkedArray):
            mask = np.asarray(mask.fill_null(False).to_numpy(zero_copy_only=False), np.bool_)
        hits = rows[mask]
        return cls(len(hits), hits[:cap].copy(), cap)

    def __add__(self, other: Places) -> Places:
        cap = min(self.cap, other.cap)
        if not other.count:
            return self
        rows = np.concatenate([self.rows, other.rows])
        if len(rows) > cap:
            rows = np.partition(rows, cap)[:cap]
        return Places(self.count + other.count, rows, cap)

    def affected(self, split: str, detail: str = "") -> Affected:
        """The rows in ascending order, as a reading takes them."""
        rows = np.sort(self.rows)
        details = np.full(len(rows), detail, object) if detail else None
        return Affected(split=split, row=rows, detail=details)

    @property
    def note(self) -> str:
        """What to say where not all positions were kept, else ""."""
        return f"; the first {len(self.rows):,} of these rows are listed" if len(self.rows) < self.count else ""


def listed(split: str, by: Mapping[str, Places]) -> Affected:
    """The rows of several places in ascending order; each key says what is wrong there."""
    rows = np.concatenate([p.rows for p in by.values()])
    details = np.concatenate([np.full(len(p.rows), detail, object) for detail, p in by.items()])
    order = np.argsort(rows, kind="stable")
    return Affected(split=split, row=rows[order], detail=details[order])


def joined(one: Mapping[K, Places], other: Mapping[K, Places]) -> dict[K, Places]:
    """The sum of two tables of places."""
    both = dict(one)
    for key, places in other.items():
        both[key] = both[key] + places if key in both else places
    return both
