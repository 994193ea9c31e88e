"""BIA306."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.check import Check, Specimen
from auditor.checks.bias.error_rate_gap import predicted
from auditor.model import Reading, Record, Table, Where
from auditor.rows import Roles, Setting
from auditor.statistics.comparisons import Comparison
from auditor.tallies.composites import composite_record, composites, unjudged
from auditor.tallies.groups import GroupCounts, short
from auditor.tallies.outcomes import OutcomeCounts
from auditor.tallies.prediction_gaps import Place, places, unmeasured

ROLES = Roles(label="y", prediction="said", sensitive="sex")
METRICS = ("conditional_acceptance_difference", "conditional_rejection_difference", "treatment_equality")


class AcceptanceRatioGap(Check[OutcomeCounts, GroupCounts]):
    """The model accepts, rejects or errs in another proportion to the labels for one group than for the reference group.

    ## Why
    A group may be accepted less than its labels warrant although each kind of error looks alike when read alone.

    ## Measured
    Labelled over predicted favourable rows, reference minus group; labelled over predicted unfavourable rows, group minus
    reference; missed over wrongly accepted rows, group minus reference: each without bounds, 0 is even. Limits from 10,000
    tables with each group's size fixed, widened by Bonferroni over all of them; found where they lie wholly beyond the
    tolerance.

    ## Fix
    Look which error makes the quotient (BIA303, BIA304); move the threshold of the group on validation rows.

    ## Known limits
    A denominator of 0 has no answer, below 30 rows no interval. Quotients of small counts swing widely.

    ## Source
    Das et al. 2021, arXiv:2109.03285 (DCA, DCR, TE); Berk et al. 2021, doi:10.1177/0049124118782533 (treatment equality).
    .20: chosen by us.
    """

    code = "BIA306"
    needs = ("sensitive", "classes", "prediction")
    warn_above: float | None = 0.20
    good = Specimen(train=predicted(m=(240, 40, 40, 240), f=(200, 35, 35, 200)), roles=ROLES)
    bad = Specimen(train=predicted(m=(320, 40, 40, 320), f=(100, 160, 31, 180)), roles=ROLES)

    def judge(self, setting: Setting, outcomes: OutcomeCounts, groups: GroupCounts) -> Iterator[Reading | Record]:
        found, reasons = places(outcomes, groups, setting)
        for reason in dict.fromkeys(reasons):
            yield self.read(Where(), unmeasured(METRICS[0], "rows a row", reason), reason, unsure=reason)
        fit = [[not few for few in unjudged(p, metric, setting)] for p in found for metric in METRICS]
        family = sum(max(0, sum(groups_) - 1) for groups_ in fit)
        for place in found:
            gaps = list(composites(place, METRICS, setting, self.warn_above, family))
            shown = self._table(place, gaps)
            for i, one in gaps:
                yield composite_record(place, i, one)
                if one.status == "ok":
                    yield self._reading(place, i, one, shown)
            yield from self._unfit(place, gaps)

    def _reading(self, place: Place, i: int, one: Comparison, shown: Table) -> Reading:
        many = f" · {place.label}" if place.one_of_many else ""
        name = one.metric.replace("_", " ")
        who = f"{place.attribute} {short(place.groups[i])!r} against {short(place.reference)!r} in {place.split}"
        ends = "" if one.low is None else f" (95 % {one.low:.3f} to {one.high:.3f})"
        return self.read(
            Where(
                split=place.split,
                columns=(place.attribute,),
                group=f"{place.groups[i]}{many} · {name}",
                reference=place.reference,
            ),
            one.effect("rows a row"),
            f"{who}: {name} {one.value:.3f}{ends}, based on {one.n:,} and {one.n_reference:,} rows",
            affected=one.n,
            examined=one.n + one.n_reference,
            evidence=(shown,),
            level="warning" if one.verdict == "fail" else "clean",
            limit=self.warn_above,
            unsure=f"{name} of {who}: {one.reason}" if one.verdict == "inconclusive" else "",
        )

    def _unfit(self, place: Place, gaps: list[tuple[int, Comparison]]) -> Iterator[Reading]:
        """One reading a metric for all groups that cannot be judged."""
        for metric in METRICS:
            few = [(i, one) for i, one in gaps if one.metric == metric and one.status != "ok"]
            if few:
                name = metric.replace("_", " ")
                reason = f"{name} by {place.attribute} in {place.split}: {len(few):,} groups cannot be judged: "
                reason += f"{short(place.groups[few[0][0]])!r}: {few[0][1].reason}"
                where = Where(split=place.split, columns=(place.attribute,), group=f"{place.label} · {name}")
                yield self.read(where, unmeasured(metric, "rows a row", reason), reason, unsure=reason)

    @staticmethod
    def _table(place: Place, gaps: list[tuple[int, Comparison]]) -> Table:
        lines = tuple((short(place.groups[i]), c.metric, c.value, c.low, c.high, c.verdict, c.reason) for i, c in gaps[:30])
        columns = ("group", "metric", "value", "low", "high", "verdict", "why")
        note = f"{len(gaps) - 30:,} more lines are not shown" if len(gaps) > 30 else ""
        return Table(title=f"Labelled against predicted by {place.attribute}", columns=columns, rows=lines, note=note)
