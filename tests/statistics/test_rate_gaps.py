"""Rows that would decide a difference, and its sign turned."""

from __future__ import annotations

from auditor.statistics.comparisons import judged, rate_difference
from auditor.statistics.proportions import Z95, newcombe
from auditor.statistics.rate_gaps import mirrored, rows_to_decide_gap

WITHIN = (-0.1, 0.1)


def test_the_rows_named_decide_and_one_less_does_not() -> None:
    found = rows_to_decide_gap(20, 100, 300, 1_000, WITHIN, Z95)
    assert found is None  # the gap is exactly the tolerance: no number of rows decides
    found = rows_to_decide_gap(25, 100, 300, 1_000, WITHIN, Z95)
    assert found is not None
    rows, reference = found
    assert judged(*newcombe(0.3 * reference, reference, 0.25 * rows, rows), WITHIN) == "pass"
    assert judged(*newcombe(0.3 * reference, reference, 0.25 * (rows - 1), rows - 1), WITHIN) == "inconclusive"


def test_a_reference_too_small_grows_with_the_group() -> None:
    found = rows_to_decide_gap(60, 100, 30, 50, WITHIN, Z95)
    assert found is not None
    assert found[1] >= found[0] > 100


def test_turning_the_sign_twice_gives_the_same() -> None:
    one = rate_difference("x", 30, 100, 20, 80, z=3.0)
    other = mirrored(one)
    assert (other.value, other.low, other.high) == (-(one.value or 0), -(one.high or 0), -(one.low or 0))
    assert mirrored(other) == one
