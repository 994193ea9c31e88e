"""What two models said of the sentences of a probe: one row a pair or sentence."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from auditor.check import Tally
from auditor.rows import Batch, Setting

COLUMNS = ("part", "bias_type", "template", "base", "tuned", "left_out")
"""`part` is pair, null, prompt, neutral or shuffled; `base` and `tuned` are the scores; `left_out` is "" or why a row is not
judged."""
CAP = 1_000_000  # rows of a probe
LARGEST = 1e6  # in size; no log-probability a token is larger
RATE, NATS = "probability", "nats a token"  # units of the scores: of classifiers, of language models
NEEDS = f"no probe of two models is part of this audit: no columns {', '.join(COLUMNS)}"


def scored(scores: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which scores are numbers that a model can give."""
    return np.abs(scores) < LARGEST


def of_rates(setting: Setting) -> bool:
    """Whether the scores are probabilities of a class."""
    return setting.options.get("probe_unit") == RATE


def lacks_probe(setting: Setting) -> str | None:
    """Why the rows are no probe, or None."""
    return None if set(COLUMNS) <= {c.name for c in setting.columns} else NEEDS


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """The rows of one part, in row order."""

    rows: NDArray[np.int64]
    bias_type: NDArray[np.object_]
    template: NDArray[Any]
    base: NDArray[np.float64]
    tuned: NDArray[np.float64]
    left_out: NDArray[np.object_]

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def judged(self) -> Part:
        """The rows that are not left out."""
        return self.only(self.left_out == "")

    def only(self, keep: NDArray[np.bool_]) -> Part:
        """The rows for which `keep` holds."""
        return Part(**{name: getattr(self, name)[keep] for name in self.__dataclass_fields__})


@dataclass(frozen=True, slots=True, eq=False)
class ProbeRows(Tally):
    """All rows of a probe. At most a million rows; OverflowError beyond."""

    parts: tuple[pa.Table, ...] = field(default=())

    @classmethod
    def columns(cls, setting: Setting) -> Iterable[str]:
        return COLUMNS

    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        if not all(batch.has(c) for c in COLUMNS):
            return cls()
        texts = {c: batch.column(c).cast(pa.string()).fill_null("") for c in COLUMNS if c not in ("base", "tuned")}
        numbers = {c: batch.column(c).cast(pa.float64()).fill_null(float("nan")) for c in ("base", "tuned")}
        return cls((pa.table({"row": batch.rows, **texts, **numbers}),))

    def __add__(self, other: Self) -> Self:
        if sum(len(t) for t in (*self.parts, *other.parts)) > CAP:
            raise OverflowError(f"a probe of more than {CAP:,} rows; take fewer pairs")
        return type(self)(self.parts + other.parts)

    def of_part(self, name: str) -> Part:
        """The rows of a part."""
        empty = pa.table({"row": pa.array([], pa.int64()), **{c: pa.array([], pa.string()) for c in COLUMNS}})
        table = pa.concat_tables(self.parts).sort_by("row") if self.parts else empty
        table = table.filter(pa.compute.equal(table.column("part"), name))

        def texts(column: str) -> NDArray[np.object_]:
            return np.array(table.column(column).to_pylist(), object)

        def numbers(column: str) -> NDArray[np.float64]:
            return np.array(table.column(column).to_pylist(), float)

        return Part(
            rows=np.array(table.column("row").to_pylist(), np.int64),
            bias_type=texts("bias_type"),
            template=texts("template"),
            base=numbers("base"),
            tuned=numbers("tuned"),
            left_out=texts("left_out"),
        )

    def lost(self) -> int:
        """Rows for which the base model has a finite score and the tuned model none."""
        sides = ((t.column(side).to_numpy() for side in ("base", "tuned")) for t in self.parts)
        return sum(int((scored(base) & ~scored(tuned)).sum()) for base, tuned in sides)
