"""The bias section: groups by attribute and stage, their comparisons with the reference, slices and probes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from auditor.model import Audit, Cell, Curve, Series
from auditor.reports import glossary, wording

STAGES = {
    "data": "In the data, before training",
    "prediction": "In the predictions",
    "base": "Base model",
    "tuned": "Tuned model",
}
DRAWN = {"data": ("positive_rate",), "prediction": ("selection_rate", "true_positive_rate", "false_positive_rate")}
"""Metrics that a chart shows; the table shows all."""
COMPARED = 60  # comparisons an attribute that the page lists, worst first; the rest stands in audit.json
ORDER = {"fail": 0, "inconclusive": 1, "pass": 2}
KINDS = {"fail": "fail", "inconclusive": "inconclusive", "pass": "clean"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A chart that the page would like, with its conclusion."""

    key: tuple[str, str]  # attribute, stage
    curve: Curve
    conclusion: str


def planned(audit: Audit) -> list[Planned]:
    """One chart an attribute and stage: rates of the groups as dots with 95 % intervals."""
    found = []
    for attribute in _attributes(audit):
        for stage, groups in _stages(audit, attribute).items():
            metrics = [m for m in DRAWN.get(stage, DRAWN["prediction"]) if any(_value(g, m) is not None for g in groups)]
            if metrics:
                curve = _curve(attribute, stage, groups, metrics)
                found.append(Planned(key=(attribute, stage), curve=curve, conclusion=_conclusion(groups, metrics[0], attribute)))
    return found


def view(audit: Audit, drawings: Mapping[tuple[str, str], Any]) -> dict[str, Any]:
    """What the template of the section asks for."""
    attributes: list[dict[str, Any]] = []
    for name in _attributes(audit):
        stages = [_stage(stage, groups, drawings.get((name, stage))) for stage, groups in _stages(audit, name).items()]
        every = [c for c in _list(audit, "comparisons") if c.get("attribute") == name]
        every.sort(
            key=lambda c: (ORDER.get(str(c.get("verdict")), 3), str(c.get("stage")), str(c.get("metric")), str(c.get("group")))
        )
        left = len(every) - COMPARED
        more = f"{left:,} more comparisons stand in audit.json." if left > 0 else ""
        attributes.append(
            {"name": name, "stages": stages, "comparisons": [_comparison(c) for c in every[:COMPARED]], "more": more}
        )
    shown = [c["metric"] for a in attributes for c in a["comparisons"]]
    shown += [m for a in attributes for stage in a["stages"] for m in stage["metrics"]]
    shown += [str(m.get("metric")) for m in _list(audit, "mitigations")]
    said = {"attributes": attributes, "correction": _correction(audit), "tables": _tables(audit)}
    return {**said, "glossary": glossary.lines(sorted(shown))}


def _list(audit: Audit, name: str) -> list[Mapping[str, Any]]:
    return [e for e in (audit.bias or {}).get(name) or () if isinstance(e, Mapping)]


def _attributes(audit: Audit) -> list[str]:
    return list(dict.fromkeys(str(e.get("attribute", "")) for kind in ("groups", "comparisons") for e in _list(audit, kind)))


def _stages(audit: Audit, attribute: str) -> dict[str, list[Mapping[str, Any]]]:
    by: dict[str, list[Mapping[str, Any]]] = {}
    for g in _list(audit, "groups"):
        if str(g.get("attribute", "")) == attribute:
            stage = str(g.get("stage", "data")) + (f" · {g['split']}" if g.get("split") else "")
            by.setdefault(stage, []).append(g)
    return by


