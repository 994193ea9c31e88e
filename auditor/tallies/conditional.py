"""Each group's share of the rejected and of the accepted, overall and within strata; readings and records."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from auditor.check import Check
from auditor.model import Reading, Record, Table, Where
from auditor.rows import Setting
from auditor.statistics.comparisons import Comparison, judged
from auditor.statistics.counts import bonferroni, percentile, tables_whole
from auditor.statistics.divergence import conditional, conditional_disparity, demographic_disparity
from auditor.statistics.value import Value
from auditor.tallies.groups import GroupCounts, reference_of, short
from auditor.tallies.prediction_gaps import unmeasured
from auditor.tallies.strata import StrataTable, StratumCounts, What

DRAWS = 2_000  # tables drawn: limits to about 1 in 30 of their width
FLAT = 0.20  # share of rows in strata with one outcome above which nothing is said (bias reference, section 2)
GROUPS = 20  # groups an attribute that are measured, the largest first
METRICS = {
    "label": ("demographic_disparity", "conditional_demographic_disparity", "data"),
    "prediction": ("demographic_disparity_predicted", "conditional_demographic_disparity_predicted", "prediction"),
}
NAMED = {"label": ("labels", "labelled"), "prediction": ("classes", "predicted")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Disparity:
    """One group within the strata of one column."""

    table: StrataTable
    group: str
    reference: str
    overall: Value  # without strata
    one: Comparison  # within strata, with a verdict
    flat: float  # share of rows in strata with one outcome only
    lines: tuple[tuple[str, int, float | None], ...]  # stratum, rows, disparity there

    @property
    def turned(self) -> bool:
        """True where the strata turn the sign round."""
        a, b = self.overall.value, self.one.value
        return a is not None and b is not None and a * b < 0


def disparities_of(
    counts: StratumCounts, groups: GroupCounts, setting: Setting, what: What, favourable: str, limit: float, least: int
) -> list[Disparity]:
    """Every group but the reference, in every split, attribute and stratum column."""
    every = list(groups.tables(setting))
    places: list[tuple[StrataTable, int, str]] = []
    for table in counts.tables(groups, setting, what, favourable):
        reference = reference_of([t for t in every if t.name == table.attribute], setting)
        rows = table.counts.sum(axis=(0, 2))
        others = [i for i, g in enumerate(table.groups) if g != reference]
        if reference in table.groups:
            places += [(table, i, reference) for i in sorted(others, key=lambda i: (-rows[i], i))[:GROUPS]]
    large = sum(1 for table, i, _ in places if table.counts[:, i].sum() >= least)
    return [_disparity(table, i, reference, what, limit, bonferroni(large), least, setting) for table, i, reference in places]


def _disparity(
    table: StrataTable, i: int, reference: str, what: What, limit: float, z: float, least: int, setting: Setting
) -> Disparity:
    total, own = table.counts.sum(axis=1), table.counts[:, i]
    value, flat = conditional_disparity(own, total)
    n, others = int(own.sum()), int(total.sum() - own.sum())
    one = Comparison(
        metric=METRICS[what][1],
        value=value.value,
        n=n,
        n_reference=others,
        status=value.status,
        reason=value.reason,
        verdict="inconclusive",
    )
    if value.value is not None and min(n, others) < least:
        one = replace(one, status="suppressed", reason=f"{min(n, others):,} rows, fewer than {least:,}")
    elif value.value is not None:
        one = _limited(one, np.stack([own, total - own], axis=1), z, limit, setting.seed)
        if flat > FLAT:
            one = replace(one, verdict="inconclusive", reason=f"{flat:.0%} of the rows lie in strata with one outcome only")
    order = np.argsort(-total.sum(axis=1), kind="stable")[:30]
    lines = tuple(
        (short(table.strata[s]), int(total[s].sum()), demographic_disparity(own[s], total[s]).value) for s in order.tolist()
    )
    overall = demographic_disparity(own.sum(axis=0), total.sum(axis=0))
    return Disparity(table=table, group=table.groups[i], reference=reference, overall=overall, one=one, flat=flat, lines=lines)


def _limited(one: Comparison, cells: Any, z: float, limit: float, seed: int) -> Comparison:
    """Limits from whole tables drawn anew over (strata, group or not, outcome)."""
    drawn = tables_whole(cells, DRAWS, seed)
    replicates = conditional(drawn[:, :, 0], drawn.sum(axis=2))
    ends = percentile(replicates)
    if ends is None or one.value is None:
        return replace(one, reason="more than 5 % of the drawn tables leave it undefined: no interval")
    half = z * float(replicates.std())
    low, high = min(ends[0], one.value - half), max(ends[1], one.value + half)
    verdict = judged(low, high, (-limit, limit))
    return replace(
        one,
        low=ends[0],
        high=ends[1],
        method="count bootstrap 95 %",
        simultaneous_low=low,
        simultaneous_high=high,
        verdict=verdict,
        reason="the interval holds a limit of the tolerance" if verdict == "inconclusive" else "",
    )


def readings(
    check: Check[*tuple[Any, ...]],
    setting: Setting,
    groups: GroupCounts,
    counts: StratumCounts,
    what: What,
    favourable: Sequence[str],
    reason: str,
    least: int,
) -> Iterator[Reading | Record]:
    """A reading a group and stratum column, and the entries of `bias.comparisons`.

    `favourable` is the one favourable outcome; with several, or with a `reason`, the one reading says why nothing is compared.
    """
    outcomes, rows = NAMED[what]
    if len(favourable) > 1:
        reason = f"of more than two {outcomes} none was declared favourable: give --positive"
    limit = check.warn_above if check.warn_above is not None else float("inf")
    found = [] if reason else disparities_of(counts, groups, setting, what, favourable[0], limit, least)
    if not found:
        reason = reason or f"no group besides the reference has {rows} rows within a stratum"
        yield check.read(Where(), unmeasured(METRICS[what][1], "share", reason), reason, unsure=reason)
    told = set()
    for d in found:
        t = d.table
        place = {"attribute": t.attribute, "stage": METRICS[what][2], "split": t.split, "label": favourable[0]}
        place |= {"group": d.group, "reference": d.reference}
        if what == "label" and (t.split, t.attribute, d.group) not in told:
            told.add((t.split, t.attribute, d.group))
            bare = {"metric": METRICS[what][0], "value": d.overall.value, "n": d.one.n, "n_reference": d.one.n_reference}
            bare |= {"status": d.overall.status, "reason": d.overall.reason, "verdict": None}
            yield Record(section="bias", list="comparisons", values={**place, **bare})
        yield d.one.record(**place, stratum=t.column)
        yield _reading(check, d, limit)


def _reading(check: Check[*tuple[Any, ...]], d: Disparity, limit: float) -> Reading:
    t, one = d.table, d.one
    where = Where(split=t.split, columns=(t.attribute, t.column), group=d.group, reference=d.reference)
    who = f"{t.attribute} {short(d.group)!r} in {t.split}, within {t.column}"
    if one.value is None:
        return check.read(
            where, unmeasured(one.metric, "share", one.reason), f"{who}: {one.reason}", unsure=f"{who}: {one.reason}"
        )
    ends = "" if one.low is None else f" (95 % {one.low:.3f} to {one.high:.3f})"
    overall = "undefined" if d.overall.value is None else f"{d.overall.value:.3f}"
    turned = "; the strata turn the sign round" if d.turned else ""
    return check.read(
        where,
        one.effect("share"),
        f"{who}: share of the rejected minus share of the accepted is {one.value:.3f}{ends}, without strata {overall}{turned}; "
        f"{one.n:,} of {one.n + one.n_reference:,} rows",
        affected=one.n,
        examined=one.n + one.n_reference,
        evidence=(Table(title=f"Disparity by {t.column}", columns=("stratum", "rows", "disparity"), rows=d.lines),),
        level="warning" if one.verdict == "fail" else "clean",
        limit=limit,
        unsure=f"{who}: {one.reason}" if one.verdict == "inconclusive" else "",
    )
