"""Tails that are extrapolated."""

from __future__ import annotations

import numpy as np
import pytest

from auditor.statistics.multiplicity import adjusted, benjamini_hochberg
from auditor.statistics.tails import heavy, tail_p


def test_a_log_normal_tail_is_that_of_scipy() -> None:
    from scipy.stats import lognorm

    known = np.exp(np.random.default_rng(0).normal(size=200_000))
    for size in (20.0, 60.0):
        assert np.log(tail_p(np.array([size]), known)[0]) == pytest.approx(np.log(lognorm(1.0).sf(size)), rel=0.1)


@pytest.mark.parametrize("name", ["normal", "t3", "log-normal", "exponential"])
def test_clean_tails_hold_no_outlier(name: str) -> None:
    hits = thin = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        x = {"normal": rng.normal(size=5_000), "t3": rng.standard_t(3, 5_000), "log-normal": np.exp(rng.normal(size=5_000)),
             "exponential": rng.exponential(size=5_000)}[name]  # fmt: skip
        size = np.abs(x - np.median(x))
        hits += int((tail_p(size, size) * 5_000 < 0.01).sum())
        thin += int((tail_p(size, size, thin=True) * 5_000 < 0.01).sum())
    assert hits <= 4
    assert thin <= 4


def test_a_thin_tail_leaves_less_room_than_a_heavy_one() -> None:
    size = np.abs(np.random.default_rng(3).normal(size=50_000))
    assert tail_p(np.array([7.0]), size, thin=True)[0] * 50_000 < 0.01 < tail_p(np.array([7.0]), size)[0] * 50_000


def test_heavy_tails_are_told_from_a_normal_one() -> None:
    rng = np.random.default_rng(1)
    assert not heavy(rng.normal(size=5_000))
    assert heavy(np.exp(rng.normal(size=5_000) * 1.5))


def test_the_array_correction_is_that_of_the_list() -> None:
    p = np.random.default_rng(2).random(50) ** 3
    assert np.allclose(adjusted(p), benjamini_hochberg(list(p)))
