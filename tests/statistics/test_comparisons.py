"""Verdicts, undefined values and the rows that would decide."""

from __future__ import annotations

import pytest

from auditor.statistics.comparisons import (
    graded,
    judged,
    rate_difference,
    rate_entry,
    rate_ratio,
    rows_to_decide,
    suppressed,
    tolerance,
    two_rates_p,
)
from auditor.statistics.proportions import ratio

FOUR_FIFTHS = tolerance(0.8)


def test_an_interval_wholly_inside_passes_wholly_outside_fails_and_else_is_inconclusive() -> None:
    assert judged(0.85, 1.2, FOUR_FIFTHS) == "pass"
    assert judged(0.5, 0.79, FOUR_FIFTHS) == "fail"
    assert judged(1.26, 2.0, FOUR_FIFTHS) == "fail"
    assert judged(0.7, 0.9, FOUR_FIFTHS) == "inconclusive"


def test_no_positive_in_either_group_is_undefined_and_not_fair() -> None:
    one = rate_ratio("r", 0, 50, 0, 50, within=FOUR_FIFTHS)
    assert (one.value, one.status, one.verdict) == (None, "undefined", "inconclusive")
    assert one.reason


def test_positives_in_the_group_alone_are_infinite_and_can_fail() -> None:
    one = rate_ratio("r", 50, 100, 0, 1000, within=FOUR_FIFTHS)
    assert (one.value, one.high, one.status, one.verdict) == (None, None, "infinite", "fail")


def test_an_empty_group_is_undefined() -> None:
    assert rate_difference("d", 3, 9, 0, 0).status == "undefined"
    assert rate_ratio("r", 0, 0, 3, 9).status == "undefined"


def test_a_small_group_keeps_its_value_and_loses_its_verdict() -> None:
    one = suppressed(rate_ratio("r", 0, 20, 500, 1000, within=FOUR_FIFTHS), 30)
    assert (one.value, one.status, one.verdict) == (0.0, "suppressed", "inconclusive")


def test_swapping_the_groups_turns_the_sign_and_the_ratio_over() -> None:
    one, other = rate_difference("d", 30, 100, 20, 90), rate_difference("d", 20, 90, 30, 100)
    assert one.value == pytest.approx(-(other.value or 0))
    up, down = rate_ratio("r", 30, 100, 20, 90), rate_ratio("r", 20, 90, 30, 100)
    assert up.value == pytest.approx(1 / (down.value or 1))
    assert up.low == pytest.approx(1 / (down.high or 1))


def test_german_credit_at_both_cut_offs_is_inconclusive() -> None:
    below = rate_ratio("r", 88, 149, 612, 851, within=FOUR_FIFTHS)
    upto = rate_ratio("r", 110, 190, 590, 810, within=FOUR_FIFTHS)
    assert (below.value, below.low, below.high) == pytest.approx((0.821248, 0.7060, 0.9340), abs=5e-5)
    assert (upto.value, upto.low, upto.high) == pytest.approx((0.794826, 0.6933, 0.8959), abs=5e-5)
    assert below.verdict == upto.verdict == "inconclusive"


def test_the_rows_said_to_decide_do_and_one_less_does_not() -> None:
    rows, reference = rows_to_decide(310, 350, 500, 548, FOUR_FIFTHS) or (0, 0)
    assert judged(*ratio(310 / 350 * rows, rows, 500 / 548 * reference, reference), FOUR_FIFTHS) == "pass"
    rows, reference = rows_to_decide(60, 100, 700, 1000, FOUR_FIFTHS) or (0, 0)
    assert rows > 100

    def verdict(n: int) -> str:
        return judged(*ratio(0.6 * n, n, 0.7 * reference, reference), FOUR_FIFTHS)

    assert verdict(rows) != "inconclusive"
    assert reference > 1000 or verdict(rows - 1) == "inconclusive"


def test_a_ratio_at_the_tolerance_is_decided_by_no_number_of_rows() -> None:
    assert rows_to_decide(40, 100, 50, 100, FOUR_FIFTHS) is None


def test_inside_four_fifths_and_outside_nine_tenths_is_a_warning() -> None:
    assert graded(rate_ratio("r", 4250, 10_000, 5000, 10_000, within=FOUR_FIFTHS), 0.9, 0.8) == ("warning", 0.9)
    assert graded(rate_ratio("r", 3000, 10_000, 5000, 10_000, within=FOUR_FIFTHS), 0.9, 0.8) == ("error", 0.8)
    assert graded(rate_ratio("r", 4900, 10_000, 5000, 10_000, within=FOUR_FIFTHS), 0.9, 0.8) == ("clean", 0.8)


def test_records_hold_no_nan_and_no_infinity() -> None:
    record = rate_ratio("r", 5, 10, 0, 10, within=FOUR_FIFTHS).record(attribute="a")
    assert record.values["attribute"] == "a"
    assert all(v is None or isinstance(v, str) or abs(v) < float("inf") for v in record.values.values())


def test_a_rate_of_no_rows_is_undefined() -> None:
    assert rate_entry(0, 0, 30)["status"] == "undefined"
    assert rate_entry(1, 10, 30)["status"] == "suppressed"
    assert rate_entry(10, 100, 30)["status"] == "ok"


def test_the_two_rate_p_is_the_chi_square_without_correction() -> None:
    from scipy.stats import chi2_contingency

    p = chi2_contingency([[30, 70], [45, 55]], correction=False).pvalue
    assert two_rates_p(30, 100, 45, 100) == pytest.approx(float(p), rel=1e-9)
