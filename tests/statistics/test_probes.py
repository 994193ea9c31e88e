"""The paired change by cluster: intervals against the cluster-robust formula, coverage, floor and verdict."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import t

from auditor.statistics.paired import paired
from auditor.statistics.probes import change, floor, mcnemar, non_inferior


def clustered(seed: int, mean: float = 0.0, clusters: int = 25, each: int = 12) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    rng = np.random.default_rng(seed)
    place = np.repeat(np.arange(clusters), each)
    return mean + rng.normal(0, 0.1, clusters)[place] + rng.normal(0, 0.2, len(place)), place


def test_the_bootstrap_limits_come_near_the_cluster_robust_ones() -> None:
    values, place = clustered(1, 0.3)
    found, wanted = change(values, place), paired(values, place)
    assert found.mean == pytest.approx(wanted.mean)
    assert (found.low, found.high) == pytest.approx(wanted.interval(float(t.ppf(0.975, 24))), abs=0.3 * wanted.se)


def test_the_limits_hold_the_truth_about_nineteen_times_in_twenty() -> None:
    held = 0
    for seed in range(200):
        found = change(*clustered(1_000 + seed, 0.1), seed=seed)
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 0.1 <= found.high
    assert 0.91 <= held / 200 <= 0.98  # binomial(200, .95): below 182 once in 130


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
    [
        (0.06, 0.2, "fail"),
        (0.05, 0.2, "inconclusive"),
        (-0.3, 0.05, "pass"),
        (-0.3, 0.06, "inconclusive"),
        (-0.9, -0.5, "pass"),
        (0.05000000000000001, 0.05000000000000001, "pass"),
    ],
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
