"""SARIF 2.1.0: one result a finding, not a row."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from auditor.model import Audit, Finding, Outcome
from auditor.reports import json as audit_json
from auditor.reports import places, wording
from auditor.reports.visible import one_line, visible

RESULTS = 5_000  # GitHub code scanning shows so many (docs: SARIF support for code scanning)
TEXT = 2_000  # characters of a message
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def write(audit: Audit) -> bytes:
    """The file, indented, in UTF-8."""
    return (json.dumps(to_dict(audit), ensure_ascii=False, allow_nan=False, indent=1) + "\n").encode()


def to_dict(audit: Audit) -> dict[str, Any]:
    """The log of one run: rules are the checks, results the findings, notifications the checks that could not run."""
    rules = {o.code: o.name for o in audit.outcomes} | {f.code: f.name for f in audit.findings}
    index = {code: i for i, code in enumerate(sorted(rules))}
    word, sentence = wording.verdict(audit)
    run = {
        "tool": {
            "driver": {
                "name": "auditor",
                "semanticVersion": wording.version(audit) or "0.0.0",
                "rules": [{"id": code, "name": rules[code], **_rule(audit, code)} for code in sorted(rules)],
            }
        },
        "columnKind": "unicodeCodePoints",
        "invocations": [
            {
                "executionSuccessful": audit.verdict != "incomplete",
                "toolExecutionNotifications": [_notification(o, index) for o in audit.outcomes if o.status == "error"],
            }
        ],
        "results": [_result(audit, f, index) for f in audit.findings[:RESULTS]],
        "properties": {
            "verdict": audit.verdict,
            "sentence": f"{word}: {sentence}",
            "data": audit.data,
            "findings": len(audit.findings),
            "shown": min(len(audit.findings), RESULTS),
        },
    }
    said: dict[str, Any] = audit_json.plain({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]})
    return said


def message(text: str) -> str:
    """SARIF message text: braces doubled, brackets and backslashes escaped (sections 3.11.5 and 3.11.6)."""
    text = visible(text)[:TEXT].replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]")
    return text.replace("{", "{{").replace("}", "}}")


def _rule(audit: Audit, code: str) -> dict[str, Any]:
    first = next((f for f in audit.findings if f.code == code), None)
    said: dict[str, Any] = {"properties": {"tags": [code[:3]]}}
    if first is not None and first.why:
        said["fullDescription"] = {"text": message(first.why)}
    if first is not None and first.fix:
        said["help"] = {"text": message(first.fix)}
    return said


def _notification(o: Outcome, index: dict[str, int]) -> dict[str, Any]:
    text = message(f"{o.code} {o.name} could not run: {o.reason}")
    return {"level": "error", "message": {"text": text}, "associatedRule": {"id": o.code, "index": index[o.code]}}


def _result(audit: Audit, f: Finding, index: dict[str, int]) -> dict[str, Any]:
    at = places.place(audit, f)
    logical = [("module", f.where.split), *(("member", c) for c in f.where.columns), ("value", f.where.group)]
    result: dict[str, Any] = {
        "ruleId": f.code,
        "ruleIndex": index[f.code],
        "level": f.level,
        "message": {"text": message(f"{f.message} [{wording.effect(f.effect)}{_limit(f)}]")},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": quote(at.path, safe="/:.-_~")},
                    "region": {"startLine": at.line},
                },
                "logicalLocations": [{"name": one_line(name), "kind": kind} for kind, name in logical if name],
            }
        ],
        "partialFingerprints": {"auditor/v1": f.fingerprint},
        "properties": _properties(f),
    }
    if f.waived is not None:
        result["suppressions"] = [{"kind": "external", "justification": one_line(str(f.waived.get("reason", "")))}]
    return result


def _limit(f: Finding) -> str:
    return "" if f.limit is None else f", limit {wording.measured(f.limit, f.effect.unit)}"


def _properties(f: Finding) -> dict[str, Any]:
    effect = {k: getattr(f.effect, k) for k in ("name", "value", "low", "high", "unit", "method", "reason")}
    return {
        "effect": effect,
        "limit": f.limit,
        "affected": f.affected,
        "examined": f.examined,
        "reference": f.where.reference,
        "rows": [{"split": r.split, "row": r.row, "id": r.id} for r in f.rows],
        "fix": f.fix,
    }
