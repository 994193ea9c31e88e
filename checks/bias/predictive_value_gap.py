"""BIA304."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.check import Check, Specimen
from auditor.checks.bias.error_rate_gap import predicted
from auditor.model import Reading, Record
from auditor.rows import Roles, Setting
from auditor.tallies.groups import GroupCounts
from auditor.tallies.outcomes import OutcomeCounts
from auditor.tallies.prediction_evidence import judged_rates

ROLES = Roles(label="y", prediction="said", sensitive="sex")
RATES = {
    "precision": ("acceptance_rate_difference", "false_discovery_rate_difference"),
    "negative_predictive_value": ("rejection_rate_difference", "false_omission_rate_difference"),
}


class PredictiveValueGap(Check[OutcomeCounts, GroupCounts]):
    """A prediction is right less often for one group of people than for the reference group.

    ## Why
    Whoever acts on the prediction trusts it equally for all, and is wrong more often for some.

    ## Measured
    Gaps of the share of rows predicted the favourable class that carry it (reference minus group), and of rows predicted
    otherwise that do not (group minus reference): -1 to 1, far from 0 is bad; Newcombe limits, by split and group. Found
    where the simultaneous limits, joint over all prediction gaps of the audit, lie wholly beyond the tolerance.

    ## Fix
    Calibrate scores by group, or show the confidence of each group beside the prediction.

    ## Known limits
    Where base rates differ, equal error rates and equal predictive values exclude each other unless the model is perfect
    (Chouldechova 2017, doi:10.1089/big.2016.0047). Below 100 rows or 10 such predictions nothing is judged.

    ## Source
    Das et al. 2021, arXiv:2109.03285 (DAR, DRR); Newcombe 1998. .05 and .10: as for error rates, chosen by us.
    """

    code = "BIA304"
    needs = ("sensitive", "classes", "prediction")
    warn_above: float | None = 0.05
    error_above: float | None = 0.10
    good = Specimen(train=predicted(m=(400, 100, 50, 450), f=(80, 20, 10, 90)), roles=ROLES)
    bad = Specimen(train=predicted(m=(450, 50, 50, 450), f=(60, 10, 60, 110)), roles=ROLES, found=1)

    def judge(self, setting: Setting, outcomes: OutcomeCounts, groups: GroupCounts) -> Iterator[Reading | Record]:
        yield from judged_rates(self, setting, outcomes, groups, RATES)
