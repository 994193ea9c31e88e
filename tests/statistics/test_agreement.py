"""Krippendorff's alpha: the example of its author, a second formula, and what is undefined."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pytest

from auditor.statistics.agreement import nominal_alpha

OBSERVERS = ("1 2 3 3 2 1 4 1 2 . . .", "1 2 3 3 2 2 4 1 2 5 . 3", ". 3 3 3 2 3 4 2 2 5 1 .", "1 2 3 3 2 4 4 1 2 5 1 .")
"""Four observers, twelve units (Krippendorff 2011, Computing Krippendorff's alpha-reliability): nominal alpha .743."""


def counted(units: list[list[str]]) -> tuple[Counter[int], list[int]]:
    agreeing: Counter[int] = Counter()
    given: Counter[str] = Counter()
    for unit in units:
        if len(unit) > 1:
            agreeing[len(unit)] += sum(a == b for a, b in itertools.permutations(unit, 2))
            given.update(unit)
    return agreeing, list(given.values())


def by_disagreements(units: list[list[str]]) -> float:
    """1 - Do / De, both as mean disagreement of pairs: within the units, and among all values."""
    kept = [u for u in units if len(u) > 1]
    every = [v for u in kept for v in u]
    within = sum(sum(a != b for a, b in itertools.permutations(u, 2)) / (len(u) - 1) for u in kept) / len(every)
    pairs = list(itertools.permutations(every, 2))
    return 1 - within / (sum(a != b for a, b in pairs) / len(pairs))


def test_alpha_is_that_of_the_published_example() -> None:
    columns = zip(*(o.split() for o in OBSERVERS), strict=True)
    units = [[v for v in c if v != "."] for c in columns]
    alpha, why = nominal_alpha(*counted(units))
    assert why == ""
    assert alpha == pytest.approx(0.743, abs=5e-4)
    assert alpha == pytest.approx(by_disagreements(units))


def test_six_rows_by_hand() -> None:
    """aa aa bb bb ab ab: 12 values, 6 of each; observed disagreement 2 of 6, expected 72 of 132: alpha = 1 - 22/36."""
    alpha, _ = nominal_alpha(*counted([list(u) for u in ("aa", "aa", "bb", "bb", "ab", "ab")]))
    assert alpha == pytest.approx(1 - (2 / 6) / (72 / 132))


@pytest.mark.parametrize("seed", range(5))
def test_alpha_is_one_minus_mean_disagreement_over_chance(seed: int) -> None:
    rng = np.random.default_rng(seed)
    units = [rng.choice(["a", "b", "c"], rng.integers(0, 6), p=[0.6, 0.3, 0.1]).tolist() for _ in range(60)]
    assert nominal_alpha(*counted(units))[0] == pytest.approx(by_disagreements(units), abs=1e-12)


def test_one_value_alone_has_no_alpha() -> None:
    assert nominal_alpha(*counted([["a", "a"], ["a", "a"]])) == (None, "only one value occurs")
    assert nominal_alpha(*counted([["a"], []])) == (None, "no row has two annotations")
