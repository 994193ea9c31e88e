"""The search for slices: every figure against a plain computation, planted and shuffled outcomes."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import ttest_ind

from auditor.statistics import slices

Floats = NDArray[np.float64]


def data(seed: int, n: int = 6_000, bad: float = 0.35) -> tuple[NDArray[np.int64], Floats, NDArray[np.uint64]]:
    """Five columns of four levels; errors .10, and `bad` where column 1 is 2 and column 3 is 0 (support .0625)."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, 4, (n, 5))
    weak = (codes[:, 1] == 2) & (codes[:, 3] == 0)
    return codes, (rng.random(n) < np.where(weak, bad, 0.1)).astype(float), rng.integers(0, 2**62, n).astype(np.uint64)


def found(seed: int, bad: float = 0.35, n: int = 6_000, draws: int = 200) -> slices.Search:
    return slices.search(*data(seed, n, bad), least=30, share=0.01, draws=draws, seed=seed)


def test_frequent_slices_are_those_of_an_exhaustive_search() -> None:
    codes = data(0, 600)[0][:, :3]
    wanted = {}
    for size in (1, 2, 3):
        for columns in itertools.combinations(range(3), size):
            for levels in itertools.product(range(4), repeat=size):
                rows = np.flatnonzero((codes[:, columns] == levels).all(axis=1))
                if len(rows) >= 12:
                    wanted[tuple(zip(columns, levels, strict=True))] = rows.tolist()
    members, cut = slices.frequent(codes, 12)
    assert cut == 0
    assert {k: v.tolist() for k, v in members.items()} == wanted


def test_t_comes_near_welchs_of_scipy_on_large_slices() -> None:
    codes, y, _ = data(3)
    members, _ = slices.frequent(codes, 1_000)
    measured = slices._measured(members, y)
    for i, rows in enumerate(measured.members):
        rest = np.delete(y, rows)
        assert measured.gap[i] == pytest.approx(y[rows].mean() - rest.mean())
        assert measured.t[i] == pytest.approx(ttest_ind(y[rows], rest, equal_var=False).statistic, rel=0.01, abs=0.01)


def test_the_null_of_the_largest_t_is_that_of_searching_shuffled_outcomes_again() -> None:
    codes, y, _ = data(4, 1_000)
    members, _ = slices.frequent(codes, 30)
    null = slices.null_of_largest(list(members.values()), y, 3, seed=9)
    rng = np.random.default_rng(9)
    again = [float(np.abs(slices._measured(members, rng.permutation(y)).t).max()) for _ in range(3)]
    assert null == pytest.approx(again, rel=1e-4)


@pytest.mark.parametrize("seed", range(300, 305))
def test_a_planted_slice_is_the_first_and_only_one(seed: int) -> None:
    result = found(seed)
    assert [s.items for s in result.slices] == [((1, 2), (3, 0))]
    (one,) = result.slices
    assert one.confirmed
    assert one.low < 0.25 < one.high
    assert sum(one.shares) > 0.15


def test_shuffled_outcomes_have_no_slices() -> None:
    assert sum(bool(found(seed, bad=0.1).slices) for seed in range(400, 410)) == 0


def test_a_slice_of_the_searched_half_alone_is_not_confirmed() -> None:
    codes, y, order = data(6, bad=0.1)
    first, second = slices.halves(y, order)
    members, _ = slices.frequent(codes[first], 30)
    strongest = max(members, key=lambda k: len(members[k]))
    y = y.copy()
    y[first[members[strongest]]] = 1.0  # wrong in the half that is searched
    mask = np.logical_and.reduce([codes[:, c] == v for c, v in strongest])
    measured = slices._measured(members, y[first])
    one = slices._slice(measured, measured.items.index(strongest), codes, first, 0.001, 4.0)
    assert one.gap > 0.5
    assert np.array_equal(one.rows, np.flatnonzero(mask))
    assert slices.confirmed(one, y, second, 1) is None


def test_halves_hold_the_same_share_of_errors_and_every_row_once() -> None:
    _, y, order = data(7)
    one, other = slices.halves(y, order)
    assert sorted([*one.tolist(), *other.tolist()]) == list(range(len(y)))
    assert abs(y[one].sum() - y[other].sum()) <= 1


def test_contributions_sum_to_the_gap_and_split_a_pure_interaction_evenly() -> None:
    a, b = (0, 1), (1, 1)
    assert slices.shapley((a, b), {(a,): 0.0, (b,): 0.0, (a, b): 0.4}) == pytest.approx((0.2, 0.2))
    assert slices.shapley((a, b), {(a,): 0.3, (b,): 0.1, (a, b): 0.4}) == pytest.approx((0.3, 0.1))


def test_a_column_that_repeats_another_gives_one_slice() -> None:
    codes, y, order = data(8)
    doubled = np.concatenate([codes, codes[:, [1]]], axis=1)
    result = slices.search(doubled, y, order, least=30, share=0.01, draws=200, seed=0)
    assert len(result.slices) == 1


def test_few_rows_are_searched_whole_and_said_to_be_unconfirmed() -> None:
    result = found(10, bad=0.6, n=1_500)
    assert result.held_back == 0
    assert [s.confirmed for s in result.slices] == [False]


def test_an_outcome_without_variance_has_no_slice() -> None:
    codes, y, order = data(11)
    result = slices.search(codes, np.zeros_like(y), order, least=30, share=0.01, draws=50)
    assert result.slices == ()
    assert result.strongest is None
