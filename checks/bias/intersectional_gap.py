"""BIA105."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from auditor.check import Check, Specimen
from auditor.model import Effect, Reading, Record, Table, Where
from auditor.rows import Roles, Setting
from auditor.statistics.comparisons import graded, tolerance, two_rates_p
from auditor.statistics.counts import shrunk
from auditor.statistics.multiplicity import benjamini_hochberg
from auditor.tallies.gap_evidence import entries, families, gap_curve
from auditor.tallies.groups import GroupCounts, short
from auditor.tallies.label_gaps import MIN_GROUP, LabelGap, least_rows, measure

ROLES = Roles(label="hired", sensitive=("sex", "race"))
SHOWN = 30
EVEN = {"sex": ["m", "f", "m", "f"] * 600, "race": ["b", "b", "w", "w"] * 600, "hired": (["yes"] * 4 + ["no"] * 4) * 300}


class IntersectionalGap(Check[GroupCounts]):
    """A crossing of two groups is given the favourable label far less often than the largest crossing.

    ## Why
    Two attributes can each look even while their crossing does not: Black women fare otherwise than Black people and
    women do.

    ## Measured
    As BIA102, over every pair of sensitive attributes: the ratio of label rates of a crossing to the largest crossing,
    with max-T simultaneous limits over all crossings; ranked by the lower limit. Beside it the rate shrunk to the mean
    by a beta-binomial, and Benjamini-Hochberg q-values. Crossings under `min_group` rows are summed up and not judged.

    ## Fix
    Read the label rule and the sources for the crossings listed; collect rows where they are few.

    ## Known limits
    Sparse crossings cannot be told; base rates may differ in truth; a crossing repeats a gap that one of its attributes
    has alone (BIA102).

    ## Source
    Crenshaw 1989 (U. Chicago Legal Forum 139); limits as BIA102; shrinkage: Kleinman 1973,
    doi:10.1080/01621459.1973.10481332.
    """

    code = "BIA105"
    needs = ("sensitive", "classes")
    warn_below: float | None = 0.90  # as BIA102
    error_below: float | None = 0.80
    min_group: int = MIN_GROUP
    good = Specimen(train=EVEN, roles=ROLES, positive="yes")
    bad = Specimen(
        train={
            "sex": ["m"] * 400 + ["f"] * 400,
            "race": (["w"] * 200 + ["b"] * 200) * 2,
            "hired": (["yes", "no"] * 100) * 2 + ["yes"] * 130 + ["no"] * 70 + ["yes"] * 20 + ["no"] * 180,
        },
        roles=ROLES,
        positive="yes",
    )

    def lacks(self, setting: Setting) -> str | None:
        few = len(set(setting.roles.sensitive)) < 2
        return super().lacks(setting) or ("fewer than two columns have the role sensitive" if few else None)

    def judge(self, setting: Setting, counts: GroupCounts) -> Iterator[Reading | Record]:
        least = least_rows(setting, self.min_group)
        gaps, reasons = measure(counts, setting, 2, least, tolerance(self.error_below))
        for reason in dict.fromkeys(reasons):
            yield self.read(
                Where(), Effect(name="label_rate_ratio", value=None, unit="ratio", reason=reason), reason, unsure=reason
            )
        yield from entries(gaps, list(counts.tables(setting, 2)), least)
        for _, family in families(gaps):
            large = [g for g in family if g.ratio.status != "suppressed"]
            small = [g for g in family if g.ratio.status == "suppressed"]
            large.sort(key=lambda g: (g.ratio.low if g.ratio.low is not None else np.inf, g.group))
            table = self._table(large, small)
            for gap in large:
                yield self._reading(gap, large, table)
            if small:
                rows = sum(g.n for g in small)
                reason = f"{small[0].attribute} in {small[0].split}: too small ({len(small):,} cells, {rows:,} rows)"
                none = Effect(name="label_rate_ratio", value=None, unit="ratio", reason=reason)
                yield self.read(Where(split=small[0].split, columns=small[0].columns), none, reason, unsure=reason)

    def _reading(self, gap: LabelGap, family: Sequence[LabelGap], table: Table) -> Reading:
        level, limit = graded(gap.ratio, self.warn_below, self.error_below)
        unsure = gap.ratio.verdict == "inconclusive"
        return self.read(
            Where(split=gap.split, columns=gap.columns, group=gap.place, reference=gap.reference),
            gap.ratio.effect("ratio"),
            gap.sentence(),
            affected=gap.n,
            examined=gap.n + gap.n_ref,
            evidence=(gap_curve(family, self.error_below), table),
            level="warning" if level == "error" and gap.one_of_many else level,
            limit=limit,
            unsure=f"{gap.attribute} {short(gap.group)!r} in {gap.split}: {gap.ratio.reason}" if unsure else "",
        )

    @staticmethod
    def _table(large: Sequence[LabelGap], small: Sequence[LabelGap]) -> Table:
        """Crossings by the lower limit of their ratio, with shrunken rates and q-values."""
        first = (*large, *small)[0]
        k = np.array([first.k_ref, *(g.k for g in large)], np.int64)
        n = np.array([first.n_ref, *(g.n for g in large)], np.int64)
        rates = shrunk(k, n)
        q = benjamini_hochberg([two_rates_p(g.k, g.n, g.k_ref, g.n_ref) for g in large])
        lines: list[tuple[str | float | None, ...]] = [
            (f"{short(first.reference)} (reference)", float(n[0]), k[0] / n[0], float(rates[0]), None, None, None)
        ]
        for i, g in enumerate(large):
            lines.append((short(g.group), float(g.n), g.k / g.n, float(rates[i + 1]), g.ratio.value, g.ratio.low, q[i]))
        if small:
            lines.append((f"too small ({len(small):,} cells)", float(sum(g.n for g in small)), None, None, None, None, None))
        return Table(
            title=f"Rate of {short(first.label)!r} by {first.attribute} in {first.split}",
            columns=("group", "rows", "rate", "rate, shrunk", "ratio", "lower limit", "q"),
            rows=tuple(lines[: SHOWN + 2]),
            note=f"{len(lines) - SHOWN - 2:,} more are not shown" if len(lines) > SHOWN + 2 else "",
        )
