"""Groups of people of the rows whose labels a model judged."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from auditor.check import Tally
from auditor.rows import Batch, Setting
from auditor.tallies.groups import encode

Key = tuple[str, str]  # split, attribute


@dataclass(frozen=True, slots=True, eq=False)
class JudgedGroups(Tally):
    """(positions, group values) of the rows with probabilities, by split and attribute. Bounded by the derivation."""

    derives = ("probabilities",)

    parts: dict[Key, tuple[tuple[NDArray[np.int64], NDArray[np.object_]], ...]] = field(default_factory=dict)

    @classmethod
    def columns(cls, setting: Setting) -> Iterable[str]:
        return (*setting.roles.sensitive, *((setting.roles.label,) if setting.roles.label else ()))

    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        found = batch.derived.get("probabilities")
        if found is None or not len(found.rows):
            return cls()
        at = np.searchsorted(batch.rows, found.rows)
        parts: dict[Key, tuple[tuple[NDArray[np.int64], NDArray[np.object_]], ...]] = {}
        for name in dict.fromkeys(batch.setting.roles.sensitive):
            if batch.has(name):
                codes, names = encode(batch.column(name))
                spelled = np.empty(len(names), object)
                spelled[:] = names
                parts[batch.split, name] = ((found.rows, spelled[codes[at]]),)
        return cls(parts)

    def __add__(self, other: Self) -> Self:
        parts = dict(self.parts)
        for key, more in other.parts.items():
            parts[key] = parts.get(key, ()) + more
        return type(self)(parts)

    def values(self, split: str, attribute: str) -> NDArray[np.object_] | None:
        """The group values of the judged rows of a split, in row order; None where there is none."""
        if (split, attribute) not in self.parts:
            return None
        rows, values = (np.concatenate(x) for x in zip(*self.parts[split, attribute], strict=True))
        return np.asarray(values[np.argsort(rows, kind="stable")])
