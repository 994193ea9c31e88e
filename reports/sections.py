"""What the sections of the page ask for, taken from the audit: header, checks, columns, words, provenance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from auditor.model import Audit, Cell, Measured
from auditor.reports import json, wording

REASONS_SHOWN = 3  # so that verdict, reasons and tiles fit the first 800 px
COLUMNS_OPEN = 40  # columns up to which the profile stands open
COLUMNS_SHOWN = 2_000  # lines of the profile; the rest stands in audit.json

GLOSSARY = (
    ("effect", "Effect", "The measured size of a fault, in the unit given; with its 95 % interval where one can be made."),
    ("limit", "Limit", "What a finding exceeded. An error needs the whole interval beyond its limit, a warning only the value."),
    ("q", "q-value", "A p-value corrected for all tests of its family (Benjamini and Hochberg): below 0.05 it counts."),
    ("score", "Score", "How surely a row is at fault: higher is surer. It orders rows within one finding only."),
    ("reference", "Reference", "The group that another is compared with: the one declared, else the largest."),
    ("pairwise", "Pairwise interval", "The 95 % interval of one comparison, looked at alone."),
    (
        "simultaneous",
        "Simultaneous interval",
        "Wider: it holds for all comparisons of this audit at once. Verdicts go by it.",
    ),
    ("inconclusive", "Inconclusive", "Too few rows, or too much noise, to say clean or found. It is never counted as passed."),
    ("skipped", "Skipped", "The check did not run, and the reason is given. It is never counted as passed."),
    (
        "fingerprint",
        "Fingerprint",
        "A name of a finding made of its rule, data set and place; it survives new runs and new values.",
    ),
    ("guard", "Guard", "A watch over a tuning run that measures for itself and says ok, warning, alarm or cannot tell."),
)


def header(audit: Audit, findings_shown: bool = True) -> dict[str, Any]:
    """Verdict, facts, reasons, tiles and skips."""
    word, sentence = wording.verdict(audit)
    policy = audit.provenance.get("policy") or {}
    named = policy.get("name") if isinstance(policy, Mapping) else policy
    facts = [wording.rows(audit), _columns(audit), f"policy {named}" if named else "", wording.when(audit)]
    levels, statuses = wording.levels(audit.findings), wording.statuses(audit.outcomes)
    words = {"error": "errors", "warning": "warnings", "note": "notes"}
    tiles = [{"kind": k, "count": n, "word": words[k] if n != 1 else k, "link": "findings"} for k, n in levels.items()]
    ended = (("clean", "checks clean"), ("inconclusive", "inconclusive"), ("skipped", "skipped"), ("error", "could not run"))
    tiles += [{"kind": k, "count": statuses[k], "word": said, "link": "checks"} for k, said in ended]
    waived = sum(f.waived is not None for f in audit.findings)
    if waived:
        tiles.insert(3, {"kind": "found", "count": waived, "word": "waived", "link": "findings"})
    skips = wording.skips(audit.outcomes)
    reasons = wording.reasons(audit)
    return {
        "verdict": audit.verdict,
        "word": word,
        "sentence": sentence[:1].upper() + sentence[1:],
        "version": wording.version(audit),
        "data": audit.data,
        "facts": [f for f in facts if f],
        "reasons": reasons,
        "shown": REASONS_SHOWN if len(reasons) > REASONS_SHOWN + 1 else len(reasons),
        "tiles": tiles,
        "skips": skips,
        "skips_said": f"Why {wording.plural(statuses['skipped'], 'check')} did not run",
    }


def _columns(audit: Audit) -> str:
    count = len(audit.profile.get("columns", ()))
    return wording.plural(count, "column") if count else ""


def outcomes(audit: Audit) -> dict[str, Any]:
    """Every check, those that need attention first."""
    order = {status: i for i, status in enumerate(wording.STATUSES)}
    rows = [
        {
            "code": o.code,
            "name": o.name,
            "kind": o.status,
            "word": {"error": "could not run", "found": "found"}.get(o.status, o.status),
            "reason": o.reason,
            "nearest": _nearest(o.measured[0]) if o.measured else "",
            "seconds": o.seconds,
        }
        for o in sorted(audit.outcomes, key=lambda o: (order[o.status], o.code))
    ]
    counts = wording.statuses(audit.outcomes)
    words = {"error": "could not run", "found": "found something"}
    said = ", ".join(f"{n} {words.get(status, status)}" for status, n in counts.items() if n)
    return {"rows": rows, "said": f"{wording.plural(len(rows), 'check')}: {said}." if rows else "No check was selected."}


def _nearest(m: Measured) -> str:
    limit = "" if m.limit is None else f", limit {wording.measured(m.limit, m.effect.unit)}"
    where = wording.place(m.where)
    return f"{m.effect.name} {wording.measured(m.effect.value, m.effect.unit)}{limit}" + (f" ({where})" if where else "")


def profile(audit: Audit) -> dict[str, Any]:
    """Splits and columns as the first look saw them; numbers of all splits side by side in one line a column."""
    splits = [s for s in audit.profile.get("splits", ()) if isinstance(s, Mapping)]
    columns = [c for c in audit.profile.get("columns", ()) if isinstance(c, Mapping)]
    rows: list[tuple[Cell, ...]] = [_column(c) for c in columns[:COLUMNS_SHOWN]]
    left = len(columns) - len(rows)
    return {
        "split_columns": ("Split", "Part", "Rows", "Columns"),
        "splits": [(s.get("name"), s.get("part"), s.get("rows"), s.get("columns")) for s in splits],
        "columns": ("Column", "Kind", "Role", "Distinct", "Missing", "Range"),
        "rows": rows,
        "open": len(columns) <= COLUMNS_OPEN,
        "said": wording.plural(len(columns), "column"),
        "left_out": f"{left:,} more columns stand in audit.json." if left else "",
    }


def _column(c: Mapping[str, Any]) -> tuple[Cell, ...]:
    by = {split: v for split, v in (c.get("by_split") or {}).items() if isinstance(v, Mapping)}
    kind = str(c.get("kind", "")) + (", id-like" if c.get("id_like") else "")
    roles = ", ".join(str(r) for r in c.get("roles", ()))
    return c.get("name"), kind, roles or None, c.get("distinct"), _missing(by), _range(by)


def _missing(by: Mapping[str, Mapping[str, Any]]) -> str | None:
    said = [(split, v.get("missing"), v.get("n")) for split, v in by.items()]
    if not any(missing for _, missing, _ in said):
        return "none"
    return ", ".join(f"{split} {wording.share(missing / n)}" for split, missing, n in said if n and missing is not None)


def _range(by: Mapping[str, Mapping[str, Any]]) -> str | None:
    lows: list[Any] = [v["min"] for v in by.values() if v.get("min") is not None]
    highs: list[Any] = [v["max"] for v in by.values() if v.get("max") is not None]
    if not lows or not highs:
        words = [v.get("median_words") for v in by.values() if v.get("median_words")]
        return f"{wording.number(words[0])} words (median)" if words else None
    try:
        low, high = min(lows), max(highs)
    except TypeError:
        low, high = lows[0], highs[0]
    return f"{_shown(low)} to {_shown(high)}"


def _shown(value: Any) -> str:
    return wording.number(value) if isinstance(value, int | float) else str(value)


def provenance(audit: Audit) -> dict[str, Any]:
    """Scalars as pairs, lists of mappings as tables, mappings as tables of two columns."""
    p = json.plain(audit.provenance)
    pairs: list[tuple[str, str]] = [
        (str(key), _phrase(v)) for key, v in p.items() if not isinstance(v, dict) and not _table(v) and v not in (None, "", [])
    ]
    pairs = [("audit began" if k == "started" else k, wording.when(audit) if k == "started" else v) for k, v in pairs]
    tables: list[tuple[str, tuple[str, ...], list[tuple[str, ...]]]] = []
    for key, value in p.items():
        if isinstance(value, dict) and value:
            tables.append((key, ("What", "Value"), [(k, _phrase(v)) for k, v in value.items()]))
        elif _table(value):
            names = list(dict.fromkeys(k for line in value for k in line))
            tables.append((key, tuple(names), [tuple(_phrase(line.get(k)) for k in names) for line in value]))
    pairs += [("schema", json.SCHEMA), ("SHA-256 of audit.json", json.digest(audit))]
    return {"pairs": pairs, "tables": tables}


def _table(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(line, dict) for line in value)


def _phrase(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{k} {_phrase(v)}" for k, v in value.items())
    if isinstance(value, list):
        return ", ".join(_phrase(v) for v in value)
    return "–" if value is None else str(value)
