"""The noise band of a curve of evaluations."""

from __future__ import annotations

import numpy as np
import pytest

from auditor.statistics.band import BandRule, band, epoch_jumps, noise, told

RULE = BandRule()


def test_the_noise_is_found_on_a_straight_decay() -> None:
    rng = np.random.default_rng(0)
    found = [noise(2 - 0.02 * np.arange(60) + rng.normal(0, 0.05, 60)) for _ in range(100)]
    assert np.median(found) == pytest.approx(0.05, rel=0.1)


@pytest.mark.parametrize("k", [3, 4, 5])
def test_fewer_than_six_evaluations_never_alarm(k: int) -> None:
    assert told(band(np.array([1.0, 1.0, 1.0, 9.0, 9.0, 9.0])[6 - k :] * np.r_[1, np.full(k - 1, 5)], RULE), RULE) != "alarm"


def test_a_flat_noisy_curve_is_ok_and_a_risen_one_alarms() -> None:
    wave = 0.01 * np.sin(np.arange(20) * 2.4)
    assert told(band(1 + wave, RULE), RULE) == "ok"
    assert told(band(1 + wave + np.r_[np.zeros(10), np.linspace(0, 0.5, 10)], RULE), RULE) == "alarm"


@pytest.mark.parametrize("k", [6, 10, 20])
def test_flat_curves_alarm_in_at_most_four_percent(k: int) -> None:
    rng = np.random.default_rng(k)
    fired = sum(told(band(1 + 0.05 * rng.standard_normal(k), RULE), RULE) == "alarm" for _ in range(1000))
    assert fired <= 55  # 4 % of 1,000 and a little over two standard errors


def test_stairs_are_found_at_every_epoch_end_and_a_smooth_decay_has_none() -> None:
    at = np.arange(200)
    small = 0.02 * np.sin(at * 1.7)
    stairs = epoch_jumps(2 - 0.4 * (at // 50) + small, [50, 100, 150])
    smooth = epoch_jumps(2 * np.exp(-at / 100) + small, [50, 100, 150])
    assert stairs is not None and stairs.fired == (0, 1, 2)
    assert smooth is not None and smooth.fired == ()


def test_too_few_positions_away_from_the_ends_of_epochs_tell_nothing() -> None:
    assert epoch_jumps(np.ones(30), [10, 20]) is None
