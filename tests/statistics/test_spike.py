"""Spikes that come back, spikes that stay, and curves without any."""

from __future__ import annotations

import numpy as np

from auditor.statistics.spike import SpikeRule, diverged, spikes

RULE = SpikeRule()
SMOOTH = 2 * np.exp(-np.arange(300) / 100) + 0.3 + 0.02 * np.sin(np.arange(300.0))


def test_one_batch_a_thousand_times_is_transient() -> None:
    values = SMOOTH.copy()
    values[150] *= 1000
    (found,) = spikes(values, RULE)
    assert (found.at, found.back) == (150, True)
    assert not diverged(values, RULE)[0]


def test_a_loss_that_stays_up_has_diverged() -> None:
    values = SMOOTH.copy()
    values[200:] *= 100
    assert spikes(values, RULE)[0].back is False
    up, last, before = diverged(values[:230], RULE)
    assert up
    assert last > 50 * before
    assert diverged(values, RULE, since=100)[0]


def test_a_smooth_decay_has_no_spike() -> None:
    assert spikes(SMOOTH, RULE) == []
    assert not diverged(SMOOTH, RULE)[0]


def test_nothing_is_told_in_the_first_fifty_values() -> None:
    values = SMOOTH[:49].copy()
    values[-1] = 1e6
    assert spikes(values, RULE) == []


def test_a_flat_series_needs_more_than_half_above_its_median() -> None:
    flat = np.ones(120)
    flat[100] = 1.4
    assert spikes(flat, RULE) == []
    flat[100] = 1.6
    assert len(spikes(flat, RULE)) == 1


def test_losses_below_zero_are_not_judged() -> None:
    values = -np.ones(120)
    values[100] = 5.0
    assert spikes(values, RULE) == []


def test_non_finite_values_are_left_out() -> None:
    values = SMOOTH.copy()
    values[10::20] = np.nan
    assert spikes(values, RULE) == []


def test_the_same_spikes_are_found_by_the_definition_written_out() -> None:
    rng = np.random.default_rng(2)
    values = np.exp(rng.normal(0, 0.4, 400))
    values[[120, 260]] *= 30
    kept: list[float] = []
    expected = []
    for i, x in enumerate(values):
        window = np.array(kept[-100:])
        if len(kept) >= 50:
            m = np.median(window)
            mad = np.median(np.abs(window - m))
            if x > m + 6 * 1.4826 * mad and x > 1.5 * m:
                expected.append(i)
                continue
        kept.append(x)
    assert [s.at for s in spikes(values, RULE)] == expected
