"""GitLab code quality: one issue a finding."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from auditor.model import Audit, Finding
from auditor.reports import json as audit_json
from auditor.reports import places, wording
from auditor.reports.visible import one_line

SEVERITIES = {"error": "critical", "warning": "major", "note": "info"}
"""Severity by level; a finding that fails the gate, and a check that could not be judged, is a `blocker`."""


def write(audit: Audit) -> bytes:
    """The file, in UTF-8. Waived findings are left out."""
    seen: dict[str, int] = {}
    issues = [_issue(audit, f, _unique(f.fingerprint, seen)) for f in audit.findings if f.waived is None]
    for reason in wording.reasons(audit):
        if reason.link.startswith("outcome-") or not reason.link:
            key = hashlib.sha256(f"{audit.data}\0{reason.code}".encode("utf-8", "replace")).hexdigest()
            text = f"{reason.code} {reason.name} {reason.text}"
            issues.append(_made(text, reason.code, _unique(key, seen), "blocker", places.Place(places.FALLBACK, 1)))
    return (json.dumps(audit_json.plain(issues), ensure_ascii=False, indent=1) + "\n").encode()


def _unique(fingerprint: str, seen: dict[str, int]) -> str:
    """GitLab drops the second issue of one fingerprint: it gets another, made of the first and its number."""
    seen[fingerprint] = seen.get(fingerprint, 0) + 1
    n = seen[fingerprint]
    return fingerprint if n == 1 else hashlib.sha256(f"{fingerprint}#{n}".encode("utf-8", "replace")).hexdigest()


def _issue(audit: Audit, f: Finding, fingerprint: str) -> dict[str, Any]:
    severity = "blocker" if f.fingerprint in audit.reasons else SEVERITIES[f.level]
    where = wording.place(f.where)
    text = f"{f.code} {f.name}: {f.message}" + (f" ({where})" if where else "")
    return _made(text, f.code, fingerprint, severity, places.place(audit, f))


def _made(text: str, code: str, fingerprint: str, severity: str, at: places.Place) -> dict[str, Any]:
    return {
        "description": one_line(text),
        "check_name": code,
        "fingerprint": fingerprint,
        "severity": severity,
        "location": {"path": at.path, "lines": {"begin": at.line}},
    }
