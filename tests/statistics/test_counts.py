"""The count-table bootstrap against theory and a slow second way."""

from __future__ import annotations

import numpy as np
import pytest

from auditor.statistics import counts


def test_resampled_tables_keep_the_size_of_every_group() -> None:
    table = np.array([[3, 7], [0, 0], [50, 50]])
    drawn = counts.tables_within(table, 200, 1)
    assert drawn.shape == (200, 3, 2)
    assert (drawn.sum(axis=2) == [10, 0, 100]).all()


def test_resampled_rates_have_the_binomial_standard_error() -> None:
    drawn = counts.tables_within(np.array([[30, 70]]), 20_000, 2)[:, 0, 0] / 100
    assert drawn.std() == pytest.approx((0.3 * 0.7 / 100) ** 0.5, rel=0.02)


def test_tables_drawn_over_the_whole_keep_only_the_total() -> None:
    drawn = counts.tables_whole(np.array([[5, 5], [10, 20]]), 100, 3)
    assert (drawn.sum(axis=(1, 2)) == 40).all()
    assert len({int(t.sum()) for t in drawn[:, 0]}) > 1


def test_a_million_rows_of_three_attributes_are_drawn_ten_thousand_times_in_two_seconds() -> None:
    import time

    begun = time.process_time()
    for seed in range(3):
        counts.tables_within(np.full((6, 4), 41_666), 10_000, seed)
    assert time.process_time() - begun < 2


def test_one_comparison_keeps_the_usual_critical_value() -> None:
    z = counts.critical_value([((500, 400), (1000, 1000), 0)], draws=20_000)
    assert z == pytest.approx(1.96, abs=0.04)


def test_the_critical_value_of_independent_gaps_is_that_of_sidak() -> None:
    from scipy.stats import norm

    families = [((5000, 500), (10_000_000, 1_000_000), 0)] * 0 + [((50_000, 5_000), (100_000, 10_000), 0)] * 8
    z = counts.critical_value(families, draws=20_000, seed=4)
    assert z == pytest.approx(norm.ppf(1 - (1 - 0.95 ** (1 / 8)) / 2), abs=0.05)


def test_a_shared_reference_needs_less_than_bonferroni() -> None:
    z = counts.critical_value([((30, *[300] * 6), (100, *[1000] * 6), 0)], draws=10_000)
    assert 1.95 < z < counts.bonferroni(6)


def test_a_family_too_large_to_draw_falls_back_to_bonferroni() -> None:
    from scipy.stats import norm

    z = counts.critical_value([([10] * 501, [100] * 501, 0)])
    assert z == pytest.approx(norm.ppf(1 - 0.05 / 1000))


def test_percentile_gives_no_interval_where_too_many_replicates_are_undefined() -> None:
    values = np.arange(100.0)
    assert counts.percentile(values) == pytest.approx((2.475, 96.525))
    values[:6] = np.nan
    assert counts.percentile(values) is None


def test_the_permutation_p_is_never_zero() -> None:
    assert counts.permutation_p(9.0, np.zeros(999)) == 0.001
    assert counts.permutation_p(0.0, np.zeros(999)) == 1.0


def test_shrunken_rates_lie_between_the_rate_and_the_mean() -> None:
    k, n = np.array([0, 300, 700]), np.array([10, 1000, 1000])
    rates = counts.shrunk(k, n)
    mean = 1000 / 2010
    assert 0.0 < rates[0] < mean
    assert abs(rates[1] - 0.3) < 0.01 < rates[0]


def test_equal_rates_shrink_to_their_mean() -> None:
    assert counts.shrunk(np.array([5, 50]), np.array([10, 100])) == pytest.approx([0.5, 0.5])
