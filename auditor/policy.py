"""Limits, waivers and baseline make a verdict of an audit; nothing that was measured changes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

from auditor.model import Audit, Effect, Finding, Level, Outcome, Verdict

if TYPE_CHECKING:
    from auditor.baseline import Baseline
    from auditor.waivers import Waiver


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What fails an audit and what must not be missing from it."""

    name: str = "default"  # default, strict or exploratory
    fail_on: str = "error"  # error, warning or never
    require: tuple[str, ...] = ()  # codes or prefixes that must have run
    named: tuple[str, ...] = ()  # codes selected in full: skipped is then incomplete
    waivers: tuple[Waiver, ...] = ()
    baseline: Baseline | None = None  # known findings: only new or worse ones gate
    today: date | None = None  # the day on which waivers end or hold; None = none is looked at


USUAL = {"default": "error", "strict": "warning", "exploratory": "never"}
"""Policy -> what fails, where `fail_on` does not say it."""


def policy(
    name: str = "default",
    *,
    fail_on: str | None = None,
    require: Iterable[str] = (),
    named: Iterable[str] = (),
    waivers: Iterable[Waiver] = (),
    baseline: Baseline | None = None,
    today: date | None = None,
) -> Policy:
    """The policy of that name, with another `fail_on` where given. ValueError for an unknown name or level."""
    if name not in USUAL:
        raise ValueError(f"got policy {name!r}, want one of {', '.join(USUAL)}")
    if fail_on not in (None, "error", "warning", "never"):
        raise ValueError(f"got fail_on {fail_on!r}, want error, warning or never")
    waivers = tuple(waivers)
    if waivers and today is None:
        raise ValueError("waivers end on a day: want `today` with them")
    return Policy(
        name=name,
        fail_on=fail_on or USUAL[name],
        require=tuple(require),
        named=tuple(named),
        waivers=waivers,
        baseline=baseline,
        today=today,
    )


def decided(audit: Audit, by: Policy) -> Audit:
    """The audit with waivers and baseline applied, and the verdict that follows."""
    audit = waived(audit, by) if by.waivers and by.today else audit
    audit = _known(audit, by.baseline) if by.baseline is not None else audit
    return audit.with_verdict(*verdict(audit, by))


def waived(audit: Audit, by: Policy) -> Audit:
    """Findings that a waiver covers are marked; a waiver that is exceeded, expired or unused becomes a finding itself."""
    assert by.today is not None
    used: set[int] = set()
    own: list[Finding] = []
    marked: list[Finding] = []
    for finding in audit.findings:
        kept = finding
        for i, waiver in enumerate(by.waivers):
            if not waiver.covers(finding, audit.data):
                continue
            used.add(i)
            if waiver.expires < by.today:
                own.append(_about(audit, waiver, "CFG102", "error", f"the waiver of {finding.code} ended on {waiver.expires}"))
            elif not waiver.accept.holds(finding.effect.value):
                value = "undefined" if finding.effect.value is None else f"{finding.effect.value:g}"
                said = f"the waiver of {finding.code} accepts {waiver.accept}, {finding.effect.name} is {value}"
                own.append(_about(audit, waiver, "CFG104", "error", said))
            else:
                kept = replace(finding, waived=waiver.said())
        marked.append(kept)
    for i, waiver in enumerate(by.waivers):
        if i not in used:
            own.append(_about(audit, waiver, "CFG103", "warning", f"the waiver of {waiver.rule} covers no finding; take it out"))
    own = list({f.fingerprint: f for f in own}.values())
    order = {"error": 0, "warning": 1, "note": 2}
    findings = sorted([*own, *marked], key=lambda f: order[f.level])
    outcomes = [*(o for o in audit.outcomes if o.code not in NAMES), *(_outcome(code, own) for code in NAMES)]
    return replace(audit, findings=tuple(findings), outcomes=tuple(sorted(outcomes, key=lambda o: o.code)))


NAMES = {"CFG102": "expired-waiver", "CFG103": "unused-waiver", "CFG104": "exceeded-waiver"}
"""What the gate itself may find. CFG101, a malformed waiver, is refused before the audit."""


def _outcome(code: str, findings: list[Finding]) -> Outcome:
    n = sum(f.code == code for f in findings)
    said = f"{n} finding{'s' if n > 1 else ''}" if n else ""
    return Outcome(code=code, name=NAMES[code], status="found" if n else "clean", reason=said)


def _about(audit: Audit, waiver: Waiver, code: str, level: Level, message: str) -> Finding:
    where = waiver.where()
    place = [code, audit.data, waiver.rule, where.split, list(where.columns), where.group, where.reference]
    return Finding(
        code=code,
        name=NAMES[code],
        level=level,
        where=where,
        message=f"{message} (owner {waiver.owner}: {waiver.reason})",
        effect=Effect(name="waivers", value=1.0, unit="waivers"),
        limit=0.0,
        affected=0,
        examined=0,
        rows=(),
        evidence=(),
        fix="mend the finding, or agree on a new waiver with its owner" if level == "error" else "take the waiver out",
        fingerprint=hashlib.sha256(json.dumps(place, separators=(",", ":")).encode()).hexdigest(),
        why="An exception that nobody looks at again hides what it was made for.",
        known_limits="A waiver for another data set of the same file is unused here; name its data set in it.",
    )


def _known(audit: Audit, baseline: Baseline) -> Audit:
    """Findings of the baseline that are no worse are marked as known."""

    def marked(finding: Finding) -> Finding:
        change = baseline.change(finding)
        if finding.waived is not None or finding.code.startswith("CFG") or change in ("new", "worse"):
            return finding
        before = baseline.known[finding.fingerprint]
        value = "undefined" if before.value is None else f"{before.value:g}"
        reason = f"known since the baseline, where {before.metric} was {value}"
        return replace(finding, waived={"owner": "baseline", "reason": reason, "expires": ""})

    return replace(audit, findings=tuple(marked(f) for f in audit.findings))


def verdict(audit: Audit, by: Policy) -> tuple[Verdict, tuple[str, ...]]:
    """The verdict and its reasons: codes of checks that could not run, fingerprints of findings that fail."""
    missing = [o.code for o in audit.outcomes if _missing(o.code, o.status, by)]
    ran = {o.code for o in audit.outcomes}
    missing += [code for code in by.require if not any(c.startswith(code) for c in ran)]
    levels: dict[str, tuple[Level, ...]] = {"error": ("error",), "warning": ("error", "warning"), "never": ()}
    gating = levels[by.fail_on]
    failing = [f.fingerprint for f in audit.findings if f.level in gating and f.waived is None]
    if missing:
        return "incomplete", (*dict.fromkeys(missing), *failing)
    if failing:
        return "fail", tuple(failing)
    if any(f.waived is not None and f.level in gating for f in audit.findings):
        return "pass-with-waivers", ()
    return "pass", ()


def _missing(code: str, status: str, by: Policy) -> bool:
    required = code.startswith(by.require) if by.require else False
    if status == "error":
        return required or by.name != "exploratory"
    if status == "skipped":
        return required or (code in by.named and by.name != "exploratory")
    return status == "inconclusive" and required and by.name == "strict"
