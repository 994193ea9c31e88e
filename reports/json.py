"""audit.json: everything an audit says, as `interface.md` names it, and plain values for the writers that embed it."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from typing import Any

from auditor.model import Audit, Effect, Evidence, Finding, Matrix, Measured, Outcome, Row, Series, Table, Where

SCHEMA = "tune-auditor/audit/1"
ROWS = 10  # rows of a finding that the file holds; all of them stand in the `rows` file
UNSAFE = re.compile("[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]")
"""Written as escapes: a terminal or an editor that shows the file must not obey them."""


def write(audit: Audit) -> bytes:
    """The file. The same audit gives the same bytes."""
    text = json.dumps(to_dict(audit), ensure_ascii=False, allow_nan=False, indent=1)
    return (UNSAFE.sub(lambda m: f"\\u{ord(m[0]):04x}", text) + "\n").encode()


def digest(audit: Audit) -> str:
    """SHA-256 of the file."""
    return hashlib.sha256(write(audit)).hexdigest()


def to_dict(audit: Audit) -> dict[str, Any]:
    """The audit in plain JSON values: no tuple, no NaN, no infinity, no lone surrogate."""
    said: dict[str, Any] = {
        "schema": SCHEMA,
        "data": audit.data,
        "verdict": audit.verdict,
        "reasons": audit.reasons,
        "findings": [_finding(f) for f in audit.findings],
        "outcomes": [_outcome(o) for o in audit.outcomes],
    }
    if audit.bias is not None:
        said["bias"] = audit.bias
    if audit.tuning is not None:
        said["tuning"] = audit.tuning
    said |= {"profile": audit.profile, "assumed": audit.assumed, "provenance": audit.provenance}
    result: dict[str, Any] = plain(said)
    return result


def plain(value: Any) -> Any:
    """The value in what JSON can say. A number that is not finite becomes null; a mapping around it says why."""
    if isinstance(value, Mapping):
        return _mapping(value)
    if isinstance(value, str):
        return _encodable(str(value))
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, set | frozenset):
        return sorted((plain(v) for v in value), key=str)
    if isinstance(value, list | tuple):
        return [plain(v) for v in value]
    if hasattr(value, "tolist"):  # numpy, without importing it
        return plain(value.tolist())
    return _encodable(value.isoformat() if hasattr(value, "isoformat") else str(value))


def _mapping(values: Mapping[Any, Any]) -> dict[str, Any]:
    said = {_encodable(str(key)): plain(value) for key, value in values.items()}
    number = values.get("value")
    if isinstance(number, float) and not math.isfinite(number):
        infinite = math.isinf(number)
        if said.get("status", "ok") in ("ok", None, ""):
            said["status"] = "infinite" if infinite else "undefined"
        said["reason"] = said.get("reason") or ("the value is infinite" if infinite else "the value is not a number")
    return said


def _encodable(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def _finding(f: Finding) -> dict[str, Any]:
    return {
        "code": f.code,
        "name": f.name,
        "level": f.level,
        "where": _where(f.where),
        "message": f.message,
        "effect": _effect(f.effect),
        "limit": f.limit,
        "q": f.q,
        "affected": f.affected,
        "examined": f.examined,
        "rows": [_row(r) for r in f.rows[:ROWS]],
        "evidence": [_evidence(e) for e in f.evidence],
        "fix": f.fix,
        "why": f.why,
        "known_limits": f.known_limits,
        "fingerprint": f.fingerprint,
        "waived": f.waived,
    }


def _where(w: Where) -> dict[str, Any]:
    return {"split": w.split, "columns": w.columns, "group": w.group, "reference": w.reference}


def _effect(e: Effect) -> dict[str, Any]:
    return {
        "name": e.name,
        "value": e.value,
        "low": e.low,
        "high": e.high,
        "unit": e.unit,
        "method": e.method,
        "reason": e.reason,
    }


def _row(r: Row) -> dict[str, Any]:
    return {
        "split": r.split,
        "row": r.row,
        "id": r.id,
        "score": r.score,
        "detail": r.detail,
        "note": r.note,
        "twin_split": r.twin_split,
        "twin_row": r.twin_row,
        "twin_detail": r.twin_detail,
        "cluster": r.cluster,
        "suggestion": r.suggestion,
    }


def _outcome(o: Outcome) -> dict[str, Any]:
    return {
        "code": o.code,
        "name": o.name,
        "status": o.status,
        "reason": o.reason,
        "seconds": o.seconds,
        "measured": [_measured(m) for m in o.measured],
    }


def _measured(m: Measured) -> dict[str, Any]:
    by = {"q": m.q, "at_most": m.at_most, "decided": m.decided}
    return {"where": _where(m.where), "effect": _effect(m.effect), "limit": m.limit, **by}


def _evidence(e: Evidence) -> dict[str, Any]:
    shape = type(e).__name__.lower()
    if isinstance(e, Table):
        return {"shape": shape, "title": e.title, "columns": e.columns, "rows": e.rows, "note": e.note}
    if isinstance(e, Matrix):
        return {
            "shape": shape,
            "title": e.title,
            "row_label": e.row_label,
            "column_label": e.column_label,
            "row_names": e.row_names,
            "column_names": e.column_names,
            "values": e.values,
        }
    said: dict[str, Any] = {
        "shape": shape,
        "title": e.title,
        "x_label": e.x_label,
        "y_label": e.y_label,
        "series": [_series(s) for s in e.series],
        "marks": [{"axis": m.axis, "at": m.at, "label": m.label} for m in e.marks],
    }
    return said if not hasattr(e, "width") else said | {"width": e.width}


def _series(s: Series) -> dict[str, Any]:
    return {"name": s.name, "x": s.x, "y": s.y, "low": s.low, "high": s.high}
