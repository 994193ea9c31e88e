"""BIA106."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from auditor.check import Check, Specimen
from auditor.model import Effect, Reading, Where
from auditor.rows import Roles, Setting
from auditor.statistics.comparisons import rate_difference, rate_ratio, tolerance, two_rates_p
from auditor.tallies.complete import CompleteRows
from auditor.tallies.groups import GroupCounts, GroupTable, reference_of, short
from auditor.tallies.label_gaps import CLASSES, MIN_GROUP, compared_labels, least_rows

ROLES = Roles(label="y", sensitive="g")


class MissingGroupDiffers(Check[GroupCounts, CompleteRows]):
    """Rows whose group is missing, or that have any gap in them, are labelled otherwise than the rest.

    ## Why
    Dropping them, which most pipelines do in silence, then changes what the data say about the groups.

    ## Measured
    Label rate of rows with a missing group minus that of rows with one: -1 to 1, Newcombe limits, far from 0 is bad. And
    the label gap of each group in rows without any missing feature beside the gap in all rows: found where the verdict
    of the four-fifths tolerance turns from pass to fail or back.

    ## Fix
    Keep "(missing)" as a group of its own in every report, and ask why the value is missing.

    ## Known limits
    Values may be missing at random; placeholders that are ordinary words ("unknown") count as a group.

    ## Source
    Newcombe 1998; Little & Rubin 2019, doi:10.1002/9781119482260, on values not missing at random. .05: chosen by us,
    half the tolerance of a gap.
    """

    code = "BIA106"
    needs = ("sensitive", "classes")
    warn_above: float | None = 0.05  # half the tolerance of a label gap
    min_group: int = MIN_GROUP
    good = Specimen(train={"g": ["a", "b", None] * 100, "y": [0, 0, 0, 1, 1, 1] * 50}, roles=ROLES)
    bad = Specimen(train={"g": ["a", "b"] * 100 + [None] * 60, "y": [0, 1, 1, 0] * 50 + [1] * 60}, roles=ROLES, found=1)

    def judge(self, setting: Setting, counts: GroupCounts, complete: CompleteRows) -> Iterator[Reading]:
        least = least_rows(setting, self.min_group)
        tables = list(counts.tables(setting))
        for table in tables:
            labels, reason = compared_labels(setting, table.labels)
            where = Where(split=table.split, columns=table.attributes)
            if reason:
                none = Effect(name="label_rate_difference", value=None, unit="share", reason=reason)
                yield self.read(where, none, reason, unsure=reason)
                continue
            yield self._missing(table, labels[:CLASSES], where, least)
            if len(labels) == 1:
                reference = reference_of([t for t in tables if t.attributes == table.attributes], setting)
                cells = complete.by.get((table.split, table.name), Counter())
                yield from self._dropped(table, labels[0], reference, cells, least)

    def _missing(self, table: GroupTable, labels: tuple[str, ...], where: Where, least: int) -> Reading:
        lost = np.array(table.missing)
        k1, k2 = table.counts[lost].sum(axis=0), table.counts[~lost].sum(axis=0)
        n1, n2 = int(k1.sum()), int(k2.sum())
        at = [table.labels.index(y) for y in labels]
        if n1 == 0 or n2 == 0:
            reason = f"{table.name} is missing in {'no' if n2 else 'every'} labelled row of {table.split}"
            return self.read(
                where,
                Effect(name="label_rate_difference", value=None, unit="share", reason=reason),
                f"{table.name} is missing in {n1:,} of {n1 + n2:,} labelled rows of {table.split}",
                examined=n1 + n2,
                level="clean" if n2 else "",
                unsure="" if n2 else reason,
            )
        worst = max(at, key=lambda i: (abs(k1[i] / n1 - k2[i] / n2), -i))
        gap = rate_difference("label_rate_difference", int(k1[worst]), n1, int(k2[worst]), n2)
        p = min(1.0, len(at) * two_rates_p(int(k1[worst]), n1, int(k2[worst]), n2))
        far = abs(gap.value or 0.0) > (self.warn_above if self.warn_above is not None else 1.0)
        return self.read(
            where,
            gap.effect("share"),
            f"label {short(table.labels[worst])!r} has {k1[worst] / n1:.1%} of the {n1:,} rows of {table.split} whose "
            f"{table.name} is missing and {k2[worst] / n2:.1%} of the {n2:,} others (gap 95 % {gap.low:.3f} to {gap.high:.3f})",
            affected=n1,
            examined=n1 + n2,
            p=p,
            level="warning" if far else "clean",
            limit=self.warn_above,
            unsure=f"{table.name} is missing in {n1:,} rows, fewer than {least:,}" if n1 < least else "",
        )

    def _dropped(
        self, table: GroupTable, label: str, reference: str | None, cells: Counter[tuple[str | None, ...]], least: int
    ) -> Iterator[Reading]:
        if reference not in table.groups or sum(cells.values()) == int(table.rows.sum()):
            return
        at, y = table.groups.index(reference), table.labels.index(label)
        labelled: Counter[str | None] = Counter()
        for (group, given), rows in cells.items():
            labelled[group] += rows if given is not None else 0
        kept = {g: (cells[g, label], labelled[g]) for g in table.groups}
        for i, group in enumerate(table.groups):
            n, n_ref = int(table.counts[i].sum()), int(table.counts[at].sum())
            few = min(n, n_ref, kept[group][1], kept[reference][1]) < least
            if i == at or table.missing[i] or few:
                continue
            k, k_ref = int(table.counts[i, y]), int(table.counts[at, y])
            before = rate_ratio("label_rate_ratio", k, n, k_ref, n_ref, within=tolerance(0.8))
            after = rate_ratio("label_rate_ratio", *kept[group], *kept[reference], within=tolerance(0.8))
            gap = k / n - k_ref / n_ref
            left = kept[group][0] / kept[group][1] - kept[reference][0] / kept[reference][1]
            turned = {before.verdict, after.verdict} == {"pass", "fail"}
            yield self.read(
                Where(split=table.split, columns=table.attributes, group=group, reference=reference),
                Effect(name="change_of_label_rate_difference", value=left - gap, unit="share"),
                f"{table.name} {short(group)!r} against {short(reference)!r} in {table.split}: label gap {gap:.6f} in all "
                f"rows, {left:.6f} in the {sum(cells.values()):,} that lack nothing; verdict {before.verdict}, "
                f"then {after.verdict}",
                affected=int(table.rows.sum()) - sum(cells.values()),
                examined=int(table.rows.sum()),
                level="warning" if turned else "clean",
                limit=None,
            )
