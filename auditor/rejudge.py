"""A saved audit weighed under other limits, without the data."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from auditor import find
from auditor.check import WEIGHED, Check
from auditor.judging import ALPHA, SHOWN, fingerprint, weigh
from auditor.model import Audit, Effect, Finding, Level, Measured, Outcome, Where
from auditor.policy import NAMES
from auditor.rows import InputError

Limits = Mapping[str, Mapping[str, Any]]
"""Parameters that only weigh; any other changes what is counted, and so needs the data."""


def rejudged(audit: Audit, limits: Limits) -> Audit:
    """The audit with `limits` laid over its own, and no trace of waivers or a baseline.

    Raises InputError for a change that cannot be judged from what was measured: such a gate must not look green.
    """
    bare = replace(
        audit,
        findings=tuple(replace(f, waived=None) for f in audit.findings if f.code not in NAMES),
        outcomes=tuple(o for o in audit.outcomes if o.code not in NAMES),
    )
    before: Limits = audit.provenance.get("limits", {})
    for code, changes in limits.items():
        if dict(changes) != {k: v for k, v in before.get(code, {}).items() if k in changes}:
            bare = _one(bare, code, before.get(code, {}), changes)
    order = {"error": 0, "warning": 1, "note": 2}
    merged = {code: {**before.get(code, {}), **limits.get(code, {})} for code in {**before, **limits}}
    return replace(
        bare,
        findings=tuple(sorted(bare.findings, key=lambda f: order[f.level])),
        provenance={**audit.provenance, "limits": merged},
    )


def _one(audit: Audit, code: str, before: Mapping[str, Any], changes: Mapping[str, Any]) -> Audit:
    """The audit with one check weighed again."""
    outcome = next((o for o in audit.outcomes if o.code == code), None)
    if outcome is None or outcome.status in ("skipped", "error"):
        return audit
    kind = find.everything().checks[code]
    old, new = kind(**before), kind(**{**before, **changes})
    for name in changes:
        if name not in WEIGHED and getattr(old, name) != getattr(new, name):
            raise InputError(
                f"[rules.{code}] {name}: changes what is counted, a saved audit cannot tell; run `auditor check` on the data"
            )
    own = [f for f in audit.findings if f.code == code]
    kept = [again for f in own if (again := _again(f, old, new)) is not None]
    added = list(_fresh(audit, outcome, own, old, new))
    others = [f for f in audit.findings if f.code != code]
    ended = _ended(outcome, len(kept) + len(added), full=len(outcome.measured) == SHOWN and bool(added))
    return replace(
        audit,
        findings=(*others, *kept, *added),
        outcomes=tuple(ended if o.code == code else o for o in audit.outcomes),
    )


def _again(finding: Finding, old: Check[Any], new: Check[Any]) -> Finding | None:
    """The finding under the new limits, or None where it breaks none of them."""
    effect = finding.effect
    if weigh(effect, old)[0] != finding.level and weigh(effect, old, at_most="warning")[0] != finding.level:
        raise _unknowable(finding.code, finding.where)
    capped: Level = "error" if weigh(effect, old)[0] == finding.level else finding.level
    level, limit = weigh(effect, new, at_most=capped)
    return replace(finding, level=level, limit=limit) if level else None


def _fresh(audit: Audit, outcome: Outcome, own: Iterable[Finding], old: Check[Any], new: Check[Any]) -> Iterable[Finding]:
    """Findings of what was measured and broke no limit when it was audited."""
    told = {(f.where, f.effect.name) for f in own}
    for measured in outcome.measured:
        if (measured.where, measured.effect.name) in told or (measured.q is not None and measured.q >= ALPHA):
            continue
        level, limit = weigh(measured.effect, new, at_most=measured.at_most)
        if measured.decided == "unsure":  # only where the whole interval lies beyond the new limit
            if level != "error" or None in (measured.effect.low, measured.effect.high):
                continue
        elif level and measured.decided == "check" and weigh(measured.effect, old)[0] is not None:
            raise _unknowable(outcome.code, measured.where)
        if level:
            yield _finding(audit, measured, new, level, limit)


def _finding(audit: Audit, measured: Measured, check: Check[Any], level: Level, limit: float | None) -> Finding:
    page = check.page()
    return Finding(
        code=check.code,
        name=check.name,
        level=level,
        where=measured.where,
        message=f"{_said(measured.effect)}, beyond the limit {limit:g} that was set after the audit; its rows were not kept",
        effect=measured.effect,
        limit=limit,
        affected=0,
        examined=0,
        rows=(),
        evidence=(),
        fix=page.get("Fix", ""),
        fingerprint=fingerprint(check.code, audit.data, measured.where),
        q=measured.q,
        why=page.get("Why", ""),
        known_limits=page.get("Known limits", ""),
    )


def _said(effect: Effect) -> str:
    between = "" if effect.low is None or effect.high is None else f" ({effect.low:.4g} to {effect.high:.4g})"
    return f"{effect.name} is {effect.value:.4g}{between}"


def _ended(outcome: Outcome, findings: int, *, full: bool) -> Outcome:
    if findings:
        more = "; more may break the new limit, only the nearest ten were kept" if full else ""
        return replace(outcome, status="found", reason=f"{findings} finding{'s' if findings > 1 else ''}{more}")
    unsure = [m for m in outcome.measured if m.decided == "unsure"]
    if unsure:
        reason = outcome.reason if outcome.status == "inconclusive" else f"{len(unsure)} could not be told"
        return replace(outcome, status="inconclusive", reason=reason)
    return replace(outcome, status="clean", reason="")


def _unknowable(code: str, where: Where) -> InputError:
    place = ", ".join(x for x in (where.split, *where.columns, where.group) if x)
    return InputError(
        f"[rules.{code}]: {code} weighs {place or 'its readings'} by a rule of its own, a saved audit cannot tell what other"
        " limits would say; run `auditor check` on the data"
    )
