"""Limits, bounds, multiplicity and outcomes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from scipy import stats

from auditor.check import Check, Specimen
from auditor.judging import Judged, conclude, fingerprint, nearest, weigh
from auditor.model import Effect, Measured, Reading, Where
from auditor.rows import Setting
from auditor.statistics.multiplicity import benjamini_hochberg
from auditor.tallies.labels import LabelCounts


class Sample(Check[LabelCounts]):
    """A fault.

    ## Why
    w
    ## Measured
    m
    ## Fix
    f
    ## Known limits
    k
    ## Source
    s
    """

    code = "TST101"
    warn_above: float | None = 0.1
    error_above: float | None = 0.2
    good = bad = Specimen(train={})

    def judge(self, setting: Setting, counts: LabelCounts) -> Iterator[Reading]:
        yield from ()


def effect(value: float | None, low: float | None = None, high: float | None = None) -> Effect:
    return Effect(name="share", value=value, low=low, high=high, unit="share")


def reading(value: float | None, **more: Any) -> Reading:
    where = more.pop("where", Where(split="train"))
    return Reading(where=where, effect=effect(value), message="m", **more)


def test_an_error_needs_the_whole_interval_beyond_the_limit() -> None:
    assert weigh(effect(0.3, 0.21, 0.4), Sample())[0] == "error"
    assert weigh(effect(0.3, 0.19, 0.4), Sample())[0] == "warning"


def test_a_point_beyond_an_error_limit_below_the_warning_limit_is_never_clean() -> None:
    tightened = Sample(error_above=0.05)
    assert weigh(effect(0.07, 0.04, 0.1), tightened) == ("warning", 0.05)
    assert weigh(effect(0.07, 0.06, 0.1), tightened) == ("error", 0.05)
    assert weigh(effect(0.04, 0.01, 0.1), tightened)[0] is None


def test_the_bound_says_which_end_must_miss_the_limit() -> None:
    value = effect(0.19, 0.1, 0.25)
    assert weigh(value, Sample())[0] == "warning"
    assert weigh(value, Sample(bound="unfavourable"))[0] == "error"
    assert weigh(effect(0.21, 0.1, 0.4), Sample(bound="point"))[0] == "error"


def test_a_value_on_the_limit_does_not_break_it() -> None:
    assert weigh(effect(0.1), Sample())[0] is None


def test_lower_limits_use_the_upper_end() -> None:
    check = Sample(warn_above=None, error_above=None, warn_below=0.9, error_below=0.8)
    assert weigh(effect(0.7, 0.6, 0.79), check)[0] == "error"
    assert weigh(effect(0.7, 0.6, 0.85), check)[0] == "warning"
    assert weigh(effect(0.95, 0.9, 1.0), check)[0] is None


def test_an_error_limit_alone_warns_where_the_interval_is_in_doubt() -> None:
    check = Sample(warn_above=None)
    assert weigh(effect(0.25, 0.15, 0.4), check) == ("warning", 0.2)


def test_an_undefined_value_reaches_no_level() -> None:
    assert weigh(effect(None), Sample()) == (None, None)


def test_the_worst_level_can_be_capped() -> None:
    assert weigh(effect(0.9), Sample(), at_most="warning")[0] == "warning"
    assert weigh(effect(0.9), Sample(), at_most="note")[0] is None


def test_an_unknown_parameter_is_refused() -> None:
    with pytest.raises(ValueError, match="warn_abve"):
        Sample(warn_abve=3)


def test_corrected_p_values_agree_with_scipy() -> None:
    p = [0.001, 0.04, 0.03, 0.2, 0.9, 0.03]
    assert benjamini_hochberg(p) == pytest.approx(list(stats.false_discovery_control(p)))


def test_a_large_effect_without_significance_is_not_found() -> None:
    several = tuple(reading(0.5, p=0.04, where=Where(columns=(str(i),))) for i in range(5))
    findings, outcomes = conclude([Judged(Sample(), (*several, reading(0.05, p=0.9)))], "d")
    assert len(findings) == 5  # 0.04 * 6 / 5 = .048
    assert outcomes[0].status == "found"
    findings, outcomes = conclude([Judged(Sample(), (reading(0.5, p=0.04), reading(0.05, p=0.9)))], "d")
    assert findings == ()
    assert outcomes[0].status == "clean"


@pytest.mark.parametrize(
    ("judged", "status"),
    [
        (Judged(Sample(), (reading(0.5), reading(None, unsure="n"))), "found"),
        (Judged(Sample(), (reading(0.01), reading(None, unsure="n too small"))), "inconclusive"),
        (Judged(Sample(), (reading(0.01),)), "clean"),
        (Judged(Sample(), ()), "skipped"),
        (Judged(Sample(), (), skipped="no label"), "skipped"),
        (Judged(Sample(), (reading(0.5),), error="ValueError: x"), "error"),
    ],
)
def test_the_outcome_is_the_first_that_holds(judged: Judged, status: str) -> None:
    outcome = conclude([judged], "d")[1][0]
    assert outcome.status == status
    assert outcome.reason or status == "clean"


def test_a_group_with_a_bar_in_its_name_does_not_meet_another() -> None:
    assert fingerprint("A", "d", Where(group="a|b")) != fingerprint("A", "d", Where(group="a", reference="b"))
    assert fingerprint("A", "d", Where(columns=("a", "b"))) != fingerprint("A", "d", Where(columns=("a,b",)))


def test_what_is_nearest_the_limit_comes_first() -> None:
    entries = [Measured(where=Where(), effect=effect(v), limit=0.1) for v in (0.9, None, 0.11, 0.0)]
    assert [m.effect.value for m in nearest(entries)] == [0.11, 0.0, 0.9, None]
