"""The paired overfit test's parts."""

from __future__ import annotations

import math

import numpy as np
import pytest

from auditor.statistics.rise import accuracy_holds, prior_entropy, rise


def test_a_rise_from_a_half_to_fifty_three_hundredths_is_six_percent() -> None:
    best = np.full(200, 0.5)
    found = rise(best + 0.03, best, None, 0.1, 0.2)
    assert found.gl == pytest.approx(6.0)
    assert found.z == math.inf
    assert found.over(5.0, 3.0)


def test_without_a_falling_training_loss_nothing_is_over() -> None:
    best = np.full(200, 0.5)
    assert not rise(best + 0.03, best, None, 0.3, 0.2).over(2.0, 1.64)
    assert not rise(best + 0.03, best, None, None, None).over(2.0, 1.64)


def test_where_the_best_loss_is_nothing_the_rise_is_told_in_hundredths_of_a_nat() -> None:
    found = rise(np.full(150, 0.06), np.zeros(150), None, 0.0, 0.1)
    assert found.gl is None
    assert found.size == pytest.approx(6.0)


def test_a_noisy_comparison_is_blind_and_a_quiet_one_is_not() -> None:
    noise = np.random.default_rng(0).normal(0, 1, 100)
    assert rise(1 + noise, np.ones(100), None, 0.0, 1.0).blind(0.05)
    assert not rise(1 + 0.01 * noise, np.ones(100), None, 0.0, 1.0).blind(0.05)


@pytest.mark.parametrize(
    ("accuracy", "train_gain", "holds"), [(0.95, 0.0, True), (0.95, 0.05, False), (0.95, None, False), (0.5, 0.0, False)]
)
def test_accuracy_holds_only_above_chance_and_where_no_row_was_learnt_by_heart(
    accuracy: float, train_gain: float | None, holds: bool
) -> None:
    label = np.arange(400) % 2
    right = np.arange(400) < 400 * accuracy
    held = accuracy_holds(right, right, label, None, train_gain=train_gain, margin=0.02, learnt=0.01, z=1.64)
    assert held.holds is holds
    assert held.change == 0.0


def test_a_fall_of_five_points_does_not_hold() -> None:
    label, then = np.arange(400) % 2, np.ones(400, bool)
    held = accuracy_holds(np.arange(400) >= 20, then, label, None, train_gain=0.0, margin=0.02, learnt=0.01, z=1.64)
    assert not held.holds
    assert held.change == pytest.approx(-0.05)


def test_the_entropy_of_equal_classes_is_the_logarithm_of_their_number() -> None:
    assert prior_entropy(np.arange(100) % 10) == pytest.approx(math.log(10))
    assert prior_entropy(np.zeros(5)) == 0.0
