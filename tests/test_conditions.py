"""Conditions are parsed by us."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auditor.conditions import parsed
from auditor.rows import InputError


@pytest.mark.parametrize(
    ("text", "metric", "comparison", "number"),
    [
        ("ratio < 0.80", "ratio", "<", 0.8),
        ("share>=5%", "share", ">=", 0.05),
        (" gap_nats <= -1e-3 ", "gap_nats", "<=", -0.001),
        ("rows > 10", "rows", ">", 10.0),
    ],
)
def test_a_condition_is_a_metric_a_comparison_and_a_number(text: str, metric: str, comparison: str, number: float) -> None:
    condition = parsed(text, "here")
    assert (condition.metric, condition.comparison) == (metric, comparison)
    assert condition.number == pytest.approx(number, rel=1e-12)


@pytest.mark.parametrize(
    "text",
    ["", "ratio", "ratio <", "< 1", "ratio == 1", "ratio < one", "ratio < 1.2.3", "ratio < nan", "__import__('os') < 1", 3, None],
)
def test_anything_else_is_refused_with_its_place(text: object) -> None:
    with pytest.raises(InputError, match=r"^here: got "):
        parsed(text, "here")


@given(st.floats(-1e6, 1e6), st.sampled_from(["<", "<=", ">", ">="]), st.floats(-1e6, 1e6))
def test_a_condition_holds_as_python_compares(number: float, comparison: str, value: float) -> None:
    condition = parsed(f"m {comparison} {number!r}", "here")
    assert condition.holds(value) == eval(f"{value!r} {comparison} {number!r}")  # numbers of our own making


def test_nothing_holds_for_an_undefined_value() -> None:
    assert not parsed("ratio >= 0", "here").holds(None)


def test_the_last_word_of_a_metric_names_it() -> None:
    assert parsed("ratio < 1", "here").about("label_rate_ratio")
    assert not parsed("ratio < 1", "here").about("duration")
