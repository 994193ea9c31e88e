"""The text of a value that may be a chat: the turns of a conversation, the parts of a turn."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

TEXTS = ("content", "value", "text")
"""Where a turn, or a part of a turn, keeps its text, the first that it has."""


def has_text(kind: pa.DataType) -> bool:
    """Whether a type nests texts: a list or a structure of which a leaf that `text_of` reads is a string."""
    if pa.types.is_list(kind) or pa.types.is_large_list(kind) or pa.types.is_fixed_size_list(kind):
        return has_text(kind.value_type)
    if pa.types.is_struct(kind):
        name = _field(kind)
        return name is not None and has_text(kind.field(name).type)
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _field(kind: pa.StructType) -> str | None:
    return next((n for n in TEXTS if kind.get_field_index(n) >= 0), None)


def text_of(values: pa.Array) -> pa.Array:
    """(n,) values as large strings: a text as it is, numbers and dates as they are written.

    A list is its items joined by line breaks, a structure the text that it holds under one of TEXTS (itself a text, a list or a
    structure). Items without a text (an image, a call without words) are left out; a structure without such a field, and bytes,
    have none: null, as is a value that is missing.
    """
    kind = values.type
    if isinstance(values, pa.ExtensionArray):
        return text_of(values.storage)
    if pa.types.is_fixed_size_list(kind):
        return text_of(values.cast(pa.list_(kind.value_type)))
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return _joined(values)
    if pa.types.is_struct(kind):
        name = _field(kind)
        return text_of(pc.struct_field(values, name)) if name else pa.nulls(len(values), pa.large_string())
    if pa.types.is_nested(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return pa.nulls(len(values), pa.large_string())
    return values.cast(pa.large_string())


def said(content: object) -> str:
    """The same of a Python value, such as the content of one turn; "" where it holds no text."""
    if isinstance(content, list | tuple):
        return "\n".join(filter(None, map(said, content)))
    if isinstance(content, dict):
        return said(next((content[n] for n in TEXTS if n in content), ""))
    return "" if content is None or isinstance(content, bytes) else str(content)


def _joined(lists: pa.Array) -> pa.Array:
    present = lists.filter(lists.is_valid())
    items = text_of(present.flatten())
    told = items.is_valid()
    counted = np.concatenate([[0], np.cumsum(told.to_numpy(zero_copy_only=False))]).astype(np.int64)
    lengths = pc.list_value_length(present).to_numpy(zero_copy_only=False)
    edges = counted[np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)]
    joined = pc.binary_join(pa.LargeListArray.from_arrays(edges, items.filter(told)), pa.scalar("\n", pa.large_string()))
    return pc.replace_with_mask(pa.nulls(len(lists), pa.large_string()), lists.is_valid(), joined)
