"""Limits of means and shares of values in clusters: by hand, against the plain formulas, and coverage."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import t

from auditor.statistics.clusters import apart, clustered_wilson, drawn, effective, lacking, percentiles, standard_error, sums
from auditor.statistics.paired import welch
from auditor.statistics.proportions import Z95, wilson


def test_clustered_wilson_is_wilson_for_single_pairs_and_for_templates_that_agree() -> None:
    hits = np.arange(60) < 21
    alone, together = (clustered_wilson(hits, np.arange(60) // each) for each in (1, 3))
    assert alone == pytest.approx(wilson(21, 60), abs=1e-12)
    worth = 60 * 19 / 59 * (Z95 / t.ppf(0.975, 19)) ** 2  # pairs over the design effect, and what Student's t costs
    assert together == pytest.approx(wilson(0.35 * worth, worth), abs=1e-6)
    assert clustered_wilson(np.ones(60, bool), np.arange(60) // 3) == pytest.approx(wilson(20, 20), abs=1e-12)
    assert clustered_wilson(hits, np.arange(60) // 6) is None


def test_clustered_wilson_covers_the_true_share() -> None:
    rng, held = np.random.default_rng(5), 0
    for _ in range(400):
        own = rng.beta(4, 4, 40)
        low, high = clustered_wilson(rng.random(120) < np.repeat(own, 3), np.repeat(np.arange(40), 3)) or (1.0, 0.0)
        held += low <= 0.5 <= high
    assert held >= 368  # 95 % of 400 are 380; below 368 once in 265


def test_the_gap_of_single_rows_is_that_of_welch() -> None:
    rng = np.random.default_rng(6)
    a, b = rng.normal(0.2, 0.1, 30), rng.normal(0, 0.3, 50)
    assert apart((a, np.arange(30)), (b, np.arange(50))) == pytest.approx(welch(a, b), abs=1e-12)


def test_rows_of_a_cluster_that_are_equal_count_once_and_few_clusters_bear_no_limits() -> None:
    rng = np.random.default_rng(7)
    a, b = rng.normal(0.2, 0.1, 30), rng.normal(0, 0.3, 50)
    found = apart((np.repeat(a, 4), np.repeat(np.arange(30), 4)), (np.repeat(b, 4), np.repeat(np.arange(50), 4)))
    assert found == pytest.approx(welch(a, b), abs=1e-12)
    assert apart((a, np.arange(30) % 19), (b, np.arange(50)))[1:] == (None, None)
    assert apart((np.ones(20), np.arange(20)), (np.zeros(20), np.arange(20))) == (1.0, 1.0, 1.0)
    with pytest.raises(ValueError, match="got 0 and 50 values"):
        apart((a[:0], np.arange(0)), (b, np.arange(50)))


def test_tiny_changes_have_limits_too() -> None:
    rng = np.random.default_rng(9)
    a, b = rng.normal(2, 1, 30), rng.normal(0, 1, 30)
    found = apart((a, np.arange(30)), (b, np.arange(30)))
    tiny = apart((1e-90 * a, np.arange(30)), (1e-90 * b, np.arange(30)))
    assert np.array(tiny, float) * 1e90 == pytest.approx(found)


def test_a_cluster_that_holds_most_values_bears_no_limits() -> None:
    place = np.repeat(np.arange(20), [300, *[1] * 19])
    assert lacking(place, "name") == "one name holds 300 of 319: no interval"
    assert apart((np.zeros(319), place), (np.zeros(30), np.arange(30)))[1:] == (None, None)
    assert clustered_wilson(place > 3, place) is None
    assert lacking(np.arange(20)) == "" and lacking(np.arange(19)) == "19 templates, want 20 for an interval"


def test_the_error_is_that_of_leaving_each_cluster_out() -> None:
    values, sizes = np.random.default_rng(10).normal(0, 1, 130), [100, *[1] * 5, *[5] * 5]
    place = np.repeat(np.arange(11), sizes)
    left = np.array([values[place != c].mean() for c in range(11)])
    by_hand = math.sqrt(10 / 11 * float(((left - values.mean()) ** 2).sum()))
    assert standard_error(*sums(values, place)) == pytest.approx(by_hand, rel=1e-12)
    assert effective(np.array(sizes, float)) == pytest.approx(130**2 / (100**2 + 5 + 125))


SIZES = ([5] * 20, [100, *[5] * 19], [60, *[1] * 60], [40, 20, *[1] * 30, *[3] * 20])


@pytest.mark.parametrize("sizes", SIZES)
def test_limits_hold_the_truth_as_often_as_they_say_whatever_the_sizes_of_the_clusters(sizes: list[int]) -> None:
    place, held, rng = np.repeat(np.arange(len(sizes)), sizes), np.zeros(3), np.random.default_rng(11)
    other = np.repeat(np.arange(40), 3)
    for seed in range(300):
        values = rng.normal(0, 0.5, len(sizes))[place] + rng.normal(0, 1, len(place))
        rest = rng.normal(0, 0.5, 40)[other] + rng.normal(0, 1, 120)
        ahead = rng.random(len(place)) < rng.beta(1, 1, len(sizes))[place]
        ends = (percentiles(values, place, alpha=0.05, seed=seed), apart((values, place), (rest, other))[1:])
        for i, (low, high) in enumerate(ends):
            assert low is not None and high is not None
            held[i] += low <= 0 <= high
        low, high = clustered_wilson(ahead, place) or (1.0, 0.0)
        held[2] += low <= 0.5 <= high
    assert (held >= 273).all(), held  # binomial(300, .95): below 273 once in 500


def test_the_limits_of_a_gap_hold_it_as_often_as_they_say_also_far_out() -> None:
    held = {0.05: 0, 0.05 / 18: 0}
    place, other, rng = np.repeat(np.arange(20), 5), np.repeat(np.arange(60), 5), np.random.default_rng(12)
    for _ in range(1_000):
        own = (0.1 + rng.normal(0, 0.1, 20)[place] + rng.normal(0, 0.2, 100), place)
        rest = (rng.normal(0, 0.1, 60)[other] + rng.normal(0, 0.2, 300), other)
        for alpha in held:
            _, low, high = apart(own, rest, alpha=alpha)
            assert low is not None and high is not None
            held[alpha] += low <= 0.1 <= high
    assert 930 <= held[0.05] <= 968  # binomial(1,000, .95): below 930 once in 300
    assert held[0.05 / 18] >= 992  # of 1,000 2.8 are missed; more than 8 once in 280


def test_where_nearly_all_pairs_agree_clusters_are_counted() -> None:
    place, hits = np.repeat(np.arange(20), 10), np.ones(200, bool)
    alike = clustered_wilson(hits, place)
    hits[0] = False
    nearly = clustered_wilson(hits, place)
    assert alike is not None and nearly is not None
    assert alike == pytest.approx(wilson(20, 20), abs=1e-12) and abs(nearly[0] - alike[0]) < 0.02


def test_far_limits_are_of_draws_enough_and_drawing_in_blocks_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rng, place = np.random.default_rng(8), np.repeat(np.arange(25), 12)
    values = rng.normal(0, 0.1, 25)[place] + rng.normal(0, 0.2, 300)
    far = np.array([percentiles(values, place, alpha=0.05 / 43, seed=seed) for seed in range(6)])
    assert np.ptp(far[:, 0]) < 0.15 * (values.mean() - far[:, 0].min())
    monkeypatch.setattr("auditor.statistics.clusters.BLOCK", 25 * 100)
    parts = drawn(values, place, 25, 2_000)
    assert len(parts) == 2_000 and parts.mean() == pytest.approx(values.mean(), abs=0.01)
