"""BIA307."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.check import Check, Specimen
from auditor.checks.bias.conditional_label_gap import stratified
from auditor.model import Reading, Record
from auditor.rows import Roles, Setting
from auditor.tallies.conditional import readings
from auditor.tallies.groups import GroupCounts
from auditor.tallies.label_gaps import MIN_GROUP, least_rows
from auditor.tallies.outcomes import OutcomeCounts
from auditor.tallies.prediction_gaps import favourable, no_classes
from auditor.tallies.strata import StratumCounts, no_strata

ROLES = Roles(prediction="y", sensitive="sex")


class ConditionalPredictionGap(Check[GroupCounts, OutcomeCounts, StratumCounts]):
    """Among rows that are alike in another column, the model still rejects one group of people more than it accepts it.

    ## Why
    A selection gap that stays within strata is not explained by them; one that turns round was made by who applies where.

    ## Measured
    The group's share of rows not predicted the favourable class minus its share of rows so predicted, inside each stratum,
    weighted by rows: -1 to 1, far from 0 is bad, above 0 is against the group. Strata, limits and the turned sign: as for
    the conditional label gap (BIA104).

    ## Fix
    Compare with the same disparity of the labels: where the model adds to it, look at the columns it leans on.

    ## Known limits
    As for BIA104: a stratum may itself be a proxy or a consequence of the group.

    ## Source
    Wachter, Mittelstadt & Russell 2021, doi:10.1016/j.clsr.2021.105567; Das et al. 2021, arXiv:2109.03285 (CDDPL). .05:
    chosen by us.
    """

    code = "BIA307"
    needs = ("sensitive", "prediction")
    warn_above: float | None = 0.05
    min_group: int = MIN_GROUP
    good = Specimen(train=stratified(5, 5, 15), roles=ROLES)
    bad = Specimen(train=stratified(2, 3, 15), roles=ROLES, found=1)

    def lacks(self, setting: Setting) -> str | None:
        return super().lacks(setting) or no_classes(setting) or no_strata(setting)

    def judge(
        self, setting: Setting, groups: GroupCounts, outcomes: OutcomeCounts, counts: StratumCounts
    ) -> Iterator[Reading | Record]:
        vocabulary, reason = outcomes.vocabulary(setting)
        labels, reason = ((), reason) if reason else favourable(setting, vocabulary)
        yield from readings(self, setting, groups, counts, "prediction", labels, reason, least_rows(setting, self.min_group))
