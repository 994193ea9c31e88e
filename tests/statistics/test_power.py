"""Sample sizes against the table of the reference and an enumeration."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom, norm

from auditor.statistics.power import detectable_gap, rows_needed, smallest
from auditor.statistics.proportions import newcombe


@pytest.mark.parametrize(
    ("p1", "p2", "one", "twenty"),
    [(0.3, 0.2, 294, 559), (0.3, 0.25, 1251, 2381), (0.1, 0.05, 435, 828), (0.1, 0.08, 3213, 6116), (0.5, 0.4, 388, 738)],
)
def test_rows_needed_are_those_of_the_published_formula(p1: float, p2: float, one: int, twenty: int) -> None:
    assert rows_needed(p1, p2) == one
    assert rows_needed(p1, p2, z=float(norm.ppf(1 - 0.05 / 40))) == twenty


def test_equal_rates_are_told_apart_by_no_number_of_rows() -> None:
    assert rows_needed(0.3, 0.3) is None


def test_the_pooled_rate_is_weighted_by_rows() -> None:
    assert detectable_gap(0.05, 100, 10) == pytest.approx(0.302, abs=5e-4)


def test_no_gap_is_detectable_in_one_row_at_a_rate_of_one_half() -> None:
    assert detectable_gap(0.5, 1000, 1) is None


@pytest.mark.parametrize(("n_ref", "n", "p"), [(200, 40, 0.3), (1000, 100, 0.1), (300, 300, 0.7)])
def test_a_gap_of_the_stated_size_is_told_from_zero_four_times_in_five(n_ref: int, n: int, p: float) -> None:
    gap = detectable_gap(p, n_ref, n)
    assert gap is not None
    other = p + gap if p <= 0.5 else p - gap
    w1, w2 = binom.pmf(np.arange(n_ref + 1), n_ref, p), binom.pmf(np.arange(n + 1), n, other)
    found = 0.0
    for a in np.flatnonzero(w1 > 1e-7):
        for b in np.flatnonzero(w2 > 1e-7):
            low, high = newcombe(int(a), n_ref, int(b), n)
            found += float(w1[a] * w2[b]) * (not low <= 0 <= high)
    assert found == pytest.approx(0.8, abs=0.04)


def test_smallest_finds_the_first_number_that_decides() -> None:
    assert smallest(lambda n: n >= 777, 5) == 777
    assert smallest(lambda n: True, 5) == 5
    assert smallest(lambda n: False, 5, 1000) is None
