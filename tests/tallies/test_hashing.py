"""Hashes of cells and rows."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from auditor.tallies.hashing import MISSING, combined, hashed


def test_whole_numbers_agree_with_their_floats() -> None:
    assert hashed(pa.array([1, -5, None])).tolist() == hashed(pa.array([1.0, -5.0, None])).tolist()


def test_the_two_zeros_agree() -> None:
    one, other = hashed(pa.array([0.0, -0.0])).tolist()
    assert one == other


def test_large_neighbours_differ() -> None:
    assert len(set(hashed(pa.array([2**60, 2**60 + 1])).tolist())) == 2


def test_nan_is_no_null() -> None:
    nan, null = hashed(pa.array([float("nan"), None])).tolist()
    assert null == int(MISSING)
    assert nan != null


@pytest.mark.parametrize(
    "values",
    [
        ["a", "b", None, ""],
        [[1, 2], [2, 1], [1], [], None],
        [{"role": "user", "content": "x"}, {"role": "user", "content": "y"}, None],
        [[{"role": "a", "content": "x"}], [{"role": "x", "content": "a"}], []],
        [b"x", b"y"],
        [True, False, None],
    ],
)
def test_different_values_differ_and_equal_ones_agree(values: list[object]) -> None:
    hashes = hashed(pa.array([*values, *values])).tolist()
    assert hashes[: len(values)] == hashes[len(values) :]
    assert len(set(hashes)) == len(values)


def test_a_slice_hashes_as_its_values_alone() -> None:
    lists = pa.array([[1, 2], None, [3], [4, 5, 6], []])
    assert hashed(lists.slice(2, 3)).tolist() == hashed(pa.array([[3], [4, 5, 6], []])).tolist()


def test_maps_hash_by_key_and_value() -> None:
    kind = pa.map_(pa.string(), pa.int64())
    hashes = hashed(pa.array([[("a", 1)], [("a", 2)], [("a", 1)]], kind)).tolist()
    assert hashes[0] == hashes[2] != hashes[1]


def test_a_row_does_not_depend_on_the_order_of_columns_but_on_their_names() -> None:
    a, b = hashed(pa.array([1, 2])), hashed(pa.array([2, 1]))
    assert combined({"a": a, "b": b}, ("a", "b"), 2).tolist() == combined({"b": b, "a": a}, ("b", "a"), 2).tolist()
    swapped = combined({"a": b, "b": a}, ("a", "b"), 2)
    assert not np.any(combined({"a": a, "b": b}, ("a", "b"), 2) == swapped)
