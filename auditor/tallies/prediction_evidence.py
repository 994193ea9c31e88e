"""Prediction gaps as an audit shows them: readings, entries of its bias section, dots and a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from auditor.check import Check
from auditor.model import Curve, Evidence, Mark, Reading, Record, Series, Table, Where
from auditor.rows import Setting
from auditor.statistics.comparisons import Comparison, graded, judged, rate_entry, tolerance
from auditor.statistics.confusion import RATES, RATIOS, parts
from auditor.statistics.proportions import wilson
from auditor.tallies.groups import GroupCounts, short
from auditor.tallies.outcomes import OutcomeCounts
from auditor.tallies.prediction_gaps import SHOWN, Place, RateGap, measure, places, unmeasured

STAGE = "prediction"
LINES = 30  # groups in a table or a curve of evidence
Grade = Literal["error", "warning", "clean"]


def graded_gap(one: Comparison, warn: float | None, error: float | None) -> tuple[Grade, float | None]:
    """The level of a difference by its simultaneous limits, and the limit that decided.

    A level is reached where the limits lie wholly beyond its tolerance: warning also where the wider tolerance of an
    error is undecided.
    """
    low, high = one.simultaneous_low, one.simultaneous_high
    if low is None or high is None or one.status != "ok":
        return "clean", error if error is not None else warn
    if error is not None and judged(low, high, (-error, error)) == "fail":
        return "error", error
    if warn is not None and judged(low, high, (-warn, warn)) == "fail":
        return "warning", warn
    return "clean", error if error is not None else warn


def within(metric: str, warn: float | None, error: float | None) -> tuple[float, float]:
    """The tolerance of the verdict: that of an error, else of a warning."""
    limit = error if error is not None else warn
    if metric in RATIOS:
        return tolerance(limit)
    wide = limit if limit is not None else float("inf")
    return -wide, wide


def judged_rates(
    check: Check[*tuple[Any, ...]],
    setting: Setting,
    outcomes: OutcomeCounts,
    groups: GroupCounts,
    rates: Mapping[str, tuple[str, ...]],
) -> Iterator[Reading | Record]:
    """Readings and records of some rates; of the metrics of each the first has the verdict."""
    found, reasons = places(outcomes, groups, setting)
    first = next(iter(rates.values()))[0]
    for reason in dict.fromkeys(reasons):
        yield check.read(Where(), unmeasured(first, "share", reason), reason, unsure=reason)
    for rate, metrics in rates.items():
        ratio = metrics[0] in RATIOS
        warn, error = (check.warn_below, check.error_below) if ratio else (check.warn_above, check.error_above)
        for gaps in measure(found, rate, metrics, within(metrics[0], warn, error), setting):
            yield from _readings(check, gaps, setting, warn, error, f" · {rate.replace('_', ' ')}" if len(rates) > 1 else "")
    yield from entries(found, tuple(rates), setting)


def _readings(
    check: Check[*tuple[Any, ...]],
    gaps: Sequence[RateGap],
    setting: Setting,
    warn: float | None,
    error: float | None,
    also: str,
) -> Iterator[Reading | Record]:
    """`also` tells the rates of one check apart, so that each finding has a place of its own."""
    shown: tuple[Evidence, ...] = (curve(gaps), table(gaps)) if gaps else ()
    for gap in gaps:
        yield from records(gap)
        if not gap.few:
            yield _reading(check, gap, warn, error, shown, also)
    small = [g for g in gaps if g.few]
    if small:
        place, rate = small[0].place, small[0].rate
        unfit = place.unjudged(rate, setting)
        count = len(unfit) - 1 if unfit[place.at] else sum(1 for few in unfit if few)
        more = f" (the {SHOWN} largest are listed)" if count > SHOWN else ""
        reason = f"{place.attribute} in {place.split}: {count:,} group{'s' if count > 1 else ''} cannot be judged by "
        reason += f"{rate.replace('_', ' ')}{more}: {short(small[0].group)!r}: {small[0].few}"
        where = Where(split=place.split, columns=(place.attribute,), group=_class(small[0]) + also)
        yield check.read(where, unmeasured(small[0].main.metric, "share", reason), reason, unsure=reason)


def _class(gap: RateGap) -> str:
    return gap.place.label if gap.place.one_of_many and gap.rate != "accuracy" else ""


def _reading(
    check: Check[*tuple[Any, ...]], gap: RateGap, warn: float | None, error: float | None, shown: tuple[Evidence, ...], also: str
) -> Reading:
    ratio = gap.main.metric in RATIOS
    level, limit = graded(gap.main, warn, error) if ratio else graded_gap(gap.main, warn, error)
    open_ = gap.main.verdict == "inconclusive" and level == "clean"
    _, n, _, n_ref = gap.sides()
    place = gap.place
    return check.read(
        Where(split=place.split, columns=(place.attribute,), group=gap.name + also, reference=place.reference),
        gap.main.effect("ratio" if ratio else "share"),
        gap.sentence(),
        affected=n,
        examined=n + n_ref,
        evidence=shown,
        level="warning" if level == "error" and place.one_of_many else level,
        limit=limit,
        unsure=f"{gap.rate.replace('_', ' ')} of {place.attribute} {short(gap.group)!r} in {place.split}: {gap.main.reason}"
        if open_
        else "",
    )


def place_values(place: Place) -> dict[str, Any]:
    """What every entry of a place says."""
    return {"attribute": place.attribute, "stage": STAGE, "split": place.split, "label": place.label}


def records(gap: RateGap) -> Iterator[Record]:
    """Its entries of `bias.comparisons`."""
    for one in (gap.main, *gap.beside):
        yield one.record(**place_values(gap.place), group=gap.group, reference=gap.place.reference)


def entries(found: Sequence[Place], rates: Sequence[str], setting: Setting) -> Iterator[Record]:
    """The entries of `bias.groups`; groups too small for any of the rates are summed up beyond 100."""
    for place in found:
        unfit = {rate: place.unjudged(rate, setting) for rate in rates}
        rows = place.counts(rates[0]).sum(axis=1)
        order = sorted(range(len(place.groups)), key=lambda i: (all(unfit[r][i] for r in rates), -rows[i], i))
        large = sum(1 for i in order if not all(unfit[r][i] for r in rates))
        rest = order[max(SHOWN, large) :]
        for i in sorted(set(order) - set(rest)):
            metrics = {rate: _entry(place, rate, [i], unfit[rate][i]) for rate in rates}
            values = {**place_values(place), "group": place.groups[i], "n": int(rows[i]), "metrics": metrics}
            yield Record(section="bias", list="groups", values=values)
        if rest:
            n = int(rows[rest].sum())
            few = f"each has fewer than {place.least(rates[0], setting):,} rows"
            metrics = {rate: _entry(place, rate, rest, few) for rate in rates}
            name = f"too small ({len(rest):,} groups, {n:,} rows)"
            values = {**place_values(place), "group": name, "n": n, "metrics": metrics}
            yield Record(section="bias", list="groups", values=values)


def _entry(place: Place, rate: str, groups: Sequence[int], few: str) -> dict[str, Any]:
    k, n = (int(x) for x in parts(place.counts(rate)[list(groups)].sum(axis=0), rate))
    entry = rate_entry(k, n, 0)
    if not n:
        return {**entry, "reason": f"no {RATES[rate].lacking}"}
    return {**entry, "status": "suppressed", "reason": few} if few else entry


def table(gaps: Sequence[RateGap]) -> Table:
    """Rates and gaps as evidence, at most 30 lines."""
    lines = []
    for gap in gaps[:LINES]:
        k, n, _, _ = gap.sides()
        lines.append((short(gap.group), n, k / n if n else None, gap.main.value, gap.main.verdict, gap.few or gap.main.reason))
    place, rate = gaps[0].place, gaps[0].rate
    title = f"{rate.replace('_', ' ').capitalize()} by {place.attribute} in {place.split}, label {short(place.label)!r}"
    note = f"{len(gaps) - LINES:,} more groups are not shown" if len(gaps) > LINES else ""
    names = ("group", "rows", "rate", gaps[0].main.metric, "verdict", "why")
    return Table(title=title, columns=names, rows=tuple(lines), note=note)


def curve(gaps: Sequence[RateGap]) -> Curve:
    """Rates of one attribute's groups as dots with Wilson limits; the reference stands first."""
    place, rate = gaps[0].place, gaps[0].rate
    _, _, k_ref, n_ref = gaps[0].sides()
    dots = [(place.reference, k_ref, n_ref), *((g.group, *g.sides()[:2]) for g in gaps[: LINES - 1])]
    dots = [d for d in dots if d[2]]
    ends = [wilson(k, n) for _, k, n in dots]
    series = Series(
        name=place.split,
        x=tuple(short(name) for name, _, _ in dots),
        y=tuple(k / n for _, k, n in dots),
        low=tuple(low for low, _ in ends),
        high=tuple(high for _, high in ends),
    )
    marks = (Mark(axis="y", at=k_ref / n_ref, label="reference"),) if n_ref else ()
    words = RATES[rate].words.format(label=repr(short(place.label)))
    return Curve(
        title=f"{words.capitalize()}: by {place.attribute} in {place.split}, reference {short(place.reference)!r}",
        x_label=place.attribute,
        y_label=f"{rate.replace('_', ' ')} (95 % Wilson)",
        series=(series,),
        marks=marks,
    )
