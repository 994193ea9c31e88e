"""From what lies in a source to what a tally reads: every column in the type of its kind."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from auditor.rows import Batch, Column, Derived, Raw, Setting


def typed(raw: Raw, split: str, setting: Setting, derived: Mapping[str, Derived] | None = None) -> Batch:
    """The batch with numbers as int64 or float64, categories and texts as strings, spelled nulls as null.

    A value that does not fit the kind becomes null; kinds are decided from all rows, so there is none in practice.
    """
    known = {c.name: c for c in setting.columns}
    arrays = {n: value(raw.table.column(n), known[n]) for n in raw.table.column_names if n in known}
    table = pa.table(arrays) if arrays else raw.table
    first, last = (int(raw.rows[0]), int(raw.rows[-1])) if len(raw.rows) else (0, -1)
    near = {name: d.between(first, last) for name, d in (derived or {}).items()}
    return Batch(split=split, table=table, rows=raw.rows, setting=setting, faults=raw.faults, derived=near)


def value(array: pa.ChunkedArray, column: Column) -> pa.ChunkedArray:
    """One column in the type of its kind."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        array, kind = array.cast(kind.value_type), kind.value_type
    strings = pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)
    if not strings:
        if pa.types.is_integer(kind) and not pa.types.is_uint64(kind):
            return array.cast(pa.int64())
        if pa.types.is_floating(kind) or pa.types.is_decimal(kind) or pa.types.is_uint64(kind):
            numbers = array.cast(pa.float64(), safe=False)
            return numbers
        return array
    if column.kind in ("number", "bool", "time"):
        trimmed = pc.utf8_trim_whitespace(array)
        nulls = pc.is_in(trimmed, value_set=pa.array(column.spelled_nulls, trimmed.type))
        trimmed = pc.if_else(nulls, pa.scalar(None, trimmed.type), trimmed)
        if column.kind == "number":
            return trimmed.cast(pa.float64())
        if column.kind == "bool":
            return pc.equal(pc.utf8_lower(trimmed), "true")
        return trimmed.cast(pa.timestamp("us"), safe=False) if _plain_times(trimmed) else trimmed
    return array if pa.types.is_string(kind) else array.cast(pa.large_string())


def _plain_times(array: pa.ChunkedArray) -> bool:
    try:
        array.cast(pa.timestamp("us"), safe=False)
    except pa.ArrowInvalid:
        return False
    return True
