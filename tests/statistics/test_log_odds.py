"""Log-odds with a Dirichlet prior, against the formula written out and against its limits."""

from __future__ import annotations

import math

import pytest

from auditor.statistics.log_odds import log_odds, npmi


def test_log_odds_are_the_formula_by_hand() -> None:
    found = log_odds(80, 100, 400, 900)  # prior: 1,000 documents, 480 of them with the word
    assert found is not None
    delta = math.log(560 / (1100 - 560)) - math.log(880 / (1900 - 880))
    assert found[0] == pytest.approx(delta)
    assert found[1] == pytest.approx(delta / math.sqrt(1 / 560 + 1 / 880))


def test_equal_shares_have_no_log_odds_and_swapped_sides_the_opposite() -> None:
    even = log_odds(50, 100, 500, 1000)
    one, other = log_odds(7, 60, 30, 90), log_odds(30, 90, 7, 60)
    assert even is not None and one is not None and other is not None
    assert even[0] == pytest.approx(0)
    assert one == pytest.approx([-x for x in other])


def test_a_vanishing_prior_gives_plain_log_odds() -> None:
    found = log_odds(20, 50, 10, 80, prior=1e-9)
    assert found is not None
    assert found[0] == pytest.approx(math.log(20 / 30) - math.log(10 / 70))


def test_a_word_that_none_or_all_hold_has_no_log_odds() -> None:
    assert log_odds(0, 10, 0, 10) is None
    assert log_odds(10, 10, 10, 10) is None


def test_npmi_runs_from_never_to_only_together() -> None:
    assert npmi(0, 5, 5, 20) == -1
    assert npmi(5, 5, 5, 20) == pytest.approx(1)
    assert npmi(1, 5, 4, 20) == pytest.approx(0)
    assert npmi(0, 0, 5, 20) is None
