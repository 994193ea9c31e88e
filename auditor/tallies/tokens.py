"""Token counts of the texts, by split."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from auditor.check import Tally
from auditor.rows import Batch, Setting


@dataclass(frozen=True, slots=True, eq=False)
class TokenCounts(Tally):
    """(tokens, unknown, words, characters) of every row that was cut, by split: 32 bytes a row, at most the 200,000 rows
    a split that the derivation reads."""

    derives: ClassVar[tuple[str, ...]] = ("tokens",)
    rows: dict[str, NDArray[np.int64]] = field(default_factory=dict)  # (n,) positions
    counts: dict[str, NDArray[np.int64]] = field(default_factory=dict)  # (n, 4)

    @classmethod
    def columns(cls, setting: Setting) -> Iterable[str]:
        return tuple(setting.roles.text)[:1]

    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        cut = batch.derived.get("tokens")
        return cls() if cut is None else cls({batch.split: cut.rows}, {batch.split: cut.values})

    def __add__(self, other: Self) -> Self:
        rows, counts = dict(self.rows), dict(self.counts)
        for split in other.rows:
            rows[split] = np.concatenate([rows[split], other.rows[split]]) if split in rows else other.rows[split]
            counts[split] = np.concatenate([counts[split], other.counts[split]]) if split in counts else other.counts[split]
        return type(self)(rows, counts)

    def sorted(self, split: str) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Positions, ascending, and their counts."""
        order = np.argsort(self.rows[split], kind="stable")
        return self.rows[split][order], self.counts[split][order]
