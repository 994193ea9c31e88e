"""The paired change by cluster: intervals against the cluster-robust formula, coverage, floor and verdict."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from auditor.statistics.paired import paired, welch
from auditor.statistics.probes import apart, change, clustered_wilson, drawn, floor, mcnemar, non_inferior
from auditor.statistics.proportions import wilson


def clustered(seed: int, mean: float = 0.0, clusters: int = 25, each: int = 12) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    rng = np.random.default_rng(seed)
    place = np.repeat(np.arange(clusters), each)
    return mean + rng.normal(0, 0.1, clusters)[place] + rng.normal(0, 0.2, len(place)), place


def test_the_bootstrap_limits_come_near_the_cluster_robust_ones() -> None:
    values, place = clustered(1, 0.3)
    found, wanted = change(values, place), paired(values, place)
    assert found.mean == pytest.approx(wanted.mean)
    assert (found.low, found.high) == pytest.approx(wanted.interval(), abs=0.15 * wanted.se * 2)


def test_the_limits_hold_the_truth_about_nineteen_times_in_twenty() -> None:
    held = 0
    for seed in range(200):
        found = change(*clustered(1_000 + seed, 0.1), seed=seed)
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 0.1 <= found.high
    assert 0.89 <= held / 200 <= 0.98  # percentile limits of 25 clusters fall a little short of .95


def test_fewer_than_twenty_templates_bear_no_interval_and_no_verdict() -> None:
    found = change(*clustered(2, clusters=19))
    assert found.low is None
    assert non_inferior(found.low, found.high, 0.05) == "inconclusive"
    assert floor(*clustered(2, clusters=19), size=24) is None


def test_the_floor_is_what_null_swaps_exceed_once_in_twenty() -> None:
    values, place = clustered(3, clusters=40)
    values = values - values.mean()
    limit = floor(values, place, 25)
    assert limit is not None
    means = np.array([values.reshape(40, 12)[np.random.default_rng(s).integers(0, 40, 25)].mean() for s in range(2_000)])
    assert (np.abs(means) > limit).mean() == pytest.approx(0.05, abs=0.02)


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(0.06, 0.2, "fail"), (0.05, 0.2, "inconclusive"), (-0.3, 0.05, "pass"), (-0.3, 0.06, "inconclusive"), (-0.9, -0.5, "pass")],
)
def test_a_verdict_goes_by_the_ends_of_the_interval(low: float, high: float, verdict: str) -> None:
    assert non_inferior(low, high, 0.05) == verdict


def test_mcnemar_is_the_exact_one() -> None:
    rng = np.random.default_rng(4)
    base, tuned = rng.random(60) < 0.5, rng.random(60) < 0.7
    gained, lost = int((tuned & ~base).sum()), int((base & ~tuned).sum())
    n, k = gained + lost, min(gained, lost)
    by_hand = 2 * sum(math.comb(n, i) for i in range(k + 1)) / 2**n
    assert mcnemar(base, tuned) == pytest.approx(min(1.0, by_hand))
    assert mcnemar(base, base) == 1.0


def test_no_pair_has_no_mean() -> None:
    with pytest.raises(ValueError, match="no pair"):
        change(np.empty(0), np.empty(0))


def test_clustered_wilson_is_wilson_for_single_pairs_and_for_templates_that_agree() -> None:
    hits = np.arange(60) < 21
    alone, together = (clustered_wilson(hits, np.arange(60) // each) for each in (1, 3))
    assert alone == pytest.approx(wilson(21, 60), abs=1e-12)
    worth = 60 * 19 / 59  # pairs over the design effect
    assert together == pytest.approx(wilson(0.35 * worth, worth), abs=1e-12)
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


def test_the_limits_of_a_gap_hold_it_as_often_as_they_say_also_far_out() -> None:
    held = {0.05: 0, 0.05 / 18: 0}
    for seed in range(1_000):
        own, rest = clustered(seed, 0.1, 20, 5), clustered(9_000 + seed, 0.0, 60, 5)
        for alpha in held:
            _, low, high = apart(own, rest, alpha=alpha)
            assert low is not None and high is not None
            held[alpha] += low <= 0.1 <= high
    assert 930 <= held[0.05] <= 968  # binomial(1,000, .95): below 930 once in 300
    assert held[0.05 / 18] >= 992  # of 1,000 2.8 are missed; more than 8 once in 280


def test_far_limits_are_of_draws_enough_and_drawing_in_blocks_changes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    values, place = clustered(8)
    far = [change(values, place, alpha=0.05 / 43, seed=seed).low for seed in range(6)]
    assert np.ptp(np.array(far, float)) < 0.15 * (values.mean() - min(x for x in far if x is not None))
    monkeypatch.setattr("auditor.statistics.probes.BLOCK", 25 * 100)
    parts = drawn(values, place, 25, 2_000)
    assert len(parts) == 2_000 and parts.mean() == pytest.approx(values.mean(), abs=0.01)
