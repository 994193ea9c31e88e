"""From what lies in a source to what a tally reads: every column in the type of its kind."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from auditor.rows import Batch, Column, Derived, Raw, Setting

ZONED = r":\d{2}.*(Z|[+-]\d{2}:?\d{2})$"  # a time of day with a zone behind it
FINE = re.compile(r"(\.\d{6})\d+")  # fractions of a second beyond microseconds are cut


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
    """One column in the type of its kind: float64 or int64, bool, timestamp[us] (UTC where there was a zone), or string."""
    kind = array.type
    if pa.types.is_dictionary(kind):
        array, kind = array.cast(kind.value_type), kind.value_type
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)):
        return _number_or_time(array, kind)
    if column.kind in ("number", "bool", "time"):
        trimmed = pc.utf8_trim_whitespace(array)
        nulls = pc.is_in(trimmed, value_set=pa.array(column.spelled_nulls, trimmed.type))
        trimmed = pc.if_else(nulls, pa.scalar(None, trimmed.type), trimmed)
        if column.kind == "number":
            return _cast(trimmed, pa.float64())
        return pc.equal(pc.utf8_lower(trimmed), "true") if column.kind == "bool" else _times(trimmed)
    return array if pa.types.is_string(kind) else array.cast(pa.large_string())


def _number_or_time(array: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    if pa.types.is_integer(kind) and not pa.types.is_uint64(kind):
        return array.cast(pa.int64())
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind) or pa.types.is_uint64(kind):
        return array.cast(pa.float64(), safe=False)
    if pa.types.is_timestamp(kind) or pa.types.is_date(kind):
        return array.cast(pa.timestamp("us"), safe=False)
    return array


def _times(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Times of the texts; those with a zone as UTC."""
    zoned = pc.match_substring_regex(texts, ZONED)
    nothing = pa.scalar(None, texts.type)
    here = _cast(pc.if_else(zoned, nothing, texts), pa.timestamp("us"))
    if not pc.any(zoned).as_py():
        return here
    there = _cast(pc.if_else(zoned, texts, nothing), pa.timestamp("us", "UTC")).cast(pa.timestamp("us"))
    return pc.coalesce(here, there)


def _cast(texts: pa.ChunkedArray, kind: pa.DataType) -> pa.ChunkedArray:
    """The texts as numbers or times. A loop over values only where one has the form but no value, such as 2020-13-45."""
    try:
        return texts.cast(kind)
    except pa.ArrowInvalid:
        values = pc.unique(texts)
    fitting = pa.array([_fits(v, kind) for v in values], kind)
    return pa.chunked_array([fitting.take(pc.index_in(texts, values).combine_chunks())])


def _fits(text: pa.Scalar, kind: pa.DataType) -> Any:
    plain = text.as_py()
    if plain is not None and pa.types.is_timestamp(kind):
        plain = FINE.sub(r"\1", plain)
    try:
        return pa.scalar(plain, pa.string()).cast(kind).as_py()
    except pa.ArrowInvalid:
        return None
