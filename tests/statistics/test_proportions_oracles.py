"""Wilson, Newcombe and MOVER-R against listed values and scipy."""

from __future__ import annotations

import math

import pytest
from scipy.stats import binomtest

from auditor.statistics.proportions import newcombe, ratio, wilson


@pytest.mark.parametrize(
    ("counts", "ends"),
    [
        ((9, 10, 3, 10), (0.170522, 0.809018)),
        ((10, 10, 0, 20), (0.679086, 1.0)),
        ((0, 10, 0, 10), (-0.277533, 0.277533)),
        ((48, 80, 56, 70), (-0.333873, -0.052431)),
    ],
)
def test_newcombe_gives_the_listed_limits(counts: tuple[int, int, int, int], ends: tuple[float, float]) -> None:
    assert newcombe(*counts) == pytest.approx(ends, abs=1e-6)


def test_mover_r_gives_the_listed_limits() -> None:
    assert ratio(56, 70, 48, 80) == pytest.approx((1.078295, 1.662920), abs=1e-6)


def test_mover_r_of_an_empty_numerator_starts_at_zero_and_of_an_empty_denominator_never_ends() -> None:
    assert ratio(0, 10, 5, 10)[0] == 0.0
    assert math.isinf(ratio(5, 10, 0, 10)[1])


@pytest.mark.parametrize(("k", "n"), [(0, 7), (3, 7), (7, 7), (41, 300)])
def test_wilson_is_that_of_scipy(k: int, n: int) -> None:
    ends = binomtest(k, n).proportion_ci(method="wilson")
    assert wilson(k, n) == pytest.approx((ends.low, ends.high), abs=1e-12)


@pytest.mark.parametrize(("k1", "k2"), [(5, 1), (5, 2), (3, 3), (20, 1)])
def test_mover_r_with_few_positives_is_the_root_of_its_quadratic(k1: int, k2: int) -> None:
    low, high = ratio(k1, 30, k2, 30)
    p, q = k1 / 30, k2 / 30
    (l1, u1), (l2, u2) = wilson(k1, 30), wilson(k2, 30)
    assert low < p / q < high
    assert (p - low * q) ** 2 == pytest.approx((p - l1) ** 2 + (low * (u2 - q)) ** 2)
    assert (p - high * q) ** 2 == pytest.approx((u1 - p) ** 2 + (high * (q - l2)) ** 2)


def test_mover_r_over_nothing_has_a_finite_lower_limit() -> None:
    low, _ = ratio(50, 100, 0, 1000)
    assert 0 < low < math.inf
