"""A finding as its card shows it: phrases, geometry of the interval bar, rows with their twins, drawings with their tables."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from auditor.model import Audit, Cell, Curve, Evidence, Finding, Histogram, Matrix, Row, Series, Table
from auditor.reports import charts, wording
from auditor.reports.visible import Part, cut, differences, one_line, parts

ROWS = 10  # rows a card shows
TABLE_ROWS = 40  # lines of the table beside a chart; the rest stands in audit.json
LATE_ROWS = 6  # lines of a table of a late finding, one after the first so many of a page
SHORT = 7  # characters of a unit that stands behind the large number of a card
SPAN = 600  # width of the interval bar, in its own units
EDGE = 40  # free room at both ends of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A chart with the table that says the same."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    svg: Markup | None = None
    legend: tuple[str, ...] = ()
    note: str = ""
    missing: str = ""  # why there is no chart, where one was to be expected
    same: str = ""  # id of the card that shows the very same evidence: this one only links there


def drawing(evidence: Evidence, svg: Markup | None, *, beyond: bool = False, late: bool = False) -> Drawing:
    """The evidence as a chart (where one was drawn) and a table. `beyond`: it came after the charts a page may have."""
    columns, rows = tabled(evidence)
    most = LATE_ROWS if late else TABLE_ROWS
    notes = [getattr(evidence, "note", ""), *(f"{m.label}: {wording.number(m.at)}" for m in getattr(evidence, "marks", ()))]
    if len(rows) > most:
        notes.append(f"{len(rows) - most} more lines stand in audit.json")
    missing = ""
    if svg is None and not isinstance(evidence, Table):
        missing = (
            "Shown as a table: the page holds its charts for larger findings." if beyond else "The chart could not be drawn."
        )
    return Drawing(
        title=evidence.title,
        columns=columns,
        rows=rows[:most],
        svg=svg,
        legend=charts.named(evidence) if svg is not None else (),
        note=" · ".join(n for n in notes if n),
        missing=missing,
    )


def tabled(evidence: Evidence) -> tuple[tuple[str, ...], tuple[tuple[Cell, ...], ...]]:
    """Any evidence as columns and rows."""
    if isinstance(evidence, Table):
        return evidence.columns, evidence.rows
    if isinstance(evidence, Matrix):
        corner = " \\ ".join(x for x in (evidence.row_label, evidence.column_label) if x)
        lines = [(n, *values) for n, values in zip(evidence.row_names, evidence.values, strict=False)]
        return (corner or " ", *evidence.column_names), tuple(lines)
    return _series_table(evidence)


def _series_table(evidence: Curve | Histogram) -> tuple[tuple[str, ...], tuple[tuple[Cell, ...], ...]]:
    """One line a value of x, a column a series, its interval behind it; one series under another where their x differ."""
    series = evidence.series
    across = len({s.x for s in series}) == 1
    named = len(series) > 1

    def cells(s: Series, i: int) -> tuple[Cell, ...]:
        ends = (s.low[i : i + 1] or (None,)) + (s.high[i : i + 1] or (None,)) if s.low or s.high else ()
        return (s.y[i] if i < len(s.y) else None, *ends)

    if across:
        heads = [h for s in series for h in _heads(s, s.name if named else evidence.y_label or "y")]
        rows = [(x, *(c for s in series for c in cells(s, i))) for i, x in enumerate(series[0].x)]
        return (evidence.x_label or "x", *heads), tuple(rows)
    spanned = any(s.low or s.high for s in series)
    lines = [(s.name, x, *cells(s, i)) for s in series for i, x in enumerate(s.x)]
    width = 5 if spanned else 3
    padded = tuple((*line, None, None)[:width] for line in lines)
    return ("series", evidence.x_label or "x", evidence.y_label or "y", "low", "high")[:width], padded


def _heads(s: Series, name: str) -> tuple[str, ...]:
    return (name, "low", "high") if s.low or s.high else (name,)


def view(
    finding: Finding, audit: Audit, id: str, drawings: tuple[Drawing, ...], first: str = "", *, late: bool = False
) -> dict[str, Any]:
    """What the template of a card asks for. `first`: id of the card of this rule that holds its advice, "" = this one.
    `late`: after the first so many of a page, shown without the interval bar; its numbers stand beside it anyway.
    """
    f = finding
    shown = f.rows[:ROWS]
    return {
        "finding": f,
        "id": id,
        "open": f.fingerprint in audit.reasons,
        "place": wording.place(f.where),
        "value": wording.measured(f.effect.value, f.effect.unit if len(f.effect.unit) <= SHORT else ""),
        "gate": gate(f, audit),
        "effect": wording.effect(f.effect),
        "limit": wording.measured(f.limit, f.effect.unit),
        "amount": wording.amount(f),
        "gauge": None if late else gauge(f),
        "drawings": drawings,
        "first": first,
        "waiver": waiver(f, audit.data),
        "rows": [_row(r) for r in shown],
        "twins": any(r.twin_row is not None for r in shown),
        "ids": any(r.id for r in shown),
        "notes": any(r.note for r in shown),
        "details": any(r.detail or r.twin_detail for r in shown),
        "suggestions": any(r.suggestion for r in shown),
        "clusters": any(r.cluster is not None for r in shown),
        "scores": any(r.score is not None for r in shown) and len({r.score for r in shown}) > 1,
    }


def gate(f: Finding, audit: Audit) -> str:
    """Whether this finding decided the verdict."""
    if f.waived is not None:
        return "waived: it does not count"
    return "this finding fails the gate" if f.fingerprint in audit.reasons else "does not fail the gate"


def _row(r: Row) -> dict[str, Any]:
    left: list[Part]
    right: list[Part]
    if r.twin_detail and r.detail:
        left, right = differences(r.detail, r.twin_detail)
    else:
        left, right = parts(cut(r.detail)), parts(cut(r.twin_detail))
    twin = "" if r.twin_row is None else f"{r.twin_split} {r.twin_row}"
    return {
        "split": r.split,
        "row": r.row,
        "id": r.id or None,
        "twin": twin,
        "note": r.note or None,
        "left": left,
        "right": right,
        "suggestion": r.suggestion or None,
        "cluster": r.cluster,
        "score": r.score,
    }


def gauge(f: Finding) -> dict[str, Any] | None:
    """Where value, interval and limit lie on one line; None where there is no limit or no value."""
    e = f.effect
    if e.value is None or f.limit is None:
        return None
    ends = [x for x in (e.value, f.limit, e.low, e.high) if x is not None]
    low, high = min(ends), max(ends)
    if e.unit == "share" and low >= 0:
        low, high = min(low, 0.0), min(1.0, max(high * 1.25, 0.01))
    room = (high - low) or abs(high) or 1.0

    def at(x: float) -> float:
        return round(EDGE + (SPAN - 2 * EDGE) * min(max((x - low) / room, 0.0), 1.0), 1)

    spanned = e.low is not None and e.high is not None
    said = wording.effect(e)
    return {
        "value": at(e.value),
        "value_text": min(max(at(e.value), 4.0), SPAN - 4.0),
        "value_anchor": _anchor(at(e.value)),
        "value_said": wording.measured(e.value, e.unit),
        "low": at(e.low) if spanned and e.low is not None else None,
        "width": round(max(at(e.high or 0.0) - at(e.low or 0.0), 3.0), 1) if spanned else None,
        "limit": at(f.limit),
        "limit_text": at(f.limit),
        "limit_said": wording.measured(f.limit, e.unit),
        "anchor": _anchor(at(f.limit)),
        "said": f"{one_line(e.name)} {said}, limit {wording.measured(f.limit, e.unit)}",
    }


def _anchor(x: float) -> str:
    return "start" if x < 2 * EDGE else "end" if x > SPAN - 2 * EDGE else "middle"


def waiver(f: Finding, data: str) -> str:
    """The entry for auditor-waivers.toml that would accept this finding as it is now and nothing worse."""

    def quoted(text: str) -> str:
        return json.dumps(one_line(text), ensure_ascii=False)

    where = [f"split = {quoted(f.where.split)}"] if f.where.split else []
    if f.where.columns:
        where.append(f"columns = [{', '.join(quoted(c) for c in f.where.columns)}]")
    if f.where.group:
        where.append(f"group = {quoted(f.where.group)}")
    accept = ""
    if f.effect.value is not None:
        sign = "<=" if f.limit is None or f.effect.value >= f.limit else ">="
        accept = f"accept = {quoted(f'{f.effect.name} {sign} {f.effect.value:.6g}')}\n"
    return (
        f"[[waiver]]\nrule = {quoted(f.code)}\ndata = {quoted(data)}\nwhere = {{ {', '.join(where)} }}\n"
        f'owner = "you@example.org"\nreason = "why this is acceptable, and until when"\nexpires = 2030-01-31\n{accept}'
    )
