"""Paired and Welch comparisons against scipy and by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from auditor.statistics.paired import bootstrap_gap, paired, welch

RNG = np.random.default_rng(5)


def test_z_equals_the_paired_t_statistic_of_scipy() -> None:
    a, b = RNG.normal(1, 1, 80), RNG.normal(0.8, 1, 80)
    found = paired(a - b)
    assert found.z == pytest.approx(stats.ttest_rel(a, b).statistic, rel=1e-12)
    assert found.se == pytest.approx(stats.sem(a - b), rel=1e-12)


def test_clusters_of_one_row_change_only_nothing() -> None:
    d = RNG.normal(0.1, 1, 50)
    alone, single = paired(d), paired(d, np.arange(50))
    assert single.se == pytest.approx(alone.se, rel=1e-12)
    assert single.n == alone.n == 50


def test_repeating_every_row_ten_times_does_not_make_it_surer_when_clusters_are_given() -> None:
    d = RNG.normal(0.1, 1, 40)
    many = paired(np.repeat(d, 10), np.repeat(np.arange(40), 10))
    assert many.se == pytest.approx(paired(d).se, rel=1e-12)
    assert many.n == 40
    assert paired(np.repeat(d, 10)).se < many.se / 3


def test_the_clustered_error_is_the_formula_by_hand() -> None:
    d, c = np.array([1.0, 2.0, 4.0, 5.0, 6.0]), np.array(["a", "a", "b", "b", "c"])
    mean = 3.6
    sums = [(1 - mean) + (2 - mean), (4 - mean) + (5 - mean), 6 - mean]
    by_hand = math.sqrt(3 / 2 * sum(s * s for s in sums)) / 5
    assert paired(d, c).se == pytest.approx(by_hand, rel=1e-12)


def test_equal_rises_are_infinitely_sure_and_no_rise_is_none() -> None:
    assert paired(np.full(9, 0.1)).z == math.inf
    assert paired(np.full(9, -0.1)).z == -math.inf
    assert paired(np.zeros(9)).z == 0.0


def test_welch_equals_scipy() -> None:
    a, b = RNG.normal(1, 1, 30), RNG.normal(0, 3, 50)
    gap, low, high = welch(a, b)
    theirs = stats.ttest_ind(a, b, equal_var=False).confidence_interval(0.95)
    assert gap == pytest.approx(a.mean() - b.mean())
    assert (low, high) == pytest.approx((theirs.low, theirs.high), rel=1e-9)


def test_the_bootstrap_of_shares_agrees_with_drawing_rows() -> None:
    a, b = (RNG.random(200) < 0.9).astype(float), (RNG.random(150) < 0.7).astype(float)
    _, low, high = bootstrap_gap(a, b, draws=20_000)
    rows = [RNG.choice(a, 200).mean() - RNG.choice(b, 150).mean() for _ in range(4000)]
    assert (low, high) == pytest.approx(tuple(np.quantile(rows, [0.025, 0.975])), abs=0.01)
