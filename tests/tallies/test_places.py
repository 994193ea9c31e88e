"""Places: exact counts, and the smallest positions whatever the cutting."""

from __future__ import annotations

import functools
import operator

import numpy as np
import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.tallies.places import Places, joined


@settings(deadline=None)
@given(st.lists(st.booleans(), max_size=40), st.integers(1, 7), st.integers(1, 9), st.randoms())
def test_any_cutting_and_order_keep_the_count_and_the_smallest_positions(
    mask: list[bool], size: int, cap: int, rng: object
) -> None:
    rows = np.arange(len(mask), dtype=np.int64)
    parts = [Places.of(np.array(mask[i : i + size]), rows[i : i + size], cap) for i in range(0, len(mask), size)]
    rng.shuffle(parts)  # type: ignore[attr-defined]  # a random.Random
    total = functools.reduce(operator.add, parts, Places())
    hits = [i for i, hit in enumerate(mask) if hit]
    assert total.count == len(hits)
    assert sorted(total.rows) == hits[:cap]


def test_nulls_of_an_arrow_mask_are_no_places() -> None:
    assert list(Places.of(pa.array([True, None, False, True]), np.array([4, 5, 6, 7])).rows) == [4, 7]


def test_a_capped_list_says_so() -> None:
    places = Places.of(np.ones(5, bool), np.arange(5), 3)
    assert "first 3" in places.note
    assert Places.of(np.ones(3, bool), np.arange(3), 3).note == ""


def test_tables_of_places_add_up_by_key() -> None:
    one = {"a": Places.of(np.array([True]), np.array([0]))}
    both = joined(one, {"a": Places.of(np.array([True]), np.array([9])), "b": Places()})
    assert list(both["a"].affected("train").row) == [0, 9]
    assert both["b"].count == 0
