"""Exposure of canaries: its null distribution and its test."""

from __future__ import annotations

import math

import numpy as np
import pytest

from auditor.statistics.exposure import exposure, permutation_p

RNG = np.random.default_rng(6)


def test_an_unseen_secret_has_1_44_bits_on_average_and_6_64_once_in_a_hundred() -> None:
    ranks = np.arange(1, 1001)
    exact = np.log2(1000 / ranks)
    drawn = np.array([exposure(float(RNG.random()), RNG.random(999)) for _ in range(4000)])
    assert exact.mean() == pytest.approx(1.44, abs=0.02)
    assert drawn.mean() == pytest.approx(exact.mean(), abs=3 * exact.std() / math.sqrt(4000))
    assert np.mean(drawn >= 6.64) == pytest.approx(0.01, abs=0.006)


def test_a_secret_below_all_others_has_the_most_bits() -> None:
    assert exposure(-1.0, RNG.random(999)) == pytest.approx(math.log2(1000))


def test_ties_count_against_memorisation() -> None:
    assert exposure(0.5, np.full(999, 0.5)) == 0.0


def test_p_values_of_equal_groups_are_about_uniform_and_of_remembered_secrets_small() -> None:
    p = [permutation_p(RNG.exponential(1.44, 10), RNG.exponential(1.44, 20), draws=400, seed=i) for i in range(200)]
    assert 0.02 <= np.mean(np.array(p) < 0.05) <= 0.09
    assert permutation_p(np.full(10, 6.0), RNG.exponential(1.44, 20)) < 0.01
