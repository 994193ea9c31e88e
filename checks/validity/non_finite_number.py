"""VAL120."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Self

import pyarrow as pa
import pyarrow.compute as pc

from auditor.check import Check, Specimen, Tally
from auditor.model import Effect, Reading, Where
from auditor.rows import Batch, Setting
from auditor.tallies.look import Look
from auditor.tallies.places import Places, joined


@dataclass(frozen=True, slots=True)
class NonFinite(Tally):
    """Rows of NaN and of infinities that are no null, by split and column; positions up to the cap of Places."""

    after = (Look,)
    by: dict[tuple[str, str], Places] = field(default_factory=dict)

    @classmethod
    def columns(cls, setting: Setting) -> Iterable[str]:
        return tuple(c.name for c in setting.columns if c.kind == "number")

    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        look: Look = after[0]
        by = {}
        for name in cls.columns(batch.setting):
            seen = look.by.get((batch.split, name))
            if seen is not None and seen.nan + seen.non_finite and batch.has(name):
                finite = pc.is_finite(batch.column(name).cast(pa.float64(), safe=False))
                by[batch.split, name] = Places.of(pc.invert(finite), batch.rows)
        return cls(by)

    def __add__(self, other: Self) -> Self:
        return type(self)(joined(self.by, other.by))


class NonFiniteNumber(Check[Look, NonFinite]):
    """A number column holds NaN or infinity as a value.

    ## Why
    One such value makes the loss NaN, and the step that follows destroys the weights.

    ## Measured
    NaN and infinities that are not null, by split and number column: count, 0 to infinity, high is bad. A NaN of a pandas
    frame, and a text such as "nan" in a column of numbers, is null and not counted here.

    ## Fix
    Set them to null and look for the division or logarithm that made them.

    ## Known limits
    None known: no loss accepts these values.

    ## Source
    TensorFlow Data Validation has the check. Above 0, because one value is enough.
    """

    code = "VAL120"
    error_above: float | None = 0.0  # see Source
    good = Specimen(train={"x": [0.5, None, 1e308, -2.0] * 5})
    bad = (
        Specimen(train={"x": [0.5, float("inf"), 1.0, -2.0] * 5}, found=1),
        Specimen(train={"x": ["0.5", "-Infinity", "1.0"] * 5}, found=1),
    )

    def lacks(self, setting: Setting) -> str | None:
        return None if any(c.kind == "number" for c in setting.columns) else "there is no number column"

    def judge(self, setting: Setting, look: Look, odd: NonFinite) -> Iterator[Reading]:
        for column in setting.columns:
            for split in column.splits if column.kind == "number" else ():
                seen, places = look.by[split, column.name], odd.by.get((split, column.name), Places())
                count = seen.nan + seen.non_finite
                yield self.read(
                    Where(split=split, columns=(column.name,)),
                    Effect(name="non_finite_values", value=float(count), unit="values"),
                    f"{column.name!r} has {seen.nan:,} NaN and {seen.non_finite:,} infinite values in {split}{places.note}",
                    affected=count,
                    examined=seen.n,
                    rows=places.affected(split) if len(places.rows) else None,
                )
