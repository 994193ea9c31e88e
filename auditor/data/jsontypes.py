"""Types of JSON values: one for all rows of a column, text where they do not agree."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pyarrow as pa

INT64 = 2**63


def plain(kind: pa.DataType) -> pa.DataType:
    """The type with times as strings: Arrow takes texts that look like times for times."""
    if pa.types.is_timestamp(kind):
        return pa.string()
    if pa.types.is_list(kind):
        return pa.list_(plain(kind.value_type))
    if pa.types.is_struct(kind):
        return pa.struct([(f.name, plain(f.type)) for f in kind])
    return kind


def settled(kind: pa.DataType, *, inside: bool = False) -> pa.DataType:
    """The type with texts where nothing but null was seen inside of a list or object: Arrow's parser breaks on lists of null."""
    if pa.types.is_list(kind):
        return pa.list_(settled(kind.value_type, inside=True))
    if pa.types.is_struct(kind):
        return pa.struct([(f.name, settled(f.type, inside=True)) for f in kind])
    return pa.string() if inside and pa.types.is_null(kind) else kind


def merged(one: pa.DataType, other: pa.DataType) -> tuple[pa.DataType, bool]:
    """The type that holds both, and whether they disagreed somewhere inside and became text there."""
    if one.equals(other) or pa.types.is_null(other):
        return one, False
    if pa.types.is_null(one):
        return other, False
    if {one, other} == {pa.int64(), pa.float64()}:
        return pa.float64(), False
    if pa.types.is_list(one) and pa.types.is_list(other):
        inner, mixed = merged(one.value_type, other.value_type)
        return pa.list_(inner), mixed
    if pa.types.is_struct(one) and pa.types.is_struct(other):
        fields, odd = union({f.name: f.type for f in one}, {f.name: f.type for f in other})
        return pa.struct(list(fields.items())), bool(odd)
    return pa.string(), True


def union(one: Mapping[str, pa.DataType], other: Mapping[str, pa.DataType]) -> tuple[dict[str, pa.DataType], set[str]]:
    """The fields of both, in the order of their first appearance, and the names of those that disagreed."""
    fields, mixed = dict(one), set()
    for name, kind in other.items():
        fields[name], odd = merged(fields.get(name, pa.null()), kind)
        if odd:
            mixed.add(name)
    return fields, mixed


def type_of(value: Any) -> tuple[pa.DataType, bool]:
    """The type of a JSON value, and whether it disagrees in itself. A loop over values: only where Arrow cannot infer."""
    if value is None:
        return pa.null(), False
    if isinstance(value, bool):
        return pa.bool_(), False
    if isinstance(value, int):
        return (pa.int64() if -INT64 <= value < INT64 else pa.float64()), False
    if isinstance(value, float):
        return pa.float64(), False
    if isinstance(value, str):
        return pa.string(), False
    if isinstance(value, dict):
        fields, mixed = fields_of([value])
        return pa.struct(list(fields.items())), bool(mixed)
    inner, odd = pa.null(), False
    for item in value:
        kind, within = type_of(item)
        inner, between = merged(inner, kind)
        odd |= within or between
    return pa.list_(inner), odd


def fields_of(objects: Iterable[dict[str, Any]]) -> tuple[dict[str, pa.DataType], set[str]]:
    """The fields of JSON objects, and the names of those whose types disagree."""
    fields: dict[str, pa.DataType] = {}
    mixed: set[str] = set()
    for one in objects:
        for name, value in one.items():
            kind, within = type_of(value)
            known = fields.get(name)
            fields[name], between = (kind, False) if known is None else merged(known, kind)
            if within or between:
                mixed.add(name)
    return fields, mixed


def table_of(objects: Sequence[dict[str, Any]], fields: Mapping[str, pa.DataType]) -> pa.Table:
    """JSON objects as a table of the given fields."""
    return pa.table({n: pa.array([_fitted(o.get(n), kind) for o in objects], kind) for n, kind in fields.items()})


def _fitted(value: Any, kind: pa.DataType) -> Any:
    """The value in the form of the type: what is no text becomes its JSON text where the type is text."""
    if value is None or pa.types.is_null(kind):
        return None
    if pa.types.is_string(kind):
        return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if pa.types.is_list(kind):
        return [_fitted(v, kind.value_type) for v in value]
    if pa.types.is_struct(kind):
        return {f.name: _fitted(value.get(f.name), f.type) for f in kind}
    if pa.types.is_floating(kind):
        return _float(value)
    return value


def _float(value: int | float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.copysign(math.inf, value)