def _metric(group: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = (group.get("metrics") or {}).get(name)
    return found if isinstance(found, Mapping) else {}


def _value(group: Mapping[str, Any], name: str) -> float | None:
    value = _metric(group, name).get("value")
    return float(value) if isinstance(value, int | float) else None


def _title(stage: str) -> str:
    kind, dot, split = stage.partition(" · ")
    return STAGES.get(kind, kind) + (f", {split}" if dot else "")


def _curve(attribute: str, stage: str, groups: Sequence[Mapping[str, Any]], metrics: Sequence[str]) -> Curve:
    names = tuple(str(g.get("group", "")) for g in groups)
    series = tuple(
        Series(
            name=m.replace("_", " "),
            x=names,
            y=tuple(_value(g, m) for g in groups),
            low=tuple(_metric(g, m).get("low") for g in groups),
            high=tuple(_metric(g, m).get("high") for g in groups),
        )
        for m in metrics
    )
    what = metrics[0].replace("_", " ") if len(metrics) == 1 else "rates"
    title = f"{what.capitalize()} by {attribute}: {_title(stage).lower()}"
    return Curve(title=title, x_label=attribute, y_label=f"{what}, with 95 % intervals", series=series)


def _conclusion(groups: Sequence[Mapping[str, Any]], metric: str, attribute: str) -> str:
    said = [f"{g.get('group')} {wording.share(_value(g, metric))}" for g in groups if _value(g, metric) is not None]
    return f"{metric.replace('_', ' ')} by {attribute}: " + ", ".join(said[:8]) + (" and more" if len(said) > 8 else "")


def _stage(stage: str, groups: Sequence[Mapping[str, Any]], drawing: Any) -> dict[str, Any]:
    metrics = list(dict.fromkeys(m for g in groups for m in (g.get("metrics") or {})))
    rows = []
    for g in groups:
        values = [_cell(_metric(g, m), m) for m in metrics]
        small = bool(values) and all(_metric(g, m).get("status") == "suppressed" for m in metrics if _metric(g, m))
        rows.append({"name": str(g.get("group", "")), "n": g.get("n") or 0, "cells": values, "small": small})
    return {"title": _title(stage), "metrics": metrics, "groups": rows, "drawings": [drawing] if drawing is not None else []}


def _unit(metric: str) -> str:
    return "share" if metric.endswith("rate") or metric in ("precision", "accuracy") else ""


def _cell(value: Mapping[str, Any], metric: str) -> dict[str, str]:
    unit = _unit(metric)
    number = value.get("value")
    status, reason = str(value.get("status") or "ok"), str(value.get("reason") or "")
    if not value:
        return {"said": "–", "span": "", "reason": ""}
    if number is None:
        return {"said": status if status != "ok" else "undefined", "span": "", "reason": f"because {reason}" if reason else ""}
    span = wording.interval(value.get("low"), value.get("high"), unit)
    return {"said": wording.measured(number, unit), "span": span, "reason": "" if status in ("ok", "suppressed") else reason}


def _comparison(c: Mapping[str, Any]) -> dict[str, Any]:
    verdict, status = c.get("verdict"), str(c.get("status") or "ok")
    value = c.get("value")
    counts = " / ".join(wording.number(c[k]) for k in ("n", "n_reference") if c.get(k) is not None)
    detectable = c.get("minimum_detectable")
    reason = str(c.get("reason") or "")
    if verdict == "inconclusive" and detectable is not None:
        reason = "; ".join(r for r in (reason, f"the smallest gap that could be seen here is {wording.number(detectable)}") if r)
    return {
        "kind": KINDS.get(str(verdict), "note"),
        "word": str(verdict) if verdict else "no limit",
        "group": "all groups" if c.get("group") is None else str(c["group"]),
        "reference": str(c.get("reference") or "–"),
        "stage": " · ".join(str(x) for x in (c.get("stage"), c.get("split")) if x),
        "metric": str(c.get("metric", "")),
        "value": wording.number(value) if value is not None else (status if status != "ok" else "undefined"),
        "pairwise": wording.interval(c.get("low"), c.get("high")) or "–",
        "simultaneous": wording.interval(c.get("simultaneous_low"), c.get("simultaneous_high")) or "–",
        "n": counts or "–",
        "small": status == "suppressed",
        "reason": reason,
    }


def _correction(audit: Audit) -> str:
    given = (audit.bias or {}).get("correction")
    if given:
        return f"Correction for many comparisons: {given}."
    if any(c.get("simultaneous_low") is not None for c in _list(audit, "comparisons")):
        return "Verdicts go by simultaneous 95 % intervals, which hold for all comparisons of this audit at once."
    return "No comparison carries a simultaneous interval, so none decides a gate by itself."


def _tables(audit: Audit) -> list[tuple[str, tuple[str, ...], list[tuple[Cell, ...]]]]:
    tables: list[tuple[str, tuple[str, ...], list[tuple[Cell, ...]]]] = []
    slices = _list(audit, "slices")
    if slices:
        lines: list[tuple[Cell, ...]] = [
            (
                " and ".join(str(x) for x in s.get("conditions") or ()),
                str(s.get("metric", "")).replace("_", " "),
                s.get("value"),
                wording.interval(s.get("low"), s.get("high")) or None,
                s.get("n"),
                s.get("p_adjusted"),
            )
            for s in slices
        ]
        tables.append(("Slices that differ from the rest", ("Slice", "Metric", "Value", "95 %", "Rows", "p, adjusted"), lines))
    probes = _list(audit, "probes")
    if probes:
        head = ("Probe", "Verdict", "Base", "Tuned", "Change", "95 %", "Pairs or prompts", "Templates or names")
        lines = [
            (
                p.get("name"), p.get("verdict"), p.get("base"), p.get("tuned"), p.get("difference"),
                wording.interval(p.get("low"), p.get("high")) or None, p.get("pairs"), p.get("templates"),
            )
            for p in probes
        ]  # fmt: skip
        tables.append(("Probes: what tuning changed", head, lines))
    return [*tables, *_preferences(audit), *_mitigations(audit)]


def _preferences(audit: Audit) -> list[tuple[str, tuple[str, ...], list[tuple[Cell, ...]]]]:
    head = ("Pairs", "Count", "Left out", "Base", "95 %", "Tuned", "95 %", "Ties, base / tuned")
    lines: list[tuple[Cell, ...]] = [
        (
            p.get("name"), p.get("pairs"), p.get("left_out"),
            p.get("base"), wording.interval(p.get("base_low"), p.get("base_high")) or p.get("base_reason"),
            p.get("tuned"), wording.interval(p.get("tuned_low"), p.get("tuned_high")) or p.get("reason"),
            f"{p.get('base_ties')} / {p.get('tuned_ties')}",
        )
        for p in _list(audit, "preferences")
    ]  # fmt: skip
    return [("Share of pairs with the stereotyped sentence ahead: one half is not fair", head, lines)] if lines else []


def _mitigations(audit: Audit) -> list[tuple[str, tuple[str, ...], list[tuple[Cell, ...]]]]:
    """One table an attribute: every metric before, and after each mitigation, on the same rows."""
    tables: list[tuple[str, tuple[str, ...], list[tuple[Cell, ...]]]] = []
    every = _list(audit, "mitigations")
    for attribute in dict.fromkeys(str(m.get("attribute")) for m in every):
        own = [m for m in every if str(m.get("attribute")) == attribute]
        names = list(dict.fromkeys(str(m.get("mitigation")) for m in own))
        metrics = list(dict.fromkeys(str(m.get("metric")) for m in own))
        by = {(str(m.get("mitigation")), str(m.get("metric"))): m for m in own}
        lines: list[tuple[Cell, ...]] = []
        for metric in metrics:
            first = next(m for m in own if m.get("metric") == metric)
            lines.append((metric.replace("_", " "), first.get("before"), *(_after(by.get((n, metric), {})) for n in names)))
        worse = [sum(1 for m in own if m.get("mitigation") == n and m.get("verdict") == "worse") for n in names]
        lines.append(("metrics made worse", None, *worse))
        title = f"What each mitigation would change by {attribute}, on the same rows of {own[0].get('split')}"
        tables.append((title, ("Metric", "Before", *names), lines))
    return tables


def _after(m: Mapping[str, Any]) -> str:
    """The value after the change, and in words what the interval of the change says."""
    value, verdict = m.get("after"), str(m.get("verdict") or "")
    said = "undefined" if value is None else wording.number(value)
    return f"{said} {verdict}" if verdict in ("better", "worse") else said
