"""N1, the one normaliser: two texts that read the same get the same form."""

from __future__ import annotations

import unicodedata

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from auditor.rows import Batch
from auditor.turns import text_of

KEPT = ("L", "M", "Nd")
"""Unicode general categories that N1 keeps: letters, marks and digits."""

_ASCII = bytes(ord(chr(b).lower()) if b < 128 and chr(b).isalnum() else 32 for b in range(256))


class _Translation(dict[int, int]):
    """Code point -> itself where N1 keeps it, else a space; filled as characters turn up."""

    def __missing__(self, point: int) -> int:
        self[point] = point if unicodedata.category(chr(point)).startswith(KEPT) else 32
        return self[point]


_translation = _Translation()


def texts(batch: Batch, name: str) -> pa.Array | None:
    """The column as texts: numbers, dates and bools as they are written, a chat as its turns; None where there is none, or the
    column has no role of text and nests."""
    if not batch.has(name):
        return None
    values = batch.column(name)
    kind = values.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return values
    if (pa.types.is_nested(kind) or pa.types.is_binary(kind)) and batch.setting.column(name).kind != "text":
        return None
    return text_of(values)


def n1_text(text: str) -> str:
    """N1 of one text: NFKC (Unicode Annex 15), casefold, every run of characters that are no letters, marks or digits
    -> one space, trimmed. A text of punctuation alone becomes ""."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().translate(_translation).split())


def n1(values: pa.Array) -> pa.Array:
    """N1 of every text, of the type given (string or large_string); null stays null.

    ASCII rows go by bytes, all at once; each distinct text with other characters goes by `n1_text`.
    """
    if not len(values):
        return values
    ascii_only = pc.fill_null(pc.string_is_ascii(values), True)
    if pc.all(ascii_only).as_py():
        return _ascii(values)
    mask = ascii_only.to_numpy(zero_copy_only=False)
    coded = values.filter(pc.invert(ascii_only)).dictionary_encode()
    forms = pa.array([n1_text(t) for t in coded.dictionary.to_pylist()], values.type)
    both = pa.concat_arrays([_ascii(values.filter(ascii_only)), forms.take(coded.indices)])
    place = np.empty(len(values), np.int64)
    place[np.concatenate([np.flatnonzero(mask), np.flatnonzero(~mask)])] = np.arange(len(values))
    return both.take(pa.array(place))


def _ascii(values: pa.Array) -> pa.Array:
    """N1 of texts of ASCII alone: case and blanks are settled on the bytes of the whole array."""
    large = pa.types.is_large_string(values.type)
    filled = pc.fill_null(values, "") if values.null_count else values
    offsets, data = _bytes(filled, large)
    squeezed = np.frombuffer(data.tobytes().translate(_ASCII), np.uint8)
    blank = squeezed == 32
    after_blank = np.empty(len(blank), np.bool_)
    after_blank[1:] = blank[:-1]
    after_blank[offsets[:-1][np.diff(offsets) > 0]] = True  # a row starts as if after a blank
    dropped = blank & after_blank
    starts = np.flatnonzero(blank & ~after_blank)
    last = starts[np.searchsorted(starts, offsets[1:]) - 1] if len(starts) else np.full(len(values), -1)
    ends_blank = (np.diff(offsets) > 0) & (squeezed[np.maximum(offsets[1:] - 1, 0)] == 32) if len(squeezed) else last >= 0
    dropped[last[ends_blank & (last >= offsets[:-1]) & (last < offsets[1:])]] = True
    lengths = np.diff(offsets - np.searchsorted(np.flatnonzero(dropped), offsets))
    squeezed = squeezed[~dropped]
    edges = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64 if large else np.int32)
    result = pa.Array.from_buffers(values.type, len(values), [None, pa.py_buffer(edges), pa.py_buffer(squeezed)])
    return pc.if_else(values.is_valid(), result, pa.scalar(None, values.type)) if values.null_count else result


def _bytes(values: pa.Array, large: bool) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
    """(offsets from 0, bytes) of a string array without nulls."""
    _, edges, data = values.buffers()
    offsets = np.frombuffer(edges, np.int64 if large else np.int32)[values.offset : values.offset + len(values) + 1]
    whole = np.frombuffer(data, np.uint8) if data is not None else np.empty(0, np.uint8)
    return offsets.astype(np.int64) - int(offsets[0]), whole[offsets[0] : offsets[-1]]
