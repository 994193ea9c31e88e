"""Groups of people: how the values of a column name them, and which of them the others are compared with."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from auditor.rows import InputError, Setting

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

MISSING = "(missing)"
FEW_LEVELS = 10  # a number column of at most so many whole values names groups as it is; above it is cut into bins
BINS = 4  # quartiles, unless cut-offs are declared

Value = str | None


def encode(values: pa.Array) -> tuple[NDArray[np.int64], list[Value]]:
    """Codes and the value that each stands for; null is the last code."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_nested(values.type):
        raise InputError(f"a group or label column holds {values.type}, want one value a row; make a column of it first")
    if pa.types.is_floating(values.type):
        values = pc.if_else(pc.is_nan(values), pa.scalar(None, values.type), values)
    coded = values.cast(pa.string()) if not pa.types.is_large_string(values.type) else values
    coded = coded.dictionary_encode()
    names: list[Value] = coded.dictionary.to_pylist()
    codes: NDArray[np.int64] = coded.indices.cast(pa.int64()).fill_null(len(names)).to_numpy(zero_copy_only=False)
    return codes, [*names, None]


def named(totals: Mapping[Value, int], attribute: str, setting: Setting) -> dict[Value, tuple[int, str]]:
    """Value -> (order, name of its group); `totals` are the rows of each value. A missing value is a group of its own."""
    values = sorted(v for v in totals if v is not None)
    cuts = setting.options.get("cuts", {}).get(attribute)
    if setting.column(attribute).kind != "number" or (cuts is None and _levels(values)):
        return {None: (-1, MISSING), **{v: (0, v) for v in values}}
    return {None: (-1, MISSING), **_binned(totals, cuts)}


def reference(rows: Mapping[str, int], attribute: str, setting: Setting) -> str | None:
    """The declared reference of the attribute (option `reference_group`), else the group of most rows.

    Ties go to the first in sort order. `rows` holds no missing group: it is no reference. None where there is none to choose.
    """
    declared = setting.options.get("reference_group", {}).get(attribute)
    if declared is not None:
        return str(declared) if str(declared) in rows else None
    return min(rows, key=lambda g: (-rows[g], g)) if rows else None


def _levels(values: Sequence[str]) -> bool:
    return len(values) <= FEW_LEVELS and all(float(v).is_integer() for v in values)


def _binned(totals: Mapping[Value, int], cuts: Sequence[float] | None) -> dict[Value, tuple[int, str]]:
    """Values in bins `<= c`, `c to d`, `> d` at the declared cut-offs, else at the quartiles of all rows."""
    import numpy as np

    pairs = sorted((float(v), v) for v in totals if v is not None)
    numbers = np.array([x for x, _ in pairs])
    if cuts is None:
        reached = np.cumsum([totals[v] for _, v in pairs])
        places = np.searchsorted(reached, reached[-1] * np.arange(1, BINS) / BINS)
        cuts = sorted({float(numbers[i]) for i in places if i < len(numbers) - 1})
    edges = sorted(float(c) for c in cuts)
    names = (
        [f"<= {edges[0]:g}", *(f"> {a:g} to {b:g}" for a, b in itertools.pairwise(edges)), f"> {edges[-1]:g}"]
        if edges
        else ["all"]
    )
    place = np.searchsorted(np.array(edges), numbers, side="left") if edges else np.zeros(len(numbers), int)
    return {v: (int(i), names[i]) for i, (_, v) in zip(place, pairs, strict=True)}
