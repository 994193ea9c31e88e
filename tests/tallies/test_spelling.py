"""Spellings of one category, and values that only look alike."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.tallies.normal import n1_text
from auditor.tallies.spelling import spelling, variants


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("New York", "new-york"),
        ("NEW  YORK ", "New York"),
        ("St. Louis", "st louis"),
        ("Ａ", "a"),
        ("yes.", "Yes"),
        ("in_law", "in-law"),
    ],
)
def test_case_width_blanks_and_silent_signs_make_no_difference(one: str, other: str) -> None:
    assert spelling(one) == spelling(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("<=50K", ">50K"),
        ("C", "C#"),
        ("C++", "C"),
        ("A-", "A+"),
        ("A-", "A"),
        ("+1", "-1"),
        ("1.5", "1-5"),
        ("1.5", "1,5"),
        ("18-25", "18 25"),
        ("<5", "5"),
        ("a & b", "a b"),
        ("50%", "50"),
        ("-x", "x"),
        ("résumé", "resume"),
    ],
)
def test_signs_with_a_meaning_keep_values_apart(one: str, other: str) -> None:
    assert spelling(one) != spelling(other)


@settings(deadline=None)
@given(st.text("aAbB .,-_'é12<>+", max_size=6), st.text("aAbB .,-_'é12<>+", max_size=6))
def test_values_of_one_spelling_are_equal_under_n1(one: str, other: str) -> None:
    if spelling(one) == spelling(other):
        assert n1_text(one) == n1_text(other)


def test_the_commonest_spelling_is_the_one_to_keep() -> None:
    assert variants({"Oslo": 9, "oslo": 2, "OSLO ": 1, "Rome": 5, "<=50K": 3, ">50K": 3}) == {"oslo": "Oslo", "OSLO ": "Oslo"}
