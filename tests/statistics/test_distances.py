"""Distances against scipy and the worked examples."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats
from scipy.spatial.distance import jensenshannon

from auditor.statistics import distances as d

A = np.array


def test_worked_examples_of_label_distances() -> None:
    p, q = A([0.4, 0.4, 0.2]), A([0.2, 0.1, 0.7])
    assert d.largest_difference(p, q) == pytest.approx(0.5)
    assert d.kullback_leibler(p, q) == pytest.approx(0.581224, abs=1e-6)
    assert d.jensen_shannon(p, q) == pytest.approx(0.138725, abs=1e-6)
    assert d.minkowski(p, q) == pytest.approx(0.616441, abs=1e-6)
    assert d.kullback_leibler(A([0.8, 0.2]), A([0.3, 0.7])) == pytest.approx(0.534111, abs=1e-6)


def test_a_label_that_one_side_lacks_makes_the_divergence_infinite() -> None:
    p, q = A([0.5, 0.5]), A([1.0, 0.0])
    assert math.isinf(d.kullback_leibler(p, q))
    assert d.jensen_shannon(p, q) == pytest.approx(0.215762, abs=1e-6)
    assert d.minkowski(p, q) == pytest.approx(0.707107, abs=1e-6)
    assert d.total_variation(p, q) == pytest.approx(0.5)


def test_jensen_shannon_is_the_square_of_scipys() -> None:
    rng = np.random.default_rng(0)
    p, q = rng.dirichlet(np.ones(6)), rng.dirichlet(np.ones(6))
    assert d.jensen_shannon(p, q) == pytest.approx(jensenshannon(p, q) ** 2)


def test_kolmogorov_smirnov_and_wasserstein_are_scipys() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.poisson(4, 300).astype(float), rng.poisson(5, 170).astype(float)
    largest, area = d.number_distances(x, y)
    assert largest == pytest.approx(stats.ks_2samp(x, y).statistic)
    assert area == pytest.approx(stats.wasserstein_distance(x, y))


def test_the_asymptotic_p_is_near_the_exact_one() -> None:
    x, y = (np.asarray(stats.norm.rvs(m, size=n, random_state=s)) for m, n, s in ((0.0, 60, 2), (0.4, 50, 3)))
    exact = stats.ks_2samp(x, y, method="exact")
    assert d.kolmogorov_smirnov_p(exact.statistic, 60, 50) == pytest.approx(exact.pvalue, abs=0.03)


def test_the_homogeneity_p_is_scipys_chi_square() -> None:
    table = A([[30, 50, 20], [20, 70, 40]])
    wanted = stats.chi2_contingency(table, correction=False).pvalue
    assert d.homogeneity_p(*table) == pytest.approx(float(wanted))


def test_rare_values_are_pooled_before_the_test() -> None:
    first, second = A([50, 50, 1, 0, 1, 0]), A([50, 50, 0, 1, 0, 1])
    assert d.homogeneity_p(first, second) == pytest.approx(d.homogeneity_p(A([50, 50, 2]), A([50, 50, 2])))


def test_one_value_alone_tells_nothing() -> None:
    assert d.homogeneity_p(A([9]), A([7])) == 1.0


@pytest.mark.parametrize("shift", [0.0, 0.3])
def test_the_interval_of_a_distance_holds_the_truth(shift: float) -> None:
    truth = 2 * stats.norm.cdf(shift / 2) - 1
    held = 0
    for seed in range(60):
        rng = np.random.default_rng(seed + 50)
        largest, _ = d.number_distances(rng.normal(size=800), rng.normal(shift, 1, 500))
        effect = d.kolmogorov_effect(largest, 800, 500)
        held += (effect.low or 0.0) <= truth <= (effect.high or 0.0)
    assert held >= 54


def test_the_band_of_equal_shares_reaches_zero_as_often_as_stated() -> None:
    reached = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        first, second = (np.bincount(rng.integers(0, 40, n), minlength=40) for n in (2000, 900))
        reached += d.category_distance(first, second, seed + 500).low == 0.0
    assert reached >= 53
