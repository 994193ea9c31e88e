"""BIA104."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from auditor.check import Check, Specimen
from auditor.model import Reading, Record
from auditor.rows import Roles, Setting
from auditor.tallies.conditional import readings
from auditor.tallies.groups import GroupCounts
from auditor.tallies.label_gaps import MIN_GROUP, compared_labels, least_rows
from auditor.tallies.strata import StratumCounts, no_strata

ROLES = Roles(label="y", sensitive="sex")


def stratified(d_first: int, d_second: int, factor: int = 40) -> dict[str, list[Any]]:
    """Two strata; of ten rows of each group, so many of group d are accepted against 5 of group a in either stratum."""
    rows = []
    for stratum, accepted in (("one", d_first), ("two", d_second)):
        for group, yes in (("a", 5), ("d", accepted)):
            rows += [(group, stratum, int(i < yes)) for i in range(10)] * factor
    return dict(zip(("sex", "job", "y"), map(list, zip(*rows, strict=True)), strict=True))


class ConditionalLabelGap(Check[GroupCounts, StratumCounts]):
    """Among rows that are alike in another column, a group of people still has more of the rejected than of the accepted.

    ## Why
    A gap that stays within strata is not explained by them; one that turns round was made by who applies where.

    ## Measured
    The group's share of rows without the favourable label minus its share of rows with it, inside each stratum, weighted
    by rows: -1 to 1, far from 0 is bad, above 0 is against the group. Strata are the columns of option `strata`, else the
    first twelve category columns of at most 50 values, one at a time. Limits from 2,000 whole tables, widened by Bonferroni
    over all of them; found where they lie wholly beyond the tolerance. A turned sign is named.

    ## Fix
    Read the strata of the table where the disparity is largest, and ask how their labels were given.

    ## Known limits
    A stratum that is itself a proxy or a consequence of the group explains the gap away. Strata with one outcome count as
    even; where they hold over 20 % of the rows nothing is said. The 20 largest groups are measured, against all others.

    ## Source
    Wachter, Mittelstadt & Russell 2021, doi:10.1016/j.clsr.2021.105567; Bickel, Hammel & O'Connell 1975,
    doi:10.1126/science.187.4175.398. .05: chosen by us.
    """

    code = "BIA104"
    needs = ("sensitive", "classes")
    warn_above: float | None = 0.05
    min_group: int = MIN_GROUP
    good = Specimen(train=stratified(5, 5, 15), roles=ROLES)
    bad = Specimen(train=stratified(2, 3, 15), roles=ROLES, found=1)

    def lacks(self, setting: Setting) -> str | None:
        return super().lacks(setting) or no_strata(setting)

    def judge(self, setting: Setting, groups: GroupCounts, counts: StratumCounts) -> Iterator[Reading | Record]:
        tables = list(groups.tables(setting))
        labels, reason = compared_labels(setting, tables[0].labels) if tables else ((), "there is no group to compare")
        yield from readings(self, setting, groups, counts, "label", labels, reason, least_rows(setting, self.min_group))
