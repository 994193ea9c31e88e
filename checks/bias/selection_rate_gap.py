"""BIA302."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from auditor.check import Check, Specimen
from auditor.model import Reading, Record
from auditor.rows import Roles, Setting
from auditor.tallies.groups import GroupCounts
from auditor.tallies.outcomes import OutcomeCounts
from auditor.tallies.prediction_evidence import judged_rates
from auditor.tallies.prediction_gaps import no_classes, places
from auditor.tallies.spreads import spread_records

ROLES = Roles(prediction="said", sensitive="sex")
EVEN: dict[str, list[Any]] = {"sex": ["m", "f"] * 200, "said": ["yes", "yes", "no", "no"] * 100}
RATES = {"selection_rate": ("selection_rate_ratio", "selection_rate_difference")}


class SelectionRateGap(Check[OutcomeCounts, GroupCounts]):
    """The model predicts the favourable class far less often for one group of people than for the reference group.

    ## Why
    Whoever is not selected does not get the loan, the job or the bed, however well the model scores overall.

    ## Measured
    Ratio of selection rates, group over reference (0 to infinity, 1 is even), beside their difference, reference minus
    group (-1 to 1), by split; no label is needed. Found where the simultaneous limits, joint over all prediction gaps of
    the audit, lie wholly outside the tolerance. Beside them the largest difference over all groups with its mean under
    shuffled groups and a permutation p: it is above 0 even where all groups are equal, and gets no verdict.

    ## Fix
    Compare with the label gap: a model that widens it needs thresholds or weights by group; one that repeats it, better labels.

    ## Known limits
    Base rates may differ in truth. Groups below 30 rows are shown and not judged. Rows are counted unweighted.

    ## Source
    Four fifths: 29 CFR 1607.4 (D). Ratio limits: MOVER-R, Donner & Zou 2012, doi:10.1177/0962280210379174; max-T:
    Westfall & Young 1993.
    """

    code = "BIA302"
    needs = ("sensitive", "prediction")
    warn_below: float | None = 0.90  # half way between even and four fifths
    error_below: float | None = 0.80  # the four-fifths rule
    good = Specimen(train=EVEN, roles=ROLES, positive="yes")
    bad = (
        Specimen(
            train={"sex": ["m"] * 200 + ["f"] * 190, "said": ["yes", "no"] * 100 + (["yes"] + ["no"] * 9) * 19},
            roles=ROLES,
            positive="yes",
            found=1,
        ),
        Specimen(train={"sex": ["m"] * 90 + ["f"] * 80, "said": [1, 0] * 45 + [0] * 80}, roles=ROLES, found=1),
    )

    def lacks(self, setting: Setting) -> str | None:
        return super().lacks(setting) or no_classes(setting)

    def judge(self, setting: Setting, outcomes: OutcomeCounts, groups: GroupCounts) -> Iterator[Reading | Record]:
        yield from judged_rates(self, setting, outcomes, groups, RATES)
        for place in places(outcomes, groups, setting)[0]:
            yield from spread_records(place, setting, ("demographic_parity_difference", "demographic_parity_ratio"))
