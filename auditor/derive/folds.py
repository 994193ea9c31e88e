"""Which fold a row falls in: copies and rows of one entity stay together, over all splits."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from auditor.derive import Sample
from auditor.rows import Setting
from auditor.statistics.sampling import position_hash


def folds(setting: Setting, sample: Sample, columns: tuple[str, ...], count: int) -> dict[str, NDArray[np.int64]]:
    """The fold (0..count-1) of every row by split.

    Rows with equal contents in `columns` (texts: up to case and white space), and rows of one entity, share a fold,
    also across splits; so no row is predicted by a model that saw it, its copy or its entity.
    """
    splits = list(sample.tables)
    units = _numbered(np.concatenate([content_hash(sample, s, columns) for s in splits]))
    entity = setting.roles.group
    if entity:
        other = np.concatenate([_hashed(sample.array(s, entity)) for s in splits])
        known = np.concatenate([pc.is_valid(sample.array(s, entity)).to_numpy(zero_copy_only=False) for s in splits])
        units = _joined(units, _numbered(other), known)
    fold = (position_hash(units, setting.seed) % np.uint64(count)).astype(np.int64)
    ends = np.cumsum([len(sample.rows(s)) for s in splits])
    return dict(zip(splits, np.split(fold, ends[:-1]), strict=True))


def content_hash(sample: Sample, split: str, columns: tuple[str, ...]) -> NDArray[np.uint64]:
    """A 64-bit hash of each row's contents in `columns`."""
    total = np.zeros(len(sample.rows(split)), np.uint64)
    for column in columns:
        total = total * np.uint64(0x100000001B3) ^ _hashed(sample.array(split, column))
    return total


def _hashed(array: pa.Array) -> NDArray[np.uint64]:
    from pandas.util import hash_array

    kind = array.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_boolean(kind):
        return np.asarray(hash_array(array.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)))
    if pa.types.is_temporal(kind):
        whole = array.cast(pa.timestamp("us"), safe=False).cast(pa.int64()).fill_null(-1)
        return np.asarray(hash_array(whole.to_numpy(zero_copy_only=False)))
    texts = pc.replace_substring_regex(pc.utf8_lower(array.cast(pa.large_string())), r"\s+", " ")
    plain = pc.utf8_trim_whitespace(texts).fill_null("\x00null").to_numpy(zero_copy_only=False)
    return np.asarray(hash_array(np.asarray(plain, dtype=object), categorize=True))


def _numbered(hashes: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Equal hashes get one number, in order of first appearance, so that it does not depend on the values of a hash."""
    _, first, which = np.unique(hashes, return_index=True, return_inverse=True)
    numbers: NDArray[np.int64] = first[which].astype(np.int64)
    return numbers


def _joined(units: NDArray[np.int64], entities: NDArray[np.int64], known: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Connected components of rows that share a unit or a known entity, named by their first row."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    n = len(units)
    ends = np.concatenate([units, entities[known]])
    starts = np.concatenate([np.arange(n), np.flatnonzero(known)])
    graph = coo_matrix((np.ones(len(ends), np.int8), (starts, ends)), shape=(n, n))
    _, part = connected_components(graph, directed=False)
    return _numbered(part.astype(np.uint64))
