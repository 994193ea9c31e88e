"""Places at which scores of groups are compared, and what is said of each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from auditor.check import Check
from auditor.model import Reading, Table, Where
from auditor.rows import Setting
from auditor.statistics.comparisons import Comparison, Status, judged
from auditor.statistics.group_scores import Limited
from auditor.tallies.groups import GroupCounts, reference_of, short
from auditor.tallies.prediction_gaps import unmeasured
from auditor.tallies.scores import Scored, Scores

SHOWN = 50  # groups an attribute that are compared, the largest first
Pair = tuple[Scored, int, int]  # rows, group, reference


def pairs(scores: Scores, groups: GroupCounts, setting: Setting) -> tuple[list[Pair], list[str]]:
    """Every group with its reference, and why some cannot be compared."""
    if scores.wrong:
        return [], [scores.wrong]
    every, found, reasons = list(groups.tables(setting)), [], []
    tables = scores.tables(groups, setting)
    if not tables:
        reasons.append("no row has a label and a score")
    for table in tables:
        reference = reference_of([t for t in every if t.name == table.attribute], setting)
        if len(table.groups) < 2 or reference not in table.groups:
            reasons.append(f"{table.attribute} in {table.split}: a gap needs two groups with scores and a reference among them")
            continue
        at = table.groups.index(reference)
        rows = [int((table.group == i).sum()) for i in range(len(table.groups))]
        others = sorted((i for i in range(len(rows)) if i != at), key=lambda i: (-rows[i], i))[:SHOWN]
        found += [(table, i, at) for i in others]
    return found, list(dict.fromkeys(reasons))


def compared(
    metric: str, found: Limited, n: int, n_reference: int, method: str, few: str, within: tuple[float, float] | None
) -> Comparison:
    """As an entry of `bias.comparisons`; a verdict where a tolerance stands."""
    value = found.value
    status: Status = "suppressed" if few and value.status == "ok" else value.status
    verdict: Any = None
    reason = "; ".join(r for r in (value.reason, few) if r)
    if within is not None:
        told = status == "ok" and found.wide_low is not None and found.wide_high is not None
        verdict = judged(found.wide_low or 0.0, found.wide_high or 0.0, within) if told else "inconclusive"
        if verdict == "inconclusive":
            reason = reason or "the interval holds a limit of the tolerance"
    return Comparison(
        metric=metric,
        value=value.value,
        low=found.low,
        high=found.high,
        method=method if found.low is not None else "",
        simultaneous_low=found.wide_low,
        simultaneous_high=found.wide_high,
        n=n,
        n_reference=n_reference,
        status=status,
        reason=reason,
        verdict=verdict,
    )


def said(
    check: Check[*tuple[Any, ...]], pair: Pair, one: Comparison, limit: float | None, unit: str, shown: Table, more: str = ""
) -> Iterator[Reading]:
    """The reading of one comparison with a verdict."""
    table, i, at = pair
    name = one.metric.replace("_", " ")
    who = f"{table.attribute} {short(table.groups[i])!r} against {short(table.groups[at])!r} in {table.split}"
    where = Where(
        split=table.split,
        columns=(table.attribute,),
        group=f"{table.groups[i]} · {name}",
        reference=table.groups[at],
    )
    unsure = f"{name} of {who}: {one.reason}" if one.verdict == "inconclusive" else ""
    if one.value is None:
        yield check.read(where, unmeasured(one.metric, unit, one.reason), f"{name} of {who}: {one.reason}", unsure=unsure)
        return
    ends = "" if one.low is None else f" (95 % {one.low:.3f} to {one.high:.3f})"
    sampled = f", a sample of {len(table.score):,} of {table.seen:,} rows" if table.seen > len(table.score) else ""
    yield check.read(
        where,
        one.effect(unit),
        f"{who}: {name} {one.value:.3f}{ends}{more}, based on {one.n:,} and {one.n_reference:,} rows{sampled}",
        affected=one.n,
        examined=one.n + one.n_reference,
        evidence=(shown,),
        level="warning" if one.verdict == "fail" else "clean",
        limit=limit,
        unsure=unsure,
    )
