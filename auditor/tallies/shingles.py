"""Sets of five units in a row, hashed: what two texts must share to be near each other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from auditor.rows import Setting
from auditor.tallies.hashing import Hashes, hashed, mix
from auditor.tallies.keys import Names

Unit = Literal["words", "characters"]

LENGTH = 5
"""Units a shingle; with either unit the choice of the catalogue, measured on BANKING77 and on planted families."""
LONG = 50
"""Median words from which on a column is cut into words: below it five words are too large a part of a text."""
CHUNK_BYTES = 2**21
"""Bytes of text shingled at once, so that the work arrays (8 bytes a unit) stay small."""
CHUNK_UNITS = 2**22
"""Shingles of pairs compared at once."""
KEPT_BITS = 44
"""Bits of a shingle's hash in a set: in two sets of 500, two different ones agree with probability 1.4e-8."""
FACTORS = tuple(pow(0x9E3779B97F4A7C15, k, 2**64) for k in range(LENGTH))


@dataclass(frozen=True, slots=True, eq=False)
class Shingles:
    """Hashed shingles of texts, one after the other. A text of fewer than five units is one shingle; an empty one has none."""

    values: Hashes  # (m,) of all texts
    edges: NDArray[np.int64]  # (n + 1,) text i has values[edges[i]:edges[i + 1]]

    @property
    def sizes(self) -> NDArray[np.int64]:
        return np.diff(self.edges)

    def sets(self) -> Shingles:
        """The same without repeats inside a text, ascending a text; hashes cut to KEPT_BITS."""
        texts = len(self.edges) - 1
        text = np.repeat(np.arange(texts, dtype=np.uint64), self.sizes)
        values = self.values >> np.uint64(64 - KEPT_BITS)
        if texts <= 2 ** (64 - KEPT_BITS):  # text and value in one word: sorting it is ten times as fast
            both = np.sort((text << np.uint64(KEPT_BITS)) | values)
            text, values = both >> np.uint64(KEPT_BITS), both & np.uint64(2**KEPT_BITS - 1)
        else:
            order = np.lexsort((values, text))
            values, text = values[order], text[order]
        first = np.ones(len(values), np.bool_)
        first[1:] = (values[1:] != values[:-1]) | (text[1:] != text[:-1])
        counts = np.bincount(text[first].astype(np.int64), minlength=texts)
        return Shingles(values[first], np.concatenate([[0], np.cumsum(counts)]).astype(np.int64))


def unit(setting: Setting, names: Names) -> Unit:
    """One unit for all rows of a set, so that any two compare: words where the median over all splits is long."""
    columns = [setting.column(name) for name in names]
    listed = any(c.kind not in ("text", "category") for c in columns)
    return "words" if listed or sum(c.median_words for c in columns) >= LONG else "characters"


def chunks(texts: pa.Array) -> Iterator[tuple[int, pa.Array]]:
    """(first index, slice) of about CHUNK_BYTES of text each; a longer text is alone."""
    ends = np.cumsum(pc.binary_length(texts).to_numpy(zero_copy_only=False).astype(np.int64))
    start, done = 0, 0
    while start < len(texts):
        stop = max(start + 1, int(np.searchsorted(ends, done + CHUNK_BYTES, side="right")))
        yield start, texts.slice(start, stop - start)
        start, done = stop, int(ends[stop - 1])


def shingled(texts: pa.Array, by: Unit) -> Shingles:
    """The shingles of texts under N1 (large strings without nulls)."""
    codes, lengths = _words(texts) if by == "words" else _characters(texts)
    rows = len(lengths)
    padded = np.zeros(len(codes) + (LENGTH - 1) * rows, np.uint64)
    place = np.arange(len(codes)) + np.repeat((LENGTH - 1) * np.arange(rows), lengths)
    padded[place] = codes
    many = len(padded) - LENGTH + 1
    with np.errstate(over="ignore"):
        rolled = padded[:many] * np.uint64(FACTORS[0])
        for k in range(1, LENGTH):
            rolled += padded[k : k + many] * np.uint64(FACTORS[k])
    counts = np.where(lengths > 0, np.maximum(lengths - LENGTH + 1, 1), 0)
    edges = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    begins = np.cumsum(lengths) - lengths + (LENGTH - 1) * np.arange(rows)
    starts = np.arange(edges[-1]) + np.repeat(begins - edges[:-1], counts)
    return Shingles(mix(rolled[starts]), edges)


def _characters(texts: pa.Array) -> tuple[Hashes, NDArray[np.int64]]:
    """(code points, all texts one after the other, characters a text)."""
    lengths = pc.utf8_length(texts).to_numpy(zero_copy_only=False).astype(np.int64)
    edges = np.frombuffer(texts.buffers()[1], np.int64)[texts.offset : texts.offset + len(texts) + 1]
    data = texts.buffers()[2]
    part = data.slice(int(edges[0]), int(edges[-1] - edges[0])) if data is not None else b""
    if int(lengths.sum()) == len(part):
        points = np.frombuffer(part, np.uint8)
    else:
        points = np.frombuffer(bytes(part).decode("utf-8").encode("utf-32-le"), np.uint32)
    return mix(points.astype(np.uint64) + np.uint64(1)), lengths


def _words(texts: pa.Array) -> tuple[Hashes, NDArray[np.int64]]:
    """(hashes of the words, all texts one after the other, words a text)."""
    lists = pc.split_pattern(texts, " ")
    lengths = pc.list_value_length(lists).to_numpy(zero_copy_only=False).astype(np.int64)
    words = hashed(lists.flatten())
    empty = pc.equal(texts, "").to_numpy(zero_copy_only=False)
    if empty.any():
        words = words[~np.repeat(empty, lengths)]
        lengths = np.where(empty, 0, lengths)
    return words, lengths


def jaccard(a: Shingles, b: Shingles, left: NDArray[np.int64], right: NDArray[np.int64]) -> NDArray[np.float64]:
    """Exact Jaccard similarity of pairs of sets: text left[i] of `a` with text right[i] of `b`. Both must come from `sets`."""
    names, codes = np.unique(np.concatenate([a.values, b.values]), return_inverse=True)
    one, other = _matrix(a, codes[: len(a.values)], len(names)), _matrix(b, codes[len(a.values) :], len(names))
    sizes_a, sizes_b = a.sizes[left], b.sizes[right]
    work = np.cumsum(sizes_a + sizes_b)
    result = np.zeros(len(left))
    start = 0
    while start < len(left):
        limit = (work[start - 1] if start else 0) + CHUNK_UNITS
        stop = max(start + 1, int(np.searchsorted(work, limit, side="right")))
        both = np.diff(one[left[start:stop]].multiply(other[right[start:stop]]).indptr)
        total = sizes_a[start:stop] + sizes_b[start:stop] - both
        result[start:stop] = np.divide(both, total, out=np.zeros(len(both)), where=total > 0)
        start = stop
    return result


def _matrix(shingles: Shingles, codes: NDArray[np.int64], width: int) -> Any:
    """One line a text: elementwise products of sorted lines count what two sets share in one linear merge."""
    from scipy.sparse import csr_array

    ones = np.ones(len(codes), np.int8)
    return csr_array((ones, codes.astype(np.int32), shingles.edges), shape=(len(shingles.edges) - 1, width))
