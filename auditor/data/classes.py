"""Class numbers that carry their names in the schema, as `datasets` writes them."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc


def class_names(schema: pa.Schema) -> dict[str, list[str]]:
    """Column -> names of its class numbers, as `datasets` writes them into the metadata of a schema."""
    try:
        features = json.loads((schema.metadata or {}).get(b"huggingface", b"{}"))["info"]["features"]
        found = {n: f["names"] for n, f in features.items() if isinstance(f, dict) and f.get("_type") == "ClassLabel"}
    except (ValueError, KeyError, TypeError):
        return {}
    return {n: v for n, v in found.items() if v and n in schema.names and pa.types.is_integer(schema.field(n).type)}


def named(table: pa.Table, classes: Mapping[str, list[str]]) -> pa.Table:
    """The table with class numbers as their names; a number without a name (-1 stands for none) becomes null."""
    for i, name in enumerate(table.column_names):
        if name in classes:
            number = table.column(i)
            known = pc.and_(pc.greater_equal(number, 0), pc.less(number, len(classes[name])))
            texts = pa.chunked_array([pa.array(classes[name], pa.string())])
            table = table.set_column(i, name, texts.take(pc.if_else(known, number, pa.scalar(None, number.type))))
    return table
