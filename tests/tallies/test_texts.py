"""Words and lengths of texts, against plain Python."""

from __future__ import annotations

import math

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.rows import Column, Roles, Setting
from auditor.tallies.normal import n1_text
from auditor.tallies.texts import bins, text_columns, words


@settings(deadline=None)
@given(st.lists(st.none() | st.text("aB1 .,-é", max_size=20), max_size=8))
@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_words_are_those_of_n1(kind: pa.DataType, texts: list[str | None]) -> None:
    assert words(pa.array(texts, kind)).tolist() == [len(n1_text(t or "").split()) for t in texts]


def test_a_sentence_without_blanks_is_more_than_one_word() -> None:
    assert words(pa.array(["你好世界", "สวัสดี", "ok"])).tolist() == [4, 6, 1]


@settings(deadline=None)
@given(st.integers(1, 5000))
def test_a_length_bin_is_exact_to_half_a_bin(length: int) -> None:
    (found,) = bins(pa.array(["x" * length]))
    assert abs(2 ** (found / 32) / length - 1) <= 2 ** (0.5 / 32) - 1 + 1e-9
    assert math.isclose(bins(pa.array([None, ""], pa.string())).sum(), -2)


def test_the_texts_are_those_with_a_role_else_the_free_ones() -> None:
    columns = (Column(name="a", kind="text", dtype="string"), Column(name="b", kind="text", dtype="string"))
    assert text_columns(Setting(data="x", roles=Roles(), columns=columns, splits=())) == ("a", "b")
    assert text_columns(Setting(data="x", roles=Roles(response="b"), columns=columns, splits=())) == ("b",)
