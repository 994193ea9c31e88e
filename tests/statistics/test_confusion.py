"""Formulas on confusion counts against published answers, hand counts and fairlearn."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from auditor.statistics.confusion import (
    DIFFERENCES,
    average_odds_difference,
    difference,
    entropy,
    entropy_between,
    equalized_odds,
    quotient,
    ratio,
    spread,
    spread_ratio,
)
from auditor.statistics.value import Value

A, D = np.array([65, 5, 10, 20]), np.array([20, 7, 5, 18])  # true positives, false negatives, false positives, true negatives
TWELVE_A, TWELVE_D = np.array([0, 2, 2, 1]), np.array([2, 1, 2, 2])


def tables(count: int = 1_000) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Random small tables, many with empty cells."""
    rng = np.random.default_rng(11)
    for _ in range(count):
        yield tuple(rng.integers(0, rng.integers(1, 9), (2, 4)))


def pairs(counts: NDArray[np.int64]) -> list[tuple[int, int]]:
    """(label, prediction) row by row."""
    return [pair for pair, n in zip(((1, 1), (1, 0), (0, 1), (0, 0)), counts, strict=True) for _ in range(n)]


def share(rows: list[tuple[int, int]], of: Any, among: Any) -> float:
    chosen = [r for r in rows if among(*r)]
    return sum(1 for r in chosen if of(*r)) / len(chosen) if chosen else math.nan


def counted(rows: list[tuple[int, int]], of: Any, over: Any) -> float:
    below = sum(1 for r in rows if over(*r))
    return sum(1 for r in rows if of(*r)) / below if below else math.nan


BY_HAND: dict[str, Any] = {
    "label_rate_difference": lambda a, d: _rate(a, lambda y, p: y) - _rate(d, lambda y, p: y),
    "selection_rate_difference": lambda a, d: _rate(a, lambda y, p: p) - _rate(d, lambda y, p: p),
    "recall_difference": lambda a, d: _among(a, 1, lambda y, p: p) - _among(d, 1, lambda y, p: p),
    "specificity_difference": lambda a, d: _among(d, 0, lambda y, p: not p) - _among(a, 0, lambda y, p: not p),
    "false_positive_rate_difference": lambda a, d: _among(d, 0, lambda y, p: p) - _among(a, 0, lambda y, p: p),
    "false_negative_rate_difference": lambda a, d: _among(d, 1, lambda y, p: not p) - _among(a, 1, lambda y, p: not p),
    "acceptance_rate_difference": lambda a, d: _told(a, 1, lambda y, p: y) - _told(d, 1, lambda y, p: y),
    "rejection_rate_difference": lambda a, d: _told(d, 0, lambda y, p: not y) - _told(a, 0, lambda y, p: not y),
    "false_discovery_rate_difference": lambda a, d: _told(d, 1, lambda y, p: not y) - _told(a, 1, lambda y, p: not y),
    "false_omission_rate_difference": lambda a, d: _told(d, 0, lambda y, p: y) - _told(a, 0, lambda y, p: y),
    "accuracy_difference": lambda a, d: _rate(a, lambda y, p: y == p) - _rate(d, lambda y, p: y == p),
    "conditional_acceptance_difference": lambda a, d: _times(a, 1) - _times(d, 1),
    "conditional_rejection_difference": lambda a, d: _times(d, 0) - _times(a, 0),
    "treatment_equality": lambda a, d: _missed(d) - _missed(a),
}


def _rate(rows: Any, of: Any) -> float:
    return share(rows, of, lambda y, p: True)


def _among(rows: Any, label: int, of: Any) -> float:
    return share(rows, of, lambda y, p: y == label)


def _told(rows: Any, prediction: int, of: Any) -> float:
    return share(rows, of, lambda y, p: p == prediction)


def _times(rows: Any, value: int) -> float:
    return counted(rows, lambda y, p: y == value, lambda y, p: p == value)


def _missed(rows: Any) -> float:
    return counted(rows, lambda y, p: y > p, lambda y, p: p > y)


def same(found: Value, wanted: float) -> bool:
    if math.isnan(wanted):
        return found.value is None and found.status == "undefined" and bool(found.reason)
    return found.value is not None and abs(found.value - wanted) <= 1e-12


def test_every_difference_has_a_hand_count() -> None:
    assert set(BY_HAND) == set(DIFFERENCES)


def test_a_thousand_random_tables_equal_their_hand_counts() -> None:
    for a, d in tables():
        rows = pairs(a), pairs(d)
        for metric, by_hand in BY_HAND.items():
            assert same(difference(metric, a, d), by_hand(*rows)), (metric, a, d)


def test_the_rates_of_random_tables_equal_fairlearns_where_both_define_them() -> None:
    from fairlearn.metrics import MetricFrame, false_positive_rate, selection_rate, true_positive_rate

    metrics = {"selection_rate": selection_rate, "true_positive_rate": true_positive_rate}
    metrics["false_positive_rate"] = false_positive_rate
    groups = [table for pair in tables() for table in pair if table.sum()][::4]
    rows = [(i, *r) for i, table in enumerate(groups) for r in pairs(table)]
    at, y, p = (list(x) for x in zip(*rows, strict=True))
    frame = MetricFrame(metrics=metrics, y_true=y, y_pred=p, sensitive_features=at).by_group
    for rate in metrics:
        own = quotient(np.stack(groups), rate)
        defined = ~np.isnan(own)  # fairlearn gives 0 for a rate without its denominator
        assert defined.sum() > 300
        assert np.abs(own - frame[rate].to_numpy(float))[defined].max() <= 1e-12


