"""Label gaps as an audit shows them: entries of its bias section, tables and dots."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from auditor.model import Curve, Mark, Record, Series, Table
from auditor.statistics.comparisons import rate_entry
from auditor.statistics.proportions import wilson
from auditor.tallies.groups import GroupTable, short
from auditor.tallies.label_gaps import LabelGap

LISTED = 100  # groups an attribute and split that are listed one by one in audit.json; the smaller ones are summed up


def entries(gaps: Sequence[LabelGap], tables: Sequence[GroupTable], least: int) -> Iterator[Record]:
    """What goes to `bias.groups` and `bias.comparisons`; groups too small to judge are summed up beyond 100."""
    for (split, attribute, label), found in families(gaps):
        large = [g for g in found if g.ratio.status != "suppressed"]
        small = sorted((g for g in found if g.ratio.status == "suppressed"), key=lambda g: (-g.n, g.group))
        room = max(0, LISTED - len(large))
        for gap in (*large, *small[:room]):
            yield from gap.records()
        table = next(t for t in tables if (t.split, t.name) == (split, attribute))
        yield from group_records(table, label, least, {found[0].reference, *(g.group for g in (*large, *small[:room]))})


def families(gaps: Sequence[LabelGap]) -> list[tuple[tuple[str, str, str], list[LabelGap]]]:
    """Gaps by (split, attribute, label), in the order given."""

    def key(gap: LabelGap) -> tuple[str, str, str]:
        return gap.split, gap.attribute, gap.label

    return [(k, list(found)) for k, found in itertools.groupby(gaps, key)]


def group_records(table: GroupTable, label: str, least: int, listed: set[str]) -> Iterator[Record]:
    """The entries of `bias.groups`: rows and label rate by group, and one for all that are not listed."""
    positives = table.counts[:, table.labels.index(label)]
    labelled = table.counts.sum(axis=1)
    place = {"attribute": table.name, "stage": "data", "split": table.split, "label": label}
    rest = [i for i, group in enumerate(table.groups) if group not in listed]
    for i, group in enumerate(table.groups):
        if group in listed:
            entry = rate_entry(int(positives[i]), int(labelled[i]), least)
            values = {**place, "group": group, "n": int(table.rows[i]), "metrics": {"positive_rate": entry}}
            yield Record(section="bias", list="groups", values=values)
    if rest:
        n = int(table.rows[rest].sum())
        entry = rate_entry(int(positives[rest].sum()), int(labelled[rest].sum()), least)
        entry |= {"status": "suppressed", "reason": f"each has fewer than {least:,} rows"}
        values = {**place, "group": f"too small ({len(rest):,} groups, {n:,} rows)", "n": n, "metrics": {"positive_rate": entry}}
        yield Record(section="bias", list="groups", values=values)


def gap_table(gaps: Sequence[LabelGap], title: str, most: int = 30) -> Table:
    """Rates, gaps and ratios as evidence, at most `most` lines."""
    lines = tuple(
        (short(g.group), g.n, g.k / g.n if g.n else None, g.difference.value, g.ratio.value, g.ratio.verdict, g.needed)
        for g in gaps[:most]
    )
    note = f"{len(gaps) - most:,} more groups are not shown" if len(gaps) > most else ""
    names = ("group", "rows", "rate", "gap (reference minus group)", "ratio", "verdict", "to decide")
    return Table(title=title, columns=names, rows=lines, note=note)


def gap_curve(family: Sequence[LabelGap], limit: float | None) -> Curve:
    """Rates of one attribute's groups as dots with Wilson limits; the reference stands first."""
    first = family[0]
    dots = [(first.reference, first.k_ref, first.n_ref), *((g.group, g.k, g.n) for g in family if g.n)][:30]
    ends = [wilson(k, n) for _, k, n in dots if n]
    series = Series(
        name=first.split,
        x=tuple(short(name) for name, _, n in dots if n),
        y=tuple(k / n for _, k, n in dots if n),
        low=tuple(low for low, _ in ends),
        high=tuple(high for _, high in ends),
    )
    at = limit * first.k_ref / first.n_ref if limit and first.n_ref else None
    return Curve(
        title=f"Rate of {short(first.label)!r} by {first.attribute} in {first.split}, reference {short(first.reference)!r}",
        x_label=first.attribute,
        y_label="rate (95 % Wilson)",
        series=(series,),
        marks=(Mark(axis="y", at=at, label=f"{limit:g} of the reference"),) if at is not None else (),
    )
