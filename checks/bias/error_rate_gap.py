"""BIA303."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from auditor.check import Check, Specimen
from auditor.model import Reading, Record
from auditor.rows import Roles, Setting
from auditor.tallies.composites import composite_records
from auditor.tallies.groups import GroupCounts
from auditor.tallies.outcomes import OutcomeCounts
from auditor.tallies.prediction_evidence import judged_rates
from auditor.tallies.prediction_gaps import places
from auditor.tallies.spreads import spread_records

ROLES = Roles(label="y", prediction="said", sensitive="sex")
RATES = {
    "true_positive_rate": ("recall_difference", "false_negative_rate_difference"),
    "false_positive_rate": ("false_positive_rate_difference", "specificity_difference", "false_positive_rate_ratio"),
}


def predicted(**groups: tuple[int, int, int, int]) -> dict[str, list[Any]]:
    """Rows of groups with so many true positives, false negatives, false positives, true negatives each."""
    rows = [
        (g, y, p)
        for g, c in groups.items()
        for (y, p), n in zip(((1, 1), (1, 0), (0, 1), (0, 0)), c, strict=True)
        for _ in range(n)
    ]
    return dict(zip(("sex", "y", "said"), map(list, zip(*rows, strict=True)), strict=True))


class ErrorRateGap(Check[OutcomeCounts, GroupCounts]):
    """The model misses, or wrongly accuses, one group of people more often than the reference group.

    ## Why
    Two people who deserve the same answer get it with different odds.

    ## Measured
    Gaps of true and of false positive rates (-1 to 1, far from 0 is bad; the missed and the rightly left are their
    mirror images), Newcombe limits, by split and group. Found where the simultaneous limits, joint over all prediction
    gaps of the audit, lie wholly beyond the tolerance. Beside them the mean of both (average odds, count bootstrap) and
    the largest of both over all groups (equalised odds), which is above 0 even where all groups are equal: no verdict.

    ## Fix
    Set thresholds by group on validation rows, or train under a constraint (exponentiated gradient); collect positives.

    ## Known limits
    Groups without positives or negatives have no such rate and get no answer. Below 100 rows, or 10 positives or
    negatives, rates are shown and not judged. Labels that are wrong for one group make its errors wrong too.

    ## Source
    Hardt, Price & Srebro 2016, arXiv:1610.02413; Newcombe 1998. .05 and .10: chosen by us, confirmed by counting false
    finds at a gap of 0 and of exactly the tolerance.
    """

    code = "BIA303"
    needs = ("sensitive", "classes", "prediction")
    warn_above: float | None = 0.05
    error_above: float | None = 0.10
    good = Specimen(train=predicted(m=(400, 100, 50, 450), f=(80, 20, 10, 90)), roles=ROLES)
    bad = (
        Specimen(train=predicted(m=(450, 50, 50, 450), f=(60, 60, 12, 108)), roles=ROLES, found=1),
        Specimen(train=predicted(m=(450, 50, 50, 450), f=(90, 10, 60, 60), x=(9, 1, 1, 9)), roles=ROLES, found=1),
    )

    def judge(self, setting: Setting, outcomes: OutcomeCounts, groups: GroupCounts) -> Iterator[Reading | Record]:
        yield from judged_rates(self, setting, outcomes, groups, RATES)
        for place in places(outcomes, groups, setting)[0]:
            yield from spread_records(place, setting, ("equalized_odds_difference",))
            yield from composite_records(place, ("average_odds_difference",), setting)
