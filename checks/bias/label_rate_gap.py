"""BIA102."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from auditor.check import Check, Specimen
from auditor.model import Effect, Reading, Record, Where
from auditor.rows import Roles, Setting
from auditor.statistics.comparisons import graded, tolerance
from auditor.tallies.gap_evidence import entries, families, gap_curve, gap_table
from auditor.tallies.groups import GroupCounts, short
from auditor.tallies.label_gaps import MIN_GROUP, LabelGap, least_rows, measure

ROLES = Roles(label="hired", sensitive="sex")


class LabelRateGap(Check[GroupCounts]):
    """One group of people is given the favourable label far less often than the reference group.

    ## Why
    A model tuned on these labels learns the gap, whatever its cause.

    ## Measured
    Ratio of label rates, group over reference (0 to infinity, 1 is even), beside their difference, reference minus
    group (-1 to 1); by split. The reference is the largest group, or the declared one. Found where the simultaneous
    limits of the ratio lie wholly outside the tolerance; a limit inside the interval is inconclusive, with the rows
    that would decide. More than two classes without a declared favourable one: each against the rest, warnings at most.

    ## Fix
    Ask where the labels come from and read the gap by stratum; where it is wrong, relabel, or reweigh rows by
    P(group) P(label) / P(group, label).

    ## Known limits
    Base rates may differ in truth; a gap may turn round within strata (Simpson's paradox), which rows of group and
    label alone cannot show. Rows are counted unweighted.

    ## Source
    Four fifths: 29 CFR 1607.4 (D). Ratio limits: MOVER-R, Donner & Zou 2012, doi:10.1177/0962280210379174; max-T:
    Westfall & Young 1993; difference: Newcombe 1998.
    """

    code = "BIA102"
    needs = ("sensitive", "classes")
    warn_below: float | None = 0.90  # half way between even and four fifths
    error_below: float | None = 0.80  # the four-fifths rule
    min_group: int = MIN_GROUP
    good = Specimen(train={"sex": ["m", "f"] * 1200, "hired": ["yes", "yes", "no", "no"] * 600}, roles=ROLES, positive="yes")
    bad = (
        Specimen(
            train={"sex": ["m"] * 200 + ["f"] * 190, "hired": (["yes", "no"] * 100) + (["yes"] + ["no"] * 9) * 19},
            roles=ROLES,
            positive="yes",
            found=1,
        ),
        Specimen(train={"sex": ["m"] * 90 + ["f"] * 80, "hired": [1, 0] * 45 + [0] * 80}, roles=ROLES, found=1),
    )

    def judge(self, setting: Setting, counts: GroupCounts) -> Iterator[Reading | Record]:
        least = least_rows(setting, self.min_group)
        gaps, reasons = measure(counts, setting, 1, least, tolerance(self.error_below))
        reasons += [f"{a} has too many groups to count: bin it" for a in setting.roles.sensitive if counts.too_many((a,))]
        for reason in dict.fromkeys(reasons):
            yield self.read(
                Where(), Effect(name="label_rate_ratio", value=None, unit="ratio", reason=reason), reason, unsure=reason
            )
        yield from entries(gaps, list(counts.tables(setting)), least)
        for _, family in families(gaps):
            small = [g for g in family if g.ratio.status == "suppressed"]
            for gap in family:
                if gap.ratio.status != "suppressed":
                    yield self._reading(gap, family)
            if small:
                yield self._too_small(small, least)

    def _reading(self, gap: LabelGap, family: Sequence[LabelGap]) -> Reading:
        level, limit = graded(gap.ratio, self.warn_below, self.error_below)
        unsure = gap.ratio.verdict == "inconclusive"
        return self.read(
            Where(split=gap.split, columns=gap.columns, group=gap.place, reference=gap.reference),
            gap.ratio.effect("ratio"),
            gap.sentence(),
            affected=gap.n,
            examined=gap.n + gap.n_ref,
            evidence=(
                gap_curve(family, self.error_below),
                gap_table(family, f"Rate of {short(gap.label)!r} by {gap.attribute}"),
            ),
            level="warning" if level == "error" and gap.one_of_many else level,
            limit=limit,
            unsure=f"{gap.attribute} {short(gap.group)!r} in {gap.split}: {gap.ratio.reason}" if unsure else "",
        )

    def _too_small(self, small: Sequence[LabelGap], least: int) -> Reading:
        first, rows = small[0], sum(g.n for g in small)
        reason = f"{first.attribute} in {first.split}: {len(small):,} groups ({rows:,} rows) cannot be judged, one side has "
        reason += f"fewer than {least:,} rows"
        effect = Effect(name="label_rate_ratio", value=None, unit="ratio", reason=reason)
        return self.read(Where(split=first.split, columns=first.columns), effect, reason, unsure=reason)
