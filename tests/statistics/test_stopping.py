"""Prechelt's rules and patience on curves made by hand."""

from __future__ import annotations

import math

import pytest

from auditor.statistics.stopping import Patience, generalisation_loss, gl_stops, pq_stops, progress, up_stops


def test_the_hand_made_strips_give_the_published_numbers() -> None:
    assert progress([1, 1, 1, 1, 1]) == 0
    assert progress([1.0, 0.9, 0.8, 0.7, 0.6]) == pytest.approx(333.33, abs=0.01)
    assert generalisation_loss([0.6, 0.5, 0.53]) == pytest.approx(6.0)


def test_too_short_a_strip_is_undefined() -> None:
    assert progress([1.0, 0.9]) is None
    assert progress([1.0, 1.0, 1.0, 1.0, 0.0]) is None


def test_no_progress_stops_nothing() -> None:
    assert not pq_stops([0.5, 0.9], [1, 1, 1, 1, 1])
    assert pq_stops([0.5, 0.9], [1.0, 0.99, 0.98, 0.97, 0.96])


def test_gl_stops_above_five_percent_only() -> None:
    assert not gl_stops([0.5, 0.524])
    assert gl_stops([0.5, 0.526])
    assert generalisation_loss([0.0, 0.1]) is None


def test_up_stops_after_three_rising_strips_and_at_strip_ends_only() -> None:
    rising = [1 + 0.01 * i for i in range(20)]
    assert up_stops(rising)
    assert not up_stops(rising[:19])
    assert not up_stops(rising[:15])
    assert not up_stops([1 - 0.01 * i for i in range(20)])


def test_gains_of_half_the_threshold_add_up_and_do_not_spend_patience() -> None:
    state = Patience()
    for i in range(20):
        state = state.after(1.0 - 0.005 * i, min_delta=0.009)
        assert state.waited <= 1


def test_a_loss_that_is_no_number_is_no_improvement_and_says_so() -> None:
    state = Patience().after(1.0).after(math.nan)
    assert (state.waited, state.reason) == (1, "non_finite")


def test_evaluations_of_the_warm_up_are_not_counted() -> None:
    state = Patience()
    for _ in range(4):
        state = state.after(1.0, warm_up=3)
    assert state.waited == 1
