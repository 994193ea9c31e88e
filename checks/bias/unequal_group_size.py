"""BIA101."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from auditor.check import Check, Specimen
from auditor.model import Effect, Histogram, Level, Reading, Record, Series, Where
from auditor.rows import Roles, Setting
from auditor.statistics.comparisons import Comparison
from auditor.statistics.proportions import wilson
from auditor.tallies.groups import GroupCounts, GroupTable, reference_of, short

ROLES = Roles(sensitive="sex")
SHOWN = 30


class UnequalGroupSize(Check[GroupCounts]):
    """A group of people has far fewer rows than the reference group.

    ## Why
    What is rare in the training rows is learned late and judged badly, and an average score does not show it.

    ## Measured
    Class imbalance (n_a - n_d) / (n_a + n_d), a the reference and d the group: -1 to 1, far from 0 is bad, with limits
    from Wilson's for the share of d. Judged in the training rows; found where the whole interval lies beyond the limit.

    ## Fix
    Collect rows of the group, or weigh them up, and report scores by group.

    ## Known limits
    A population may be that uneven in truth: then say so, and look at BIA108 for what the rows can show.

    ## Source
    Class imbalance of pre-training bias: Hardt et al. 2021, arXiv:2109.03285. Limit .60: chosen by us, one row of the
    group for four of the reference.
    """

    code = "BIA101"
    needs = ("sensitive",)
    warn_above: float | None = 0.60  # 4 : 1
    good = Specimen(train={"sex": ["m", "f"] * 50}, roles=ROLES)
    bad = Specimen(train={"sex": ["m"] * 190 + ["f"] * 10}, roles=ROLES, found=1)

    def judge(self, setting: Setting, counts: GroupCounts) -> Iterator[Reading | Record]:
        tables = list(counts.tables(setting))
        train = next((s.name for s in setting.splits if s.part == "train"), setting.splits[0].name)
        for table in tables:
            reference = reference_of([t for t in tables if t.attributes == table.attributes], setting)
            if reference not in table.groups or len(table.groups) < 2:
                reason = f"{table.name} in {table.split}: a size needs another group to be compared with"
                none = Effect(name="class_imbalance", value=None, unit="share", reason=reason)
                yield self.read(Where(split=table.split, columns=table.attributes), none, reason, unsure=reason)
                continue
            at = table.groups.index(reference)
            for i in sorted(range(len(table.groups)), key=lambda i: (-int(table.rows[i]), i))[: SHOWN + 1]:
                if i != at:
                    comparison = self._comparison(int(table.rows[at]), int(table.rows[i]))
                    place = {"attribute": table.name, "group": table.groups[i], "reference": reference}
                    yield comparison.record(**place, stage="data", split=table.split)
                    if table.split == train and not table.missing[i]:
                        yield self._reading(table, i, at, comparison)
        if not tables:
            reason = "the groups are too many to count: bin the column"
            none = Effect(name="class_imbalance", value=None, unit="share", reason=reason)
            yield self.read(Where(), none, reason, unsure=reason)

    def _comparison(self, n_ref: int, n: int) -> Comparison:
        low, high = wilson(n_ref, n_ref + n)
        limit = self.warn_above if self.warn_above is not None else 1.0
        below, above = 2 * low - 1, 2 * high - 1
        return Comparison(
            metric="class_imbalance",
            value=(n_ref - n) / (n_ref + n),
            low=below,
            high=above,
            method="Wilson 95 % of the share",
            n=n,
            n_reference=n_ref,
            verdict="fail" if below > limit else "pass" if above <= limit else "inconclusive",
        )

    def _reading(self, table: GroupTable, i: int, at: int, one: Comparison) -> Reading:
        group, reference = table.groups[i], table.groups[at]
        level: Level | Literal["clean"] = "warning" if one.verdict == "fail" else "clean"
        order = sorted(range(len(table.groups)), key=lambda g: -int(table.rows[g]))[:SHOWN]
        bars = Series(name="rows", x=tuple(short(table.groups[g]) for g in order), y=tuple(float(table.rows[g]) for g in order))
        inside = f"{table.name} {short(group)!r}: the interval of the imbalance holds the limit {self.warn_above}"
        return self.read(
            Where(split=table.split, columns=table.attributes, group=group, reference=reference),
            one.effect("share"),
            f"{table.name} {short(group)!r} has {one.n:,} rows in {table.split}, {short(reference)!r} has {one.n_reference:,}: "
            f"imbalance {one.value:.3f} (95 % {one.low:.3f} to {one.high:.3f})",
            affected=one.n,
            examined=one.n + one.n_reference,
            evidence=(
                Histogram(title=f"Rows by {table.name} in {table.split}", x_label=table.name, y_label="rows", series=(bars,)),
            ),
            level=level,
            limit=self.warn_above,
            unsure=inside if one.verdict == "inconclusive" else "",
        )
