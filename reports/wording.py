"""The sentences and numbers that every writer shares, so that no two outputs of one audit disagree. Formats, never computes."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from auditor.model import LEVELS, Audit, Effect, Finding, Outcome, Row, Status, Where
from auditor.words import plural as plural

ICONS = {
    "pass": "✓", "pass-with-waivers": "✓", "fail": "✕", "incomplete": "?",
    "error": "✕", "warning": "!", "note": "i",
    "found": "●", "clean": "✓", "inconclusive": "?", "skipped": "–",
    "ok": "✓", "alarm": "✕", "cannot-tell": "?",
}  # fmt: skip
STATUSES: tuple[Status, ...] = ("error", "found", "inconclusive", "skipped", "clean")
"""Outcomes in the order in which a reader needs them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a verdict is what it is: a finding that fails, or a check that could not run."""

    link: str  # id of the place on the page, "" where there is none
    code: str
    name: str
    text: str
    measured: str = ""
    limit: str = ""


def number(value: float | int | None) -> str:
    """At most four significant digits, thousands grouped; `undefined` for None."""
    if value is None:
        return "undefined"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if float(value).is_integer() and abs(value) < 1e15:
        return f"{int(value):,}"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 1 else f"{value:.4g}"


def share(value: float | None) -> str:
    """A share of 0..1 in per cent."""
    if value is None:
        return "undefined"
    percent = 100 * value
    digits = 0 if percent == 0 else 2 if abs(percent) < 1 else 1
    return f"{percent:.{digits}f} %"


def measured(value: float | None, unit: str) -> str:
    """A value with its unit."""
    if unit == "share":
        return share(value)
    text = number(value)
    return text if value is None or unit in ("", "ratio") else f"{text} {unit}"


def interval(low: float | None, high: float | None, unit: str = "") -> str:
    """`19.0 to 21.2 %`; an end that is not known shows as an ellipsis; "" where neither is."""
    if low is None and high is None:
        return ""
    shown = share if unit == "share" else number
    a, b = ("…" if end is None else shown(end) for end in (low, high))
    return f"{a.removesuffix(' %') if b.endswith(' %') else a} to {b}"


def effect(e: Effect) -> str:
    """Value and interval in one phrase."""
    if e.value is None:
        return f"undefined, because {e.reason}" if e.reason else "undefined"
    span = interval(e.low, e.high, e.unit)
    return measured(e.value, e.unit) + (f" (95 % interval {span})" if span else "")


def place(where: Where) -> str:
    """Split, columns and groups in one phrase."""
    said = [where.split, ", ".join(where.columns)]
    if where.group:
        said.append(where.group + (f" against {where.reference}" if where.reference else ""))
    elif where.reference:
        said.append(f"against {where.reference}")
    return " · ".join(s for s in said if s)


def amount(f: Finding) -> str:
    """Affected of examined, with the share."""
    if not f.examined:
        return ""
    return f"{f.affected:,} of {f.examined:,} rows ({share(f.affected / f.examined)})"


def position(row: Row) -> str:
    """`test 14`, or `test 14 = train 8211`."""
    own = f"{row.split} {row.row}"
    return own if row.twin_row is None else f"{own} = {row.twin_split} {row.twin_row}"


def levels(findings: Iterable[Finding]) -> dict[str, int]:
    """Count of findings by level, worst first; waived ones are not counted."""
    seen = Counter(f.level for f in findings if f.waived is None)
    return {level: seen[level] for level in LEVELS}


def statuses(outcomes: Iterable[Outcome]) -> dict[str, int]:
    """Count of checks by how they ended."""
    seen = Counter(o.status for o in outcomes)
    return {status: seen[status] for status in STATUSES}


def skips(outcomes: Iterable[Outcome], status: str = "skipped") -> list[tuple[str, list[str]]]:
    """Reasons and the codes that ended so, commonest first."""
    by: dict[str, list[str]] = {}
    for o in outcomes:
        if o.status == status:
            by.setdefault(o.reason or "no reason was given", []).append(o.code)
    return sorted(by.items(), key=lambda item: (-len(item[1]), item[0]))


def reasons(audit: Audit) -> list[Reason]:
    """What decided the verdict, in the order of the audit."""
    findings = {f.fingerprint: f for f in audit.findings}
    outcomes = {o.code: o for o in audit.outcomes}
    return [_reason(key, findings.get(key), outcomes.get(key)) for key in audit.reasons]


def _reason(key: str, finding: Finding | None, outcome: Outcome | None) -> Reason:
    if finding is not None:
        limit = "" if finding.limit is None else measured(finding.limit, finding.effect.unit)
        said = effect(finding.effect)
        return Reason(
            link=finding.fingerprint, code=finding.code, name=finding.name, text=finding.message, measured=said, limit=limit
        )
    if outcome is not None:
        text = f"{outcome.status}: {outcome.reason}" if outcome.reason else outcome.status
        return Reason(link=f"outcome-{outcome.code}", code=outcome.code, name=outcome.name, text=text)
    return Reason(link="", code=key, name="", text="was required and did not run")


def verdict(audit: Audit) -> tuple[str, str]:
    """The word of the verdict and the sentence that a manager reads."""
    failing = sum(r.link in {f.fingerprint for f in audit.findings} for r in reasons(audit))
    missing = len(audit.reasons) - failing
    probed = "probe" in audit.provenance
    tuned = audit.tuning is not None or probed
    if audit.verdict == "fail":
        what = "do not release this tuned model" if tuned else "do not fine-tune on this data yet"
        return "FAIL", f"{what}: {plural(failing, 'gate')} {'fails' if failing == 1 else 'fail'}."
    if audit.verdict == "incomplete":
        also = f", and {plural(failing, 'gate')} {'fails' if failing == 1 else 'fail'}" if failing else ""
        return "INCOMPLETE", f"no go-ahead can be given: {plural(missing, 'required check')} could not be judged{also}."
    if audit.verdict == "pass-with-waivers":
        waived = sum(f.waived is not None for f in audit.findings)
        return (
            "PASS WITH WAIVERS",
            f"every gate holds; {plural(waived, 'finding')} {'is' if waived == 1 else 'are'} accepted for now.",
        )
    found = levels(audit.findings)
    if found["error"]:
        return "PASS", f"no gate was asked to fail, but read {plural(found['error'], 'error')} before you go on."
    warned = found["warning"]
    rest = f"; {plural(warned, 'warning')} to read" if warned else ""
    if probed:
        return "PASS", f"the probe {_probed(audit)}: nothing blocks{rest}."
    return "PASS", (
        "the tuned model may be released" if tuned else "this data may be fine-tuned on"
    ) + f": every gate holds{rest}."


def _probed(audit: Audit) -> str:
    """What a probe that does not block found, by the check that judges it."""
    code = audit.provenance["probe"].get("code", "BIA316")  # older audits do not say it
    statuses = {o.status for o in audit.outcomes if o.code == code}
    if "found" in statuses:
        return "found a change beyond its margin"
    return "found no change beyond its margin" if statuses == {"clean"} else "cannot tell whether tuning made the model worse"


def rows(audit: Audit) -> str:
    """`10,000 train + 5,000 test rows`."""
    counts = audit.provenance.get("rows") or {s.get("name"): s.get("rows") for s in audit.profile.get("splits", ())}
    said = [f"{n:,} {split}" for split, n in counts.items() if isinstance(n, int)]
    return " + ".join(said) + " rows" if said else ""


def when(audit: Audit) -> str:
    """The one timestamp: SOURCE_DATE_EPOCH where it is set, else the time at which the audit began."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    if epoch.isdigit():
        return datetime.fromtimestamp(int(epoch), UTC).isoformat(timespec="seconds")
    return str(audit.provenance.get("started", ""))


def version(audit: Audit) -> str:
    """Version of the program that made the audit."""
    versions: Any = audit.provenance.get("versions") or {}
    return str(versions.get("tune-auditor", "")) if isinstance(versions, dict) else ""
