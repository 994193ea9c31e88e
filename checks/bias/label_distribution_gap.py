"""BIA103."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np

from auditor.check import Check, Specimen
from auditor.model import Reading, Record, Table, Where
from auditor.rows import Roles, Setting
from auditor.statistics.comparisons import Comparison, judged
from auditor.statistics.counts import tables_within
from auditor.statistics.distances import shares, total_variation
from auditor.statistics.divergence import divergences
from auditor.statistics.value import Value
from auditor.tallies.groups import GroupCounts, GroupTable, reference_of, short
from auditor.tallies.label_gaps import MIN_GROUP, least_rows
from auditor.tallies.prediction_gaps import unmeasured

ROLES = Roles(label="y", sensitive="g")
DRAWS = 2_000  # tables drawn for the band of the distance
SHOWN = 50  # groups an attribute that are compared, the largest first


class LabelDistributionGap(Check[GroupCounts]):
    """The labels of one group of people are distributed otherwise than those of the reference group.

    ## Why
    A gap between many classes can hide from the rate of any one of them; a model learns it all the same.

    ## Measured
    Total variation of the label shares, over the union of labels: 0 to 1, high is bad; by split and group, with a bootstrap
    band, widened for all groups at once; found where the whole band lies above the limit. Beside it, without limits:
    Kullback-Leibler (nats, reference first, infinite where a label of the reference never occurs in the group),
    Jensen-Shannon (0 to ln 2), the 2-norm (0 to root 2) and the largest difference of a share (0 to 1).

    ## Fix
    See which labels make the distance, and ask where they come from; reweigh rows where it is wrong.

    ## Known limits
    Base rates may differ in truth. With many rare labels the distance of two samples of the same labels is not 0: the band
    allows for that. The 50 largest groups are compared.

    ## Source
    Das et al. 2021, arXiv:2109.03285 (KL, JS, LP, TVD, KS); Lin 1991, doi:10.1109/18.61115. .10: chosen by us, the tolerance
    of a gap of rates.
    """

    code = "BIA103"
    needs = ("sensitive", "classes")
    warn_above: float | None = 0.10
    min_group: int = MIN_GROUP
    good = Specimen(train={"g": ["a", "b"] * 300, "y": ["x", "x", "y", "y", "z", "z"] * 100}, roles=ROLES)
    bad = Specimen(train={"g": ["a"] * 400 + ["b"] * 300, "y": ["x", "y"] * 200 + ["x", "y", "z"] * 100}, roles=ROLES, found=1)

    def judge(self, setting: Setting, counts: GroupCounts) -> Iterator[Reading | Record]:
        least = least_rows(setting, self.min_group)
        tables = list(counts.tables(setting))
        places, reasons = [], [f"{a} has too many groups to count" for a in setting.roles.sensitive if counts.too_many((a,))]
        for table in tables:
            reference = reference_of([t for t in tables if t.attributes == table.attributes], setting)
            if len(table.groups) < 2 or reference not in table.groups or not table.labels:
                reasons.append(f"{table.name} in {table.split}: a gap needs two groups with labels and a reference among them")
                continue
            at, rows = table.groups.index(reference), table.counts.sum(axis=1)
            others = sorted((i for i in range(len(rows)) if i != at), key=lambda i: (-rows[i], i))[:SHOWN]
            places += [(table, i, at) for i in others]
        for reason in dict.fromkeys(reasons):
            yield self.read(Where(), unmeasured("tvd", "share", reason), reason, unsure=reason)
        family = sum(1 for t, i, at in places if min(t.counts[i].sum(), t.counts[at].sum()) >= least)
        for table, i, at in places:
            yield from self._pair(table, i, at, least, max(1, family), setting.seed)

    def _pair(self, table: GroupTable, i: int, at: int, least: int, family: int, seed: int) -> Iterator[Reading | Record]:
        own, reference = table.counts[i], table.counts[at]
        found = divergences(reference, own)
        n, n_ref = int(own.sum()), int(reference.sum())
        few = f"{min(n, n_ref):,} labelled rows, fewer than {least:,}" if min(n, n_ref) < least else ""
        made = {name: _comparison(name, value, n, n_ref, few) for name, value in found.items()}
        made["tvd"] = replace(made["tvd"], verdict="inconclusive")
        if not few:
            made["tvd"] = self._band(made["tvd"], table, i, at, family, seed)
        place = {"attribute": table.name, "group": table.groups[i], "reference": table.groups[at], "stage": "data"}
        for one in made.values():
            yield one.record(**place, split=table.split)
        yield self._reading(table, i, at, made)

    def _band(self, one: Comparison, table: GroupTable, i: int, at: int, family: int, seed: int) -> Comparison:
        """By the triangle inequality the distance is off by no more than the distance of the sampling errors."""
        counts = table.counts[[at, i]]
        counts = counts[:, counts.sum(axis=0) > 0]
        p = shares(counts)
        drawn = shares(tables_within(counts, DRAWS, seed))
        errors = total_variation(drawn[:, 0] - p[0], drawn[:, 1] - p[1])
        half, wide = np.quantile(errors, [0.95, 1 - 0.05 / family]).tolist()
        value = one.value or 0.0
        low, high = max(0.0, value - wide), min(1.0, value + wide)
        limit = self.warn_above if self.warn_above is not None else 1.0
        verdict = judged(low, high, (0.0, limit))
        return replace(
            one,
            low=max(0.0, value - half),
            high=min(1.0, value + half),
            method="bootstrap band 95 %",
            simultaneous_low=low,
            simultaneous_high=high,
            verdict=verdict,
            reason="the band holds the limit" if verdict == "inconclusive" else "",
        )

    def _reading(self, table: GroupTable, i: int, at: int, made: Mapping[str, Comparison]) -> Reading:
        one = made["tvd"]
        who = f"{table.name} {short(table.groups[i])!r} against {short(table.groups[at])!r} in {table.split}"
        own, reference = table.counts[i], table.counts[at]
        order = np.argsort(-np.abs(own / max(own.sum(), 1) - reference / max(reference.sum(), 1)), kind="stable")[:20]
        lines = tuple((short(table.labels[y]), int(own[y]), int(reference[y])) for y in order.tolist())
        ends = "" if one.low is None else f" (95 % {one.low:.3f} to {one.high:.3f})"
        said = "cannot be compared" if one.value is None else f"the labels lie {one.value:.3f} apart{ends}"
        unsure = f"{who}: {one.reason}" if one.verdict == "inconclusive" else ""
        return self.read(
            Where(split=table.split, columns=table.attributes, group=table.groups[i], reference=table.groups[at]),
            one.effect("share"),
            f"{who}: {said}, based on {one.n:,} and {one.n_reference:,} rows",
            affected=one.n,
            examined=one.n + one.n_reference,
            evidence=(Table(title=f"Labels of {who}", columns=("label", "rows", "rows of the reference"), rows=lines),),
            level="warning" if one.verdict == "fail" else "clean",
            limit=self.warn_above,
            unsure=unsure,
        )


def _comparison(name: str, value: Value, n: int, n_reference: int, few: str) -> Comparison:
    status = "suppressed" if few and value.status == "ok" else value.status
    reason = "; ".join(r for r in (value.reason, few) if r)
    return Comparison(metric=name, value=value.value, n=n, n_reference=n_reference, status=status, reason=reason)