KNOWN = {
    "recall_difference": 0.187831,
    "specificity_difference": 0.115942,
    "label_rate_difference": 0.16,
    "selection_rate_difference": 0.25,
    "conditional_acceptance_difference": -0.146667,
    "conditional_rejection_difference": -0.28,
    "acceptance_rate_difference": 0.066667,
    "rejection_rate_difference": -0.08,
    "accuracy_difference": 0.09,
    "treatment_equality": 0.9,
}
TWELVE = {
    "label_rate_difference": -0.2 / 7,
    "selection_rate_difference": -1.2 / 7,
    "conditional_acceptance_difference": 1 / 4,
    "conditional_rejection_difference": 1 / 3,
    "recall_difference": -2 / 3,
    "specificity_difference": 1 / 6,
    "acceptance_rate_difference": -1 / 2,
    "rejection_rate_difference": 1 / 3,
    "accuracy_difference": -13 / 35,
    "treatment_equality": -1 / 2,
}


@pytest.mark.parametrize("metric", KNOWN)
def test_the_published_table_gives_its_differences(metric: str) -> None:
    assert difference(metric, A, D).value == pytest.approx(KNOWN[metric], abs=1e-6)


@pytest.mark.parametrize("metric", TWELVE)
def test_the_twelve_rows_give_their_differences_and_swapped_their_negatives(metric: str) -> None:
    assert difference(metric, TWELVE_A, TWELVE_D).value == pytest.approx(TWELVE[metric], abs=1e-12)
    assert difference(metric, TWELVE_D, TWELVE_A).value == pytest.approx(-TWELVE[metric], abs=1e-12)


def test_ratios_and_entropies_give_the_published_values() -> None:
    assert ratio("selection_rate_ratio", A, D).value == pytest.approx(2 / 3)
    assert ratio("selection_rate_ratio", TWELVE_A, TWELVE_D).value == pytest.approx(10 / 7)
    assert ratio("selection_rate_ratio", TWELVE_D, TWELVE_A).value == pytest.approx(7 / 10)
    assert entropy(A + D).value == pytest.approx(0.086313, abs=1e-6)
    assert entropy(TWELVE_A + TWELVE_D).value == pytest.approx(83 / 338)
    assert entropy(np.array([1, 99, 0, 0])).value == pytest.approx(49.5)


def test_the_worked_examples_of_the_conditional_differences_hold() -> None:
    # 70 labelled for 60 predicted against 20 for 30; the cells are one of many that give these sums
    a, d = np.array([60, 10, 0, 50]), np.array([20, 0, 10, 30])
    assert difference("conditional_acceptance_difference", a, d).value == pytest.approx(0.5)
    a, d = np.array([70, 10, 0, 50]), np.array([20, 0, 10, 30])
    assert difference("conditional_rejection_difference", a, d).value == pytest.approx(40 / 30 - 50 / 60)
    assert difference("treatment_equality", np.array([0, 8, 6, 0]), np.array([0, 5, 2, 0])).value == pytest.approx(7 / 6)


def test_an_infinite_ratio_is_no_number_and_has_a_smoothed_one_beside_it() -> None:
    found = ratio("selection_rate_ratio", np.array([0, 5, 0, 5]), np.array([5, 0, 0, 5]))
    assert (found.value, found.status) == (None, "infinite")
    assert found.smoothed == pytest.approx((5.5 / 11) / (0.5 / 11))
    both = ratio("selection_rate_ratio", np.array([0, 5, 0, 5]), np.array([0, 5, 0, 5]))
    assert (both.value, both.status) == (None, "undefined")


def test_one_group_has_no_spread_and_a_group_without_positives_no_equalized_odds() -> None:
    assert spread(A[None], "selection_rate").status == "undefined"
    lone = np.stack([A, np.array([0, 0, 3, 4])])
    assert equalized_odds(lone).status == "undefined"
    assert "no positives" in equalized_odds(lone).reason
    assert spread_ratio(np.zeros((2, 4), int), "selection_rate").status == "undefined"


def test_identities_and_bounds_hold_on_random_tables() -> None:
    for a, d in tables():
        values = {m: difference(m, a, d).value for m in DIFFERENCES}
        for metric in ("recall_difference", "accuracy_difference", "selection_rate_difference"):
            assert (value := values[metric]) is None or -1 <= value <= 1
        if (sd := values["specificity_difference"]) is not None:
            assert values["false_positive_rate_difference"] == pytest.approx(-sd, abs=1e-12)
        if (rd := values["recall_difference"]) is not None:
            assert values["false_negative_rate_difference"] == pytest.approx(rd, abs=1e-12)
        if rd is not None and sd is not None:
            assert average_odds_difference(a, d).value == pytest.approx((-sd - rd) / 2, abs=1e-12)
            assert equalized_odds(np.stack([a, d])).value == pytest.approx(max(abs(rd), abs(sd)), abs=1e-12)


def test_entropies_equal_their_sums_over_rows() -> None:
    for a, d in tables(200):
        rows = pairs(a) + pairs(d)
        b = np.array([p - y + 1 for y, p in rows], float)
        found, theil, between = entropy(a + d), entropy(a + d, 1), entropy_between(np.stack([a, d]))
        if not len(b) or b.mean() == 0:
            assert found.value is theil.value is between.value is None
            continue
        r = b / b.mean()
        assert found.value == pytest.approx(float(np.mean(r**2 - 1) / 2), abs=1e-12)
        logs = [x * math.log(x) if x else 0.0 for x in r]
        assert theil.value == pytest.approx(float(np.mean(logs)), abs=1e-12)
        own = np.concatenate([np.full(int(g.sum()), np.mean([p - y + 1 for y, p in pairs(g)])) for g in (a, d) if g.sum()])
        assert between.value == pytest.approx(float(np.mean((own / b.mean()) ** 2 - 1) / 2), abs=1e-12)
        assert between.value is not None and found.value is not None
        assert between.value <= found.value + 1e-12
