"""BIA102."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

from auditor.check import Check, Specimen
from auditor.model import Curve, Effect, Level, Mark, Reading, Record, Series, Where
from auditor.rows import Roles, Setting
from auditor.statistics.proportions import wilson
from auditor.tallies.groups import GroupCounts, short
from auditor.tallies.label_gaps import MIN_GROUP, LabelGap, compared_labels, gap_table, group_records, least_rows, measure

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
        gaps, reasons = measure(counts, setting, 1, least, self._tolerance(self.error_below))
        for table in counts.tables(setting):
            labels, _ = compared_labels(setting, table.labels)
            if gaps:
                yield from group_records(table, sorted({g.label for g in gaps}) or labels, least)
        for attribute in setting.roles.sensitive:
            if counts.too_many((attribute,)):
                reasons.append(f"{attribute} has too many groups to count: bin it")
        for reason in dict.fromkeys(reasons):
            yield self.read(
                Where(), Effect(name="label_rate_ratio", value=None, unit="ratio", reason=reason), reason, unsure=reason
            )
        for gap in gaps:
            yield from gap.records()
            family = [g for g in gaps if (g.split, g.attribute, g.label) == (gap.split, gap.attribute, gap.label)]
            yield self._reading(gap, family)

    @staticmethod
    def _tolerance(limit: float | None) -> tuple[float, float]:
        """The limit and its reciprocal: who is the reference must not decide."""
        return (limit, 1 / limit) if limit else (0.0, float("inf"))

    def _reading(self, gap: LabelGap, family: Sequence[LabelGap]) -> Reading:
        level, limit = self._level(gap)
        unsure = gap.ratio.verdict == "inconclusive"
        return self.read(
            Where(split=gap.split, columns=(*gap.columns,), group=_place(gap), reference=gap.reference),
            gap.ratio.effect("ratio"),
            gap.sentence(),
            affected=gap.n,
            examined=gap.n + gap.n_ref,
            evidence=(self._dots(family), gap_table(family, f"Rate of {short(gap.label)!r} by {gap.attribute}")),
            level=level,
            limit=limit,
            unsure=f"{gap.attribute} {short(gap.group)!r} in {gap.split}: {gap.ratio.reason}" if unsure else "",
        )

    def _level(self, gap: LabelGap) -> tuple[Level | Literal["clean"], float | None]:
        """error: outside four fifths; warning: inside it, and wholly outside the narrower tolerance."""
        if gap.ratio.verdict == "fail":
            return ("warning" if gap.one_of_many else "error"), self.error_below
        low, high = gap.ratio.simultaneous_low, gap.ratio.simultaneous_high
        narrow = self._tolerance(self.warn_below)
        if gap.ratio.verdict == "pass" and low is not None and high is not None and (high < narrow[0] or low > narrow[1]):
            return "warning", self.warn_below
        return "clean", self.error_below

    def _dots(self, family: Sequence[LabelGap]) -> Curve:
        first = family[0]
        dots = [(first.reference, first.k_ref, first.n_ref), *((g.group, g.k, g.n) for g in family if g.n)][:30]
        ends = [wilson(k, n) for _, k, n in dots]
        series = Series(
            name=first.split,
            x=tuple(short(name) for name, _, _ in dots),
            y=tuple(k / n for _, k, n in dots),
            low=tuple(low for low, _ in ends),
            high=tuple(high for _, high in ends),
        )
        limit = (self.error_below or 0.0) * first.k_ref / first.n_ref
        return Curve(
            title=f"Rate of {short(first.label)!r} by {first.attribute} in {first.split}, reference {short(first.reference)!r}",
            x_label=first.attribute,
            y_label="rate (95 % Wilson)",
            series=(series,),
            marks=(Mark(axis="y", at=limit, label=f"{self.error_below:g} of the reference"),) if self.error_below else (),
        )


def _place(gap: LabelGap) -> str:
    return f"{gap.group} · {gap.label}" if gap.one_of_many else gap.group
