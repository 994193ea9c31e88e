"""Tallies that count nothing: what they ask for was measured on the sample of a derivation, and stands in `setting.derived`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Self

from auditor.check import Tally
from auditor.rows import Batch, Setting


@dataclass(frozen=True, slots=True)
class Asked(Tally):
    """The base of them; a subclass names its derivation in `derives`."""

    @classmethod
    def columns(cls, setting: Setting) -> Iterable[str]:
        """One column, so that there is a pass to take part in."""
        roles = setting.roles
        return tuple(c for c in (roles.label, *roles.sensitive, roles.prediction) if c)[:1]

    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        return cls()

    def __add__(self, other: Self) -> Self:
        return self


@dataclass(frozen=True, slots=True)
class ColumnPower(Asked):
    """How well each column predicts the label."""

    derives = ("column_power",)


@dataclass(frozen=True, slots=True)
class NearRows(Asked):
    """What the nearest rows are labelled and predicted."""

    derives = ("near_rows",)
