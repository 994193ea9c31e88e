"""64-bit hashes of cells and rows: equal contents hash alike whatever the split, the batch or the width of the type."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from auditor.rows import Batch, Kind

Hashes = NDArray[np.uint64]

MISSING = np.uint64(0xA0761D6478BD642F)
"""Hash of a null: two missing cells are equal."""
NOT_A_NUMBER = np.uint64(0xE7037ED1A0B428DB)
LARGE_WHOLE = np.uint64(0x8EBC6AF09C88C6E3)
"""Salts whole numbers that no float64 holds exactly."""


def mix(x: Hashes) -> Hashes:
    """The finaliser of splitmix64: every input bit moves every output bit (Steele et al. 2014, doi:10.1145/2714064.2660195)."""
    with np.errstate(over="ignore"):
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return x ^ (x >> np.uint64(31))


def salt(name: str) -> np.uint64:
    """A constant of a name: of a column, a split, a field."""
    from pandas.util import hash_array

    return np.uint64(hash_array(np.array([name], object), categorize=False)[0])


def hashed_row(batch: Batch, names: Sequence[str]) -> Hashes:
    """One hash a row over these columns, whatever their order. Two different rows agree with probability 2**-64."""
    return combined({name: hashed_column(batch, name) for name in names}, names, len(batch))


def combined(columns: dict[str, Hashes], names: Sequence[str], rows: int) -> Hashes:
    """The hash of a row from those of its cells: a sum of mixes, each salted with the name of its column."""
    total = np.zeros(rows, np.uint64)
    with np.errstate(over="ignore"):
        for name in names:
            total += mix(columns[name] ^ salt(name))
    return mix(total)


def hashed_column(batch: Batch, name: str) -> Hashes:
    """The hash of every cell of a column, as the kind that was decided for all splits."""
    return hashed(batch.column(name), batch.setting.column(name).kind)


def hashed(array: pa.Array, kind: Kind | None = None) -> Hashes:
    """The hash of every value. 1 and 1.0 agree, 0.0 and -0.0 agree; texts are taken raw."""
    if isinstance(array, pa.ExtensionArray):
        array = array.storage
    if len(array) == 0 or pa.types.is_null(array.type):
        return np.full(len(array), MISSING, np.uint64)
    if pa.types.is_map(array.type):
        array = array.cast(pa.list_(pa.struct([("key", array.type.key_type), ("value", array.type.item_type)])))
    dtype = array.type
    if pa.types.is_list(dtype) or pa.types.is_large_list(dtype) or pa.types.is_fixed_size_list(dtype):
        values = _list(array)
    elif pa.types.is_struct(dtype):
        fields = {f.name: hashed(pc.struct_field(array, [i])) for i, f in enumerate(dtype)}
        values = combined(fields, tuple(fields), len(array))
    elif _plain(dtype) and kind not in ("category", "text"):
        values = _numbers(array)
    else:
        values = _strings(array)
    return np.where(array.is_null().to_numpy(zero_copy_only=False), MISSING, values) if array.null_count else values


def _plain(dtype: pa.DataType) -> bool:
    return bool(pa.types.is_primitive(dtype))


def _numbers(array: pa.Array) -> Hashes:
    dtype = array.type
    if pa.types.is_date(dtype) or pa.types.is_timestamp(dtype):
        array = array.cast(pa.timestamp("us", getattr(dtype, "tz", None)), safe=False).cast(pa.int64())
    elif pa.types.is_temporal(dtype):
        array = array.cast(pa.int64() if dtype.bit_width == 64 else pa.int32())
    elif pa.types.is_boolean(dtype):
        array = array.cast(pa.int8())
    values = pc.fill_null(array, 0).to_numpy(zero_copy_only=False) if array.null_count else array.to_numpy(zero_copy_only=False)
    floats = values.astype(np.float64) + 0.0  # -0.0 becomes 0.0
    result = mix(floats.view(np.uint64))
    if values.dtype.kind in "iu":
        if values.dtype.itemsize == 8:
            result = _large_whole(values, floats, result)
    else:
        result = np.where(np.isnan(floats), NOT_A_NUMBER, result)
    return result


def _large_whole(values: NDArray[np.int64], floats: NDArray[np.float64], result: Hashes) -> Hashes:
    """Whole numbers beyond 2**53 are hashed by their own bits: as floats, neighbours would agree."""
    large = np.abs(floats) > 2.0**53
    return np.where(large, mix(values.view(np.uint64) ^ LARGE_WHOLE), result) if large.any() else result


def _strings(array: pa.Array) -> Hashes:
    from pandas.util import hash_array

    if not pa.types.is_binary(array.type) and not pa.types.is_large_binary(array.type):
        array = array.cast(pa.large_string())
    coded = array.dictionary_encode()
    distinct = hash_array(np.asarray(coded.dictionary.to_numpy(zero_copy_only=False), object), categorize=False)
    if not len(distinct):
        return np.full(len(array), MISSING, np.uint64)
    values: Hashes = distinct[pc.fill_null(coded.indices, 0).to_numpy(zero_copy_only=False)]
    return values


def _list(array: pa.Array) -> Hashes:
    """Items with their places, summed a list; an empty list is no null."""
    lengths = pc.fill_null(pc.list_value_length(array), 0).to_numpy(zero_copy_only=False).astype(np.int64)
    items = hashed(array.flatten())
    starts = np.cumsum(lengths) - lengths
    places = (np.arange(len(items)) - np.repeat(starts, lengths)).astype(np.uint64)
    with np.errstate(over="ignore"):
        placed = mix(items + mix(places + np.uint64(1)))
    total = lengths.astype(np.uint64)
    full = np.flatnonzero(lengths)
    if len(full):
        total[full] += np.add.reduceat(placed, starts[full])
    return mix(total)
