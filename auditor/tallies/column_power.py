"""Asks for the derivation `column_power`, whose result stands in `setting.derived`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from auditor.check import Tally
from auditor.rows import Batch, Setting


@dataclass(frozen=True, slots=True)
class ColumnPower(Tally):
    """Counts nothing: how well each column predicts the label was measured on the sample of the derivation."""

    derives = ("column_power",)

    @classmethod
    def columns(cls, setting: Setting) -> Iterable[str]:
        return (setting.roles.label,) if setting.roles.label else ()

    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        return cls()

    def __add__(self, other: Self) -> Self:
        return self
