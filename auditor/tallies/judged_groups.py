"""Groups of people of single rows: of those whose labels a model judged, and of the held-out ones."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from auditor.check import Tally
from auditor.groups import encode
from auditor.rows import Batch, Setting

Key = tuple[str, str]  # split, attribute
Positions = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class RowGroups(Tally):
    """(positions, group values) of the rows that a subclass picks, by split and attribute: 16 bytes a row."""

    parts: dict[Key, tuple[tuple[Positions, NDArray[np.object_]], ...]] = field(default_factory=dict)

    @classmethod
    def columns(cls, setting: Setting) -> Iterable[str]:
        return (*setting.roles.sensitive, *((setting.roles.label,) if setting.roles.label else ()))

    @classmethod
    @abstractmethod
    def picked(cls, batch: Batch) -> Positions:
        """Places in the batch of the rows that are kept."""

    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        at = cls.picked(batch)
        parts: dict[Key, tuple[tuple[Positions, NDArray[np.object_]], ...]] = {}
        for name in dict.fromkeys(batch.setting.roles.sensitive) if len(at) else ():
            if batch.has(name):
                codes, names = encode(batch.column(name))
                spelled = np.empty(len(names), object)
                spelled[:] = names
                parts[batch.split, name] = ((batch.rows[at], spelled[codes[at]]),)
        return cls(parts)

    def __add__(self, other: Self) -> Self:
        parts = dict(self.parts)
        for key, more in other.parts.items():
            parts[key] = parts.get(key, ()) + more
        return type(self)(parts)

    def of_split(self, split: str, attribute: str) -> tuple[Positions, NDArray[np.object_]] | None:
        """Positions, ascending, and the group values there; None where there are none."""
        if (split, attribute) not in self.parts:
            return None
        rows, values = (np.concatenate(x) for x in zip(*self.parts[split, attribute], strict=True))
        order = np.argsort(rows, kind="stable")
        return rows[order], values[order]


@dataclass(frozen=True, slots=True, eq=False)
class JudgedGroups(RowGroups):
    """Of the rows with probabilities. Bounded by the derivation."""

    derives = ("probabilities",)

    @classmethod
    def picked(cls, batch: Batch) -> Positions:
        found = batch.derived.get("probabilities")
        return np.searchsorted(batch.rows, found.rows) if found is not None else np.empty(0, np.int64)

    def values(self, split: str, attribute: str) -> NDArray[np.object_] | None:
        """The group values of the judged rows of a split, in row order; None where there is none."""
        found = self.of_split(split, attribute)
        return None if found is None else found[1]


@dataclass(frozen=True, slots=True, eq=False)
class HeldGroups(RowGroups):
    """Of the held-out rows, which are whole."""

    @classmethod
    def picked(cls, batch: Batch) -> Positions:
        held = batch.split in {s.name for s in batch.setting.held_out}
        return np.arange(len(batch) if held else 0, dtype=np.int64)
