"""The joint audit: what was found in the data, and what was seen while it was learnt, under one verdict."""

from __future__ import annotations

import platform
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from auditor.judging import Judged, conclude
from auditor.model import Audit, Curve, Finding, Mark, Reading, Series
from auditor.policy import Policy, decided, policy

if TYPE_CHECKING:
    from auditor.guard.core import Guard

CURVES = ("TUN201", "TUN203", "TUN205", "TUN208")  # findings that are read off the curves of loss


def judged(guard: Guard) -> list[Judged]:
    """How each check of the run ended."""
    state = guard.state
    done = []
    for check in guard.checks:
        if check.code in state.held:
            done.append(Judged(check, (state.held[check.code].reading,)))
        else:
            done.append(Judged(check, (), skipped=state.skipped.get(check.code, "no evaluation was seen")))
    return done


def joined(
    before: Audit | None,
    tuning: Mapping[str, Any],
    done: Sequence[Judged],
    *,
    data: str = "",
    by: Policy | None = None,
    after: Audit | None = None,
) -> Audit:
    """One audit of all. A check of the run replaces the same check of the data audit, where it was skipped.

    `after` is an audit of the tuned model's predictions: its findings, outcomes and bias entries are added.
    """
    name = before.data if before else data or "fine-tune"
    findings, outcomes = conclude(_drawn(done, tuning), name)
    if after is not None:
        findings, outcomes = findings + after.findings, outcomes + after.outcomes
    codes = {o.code for o in outcomes}
    both = [f for f in (before.findings if before else ()) if f.code not in codes] + list(findings)
    order = {"error": 0, "warning": 1, "note": 2}
    both.sort(key=lambda f: (order[f.level], -_share(f), f.code, f.fingerprint))
    kept = [o for o in (before.outcomes if before else ()) if o.code not in codes]
    base = before or Audit(
        data=name, verdict="incomplete", reasons=(), findings=(), outcomes=(), provenance=provenance(tuning, by or policy())
    )
    audit = replace(
        base,
        findings=tuple(both),
        outcomes=tuple(sorted([*kept, *outcomes], key=lambda o: o.code)),
        tuning=dict(tuning),
        bias=_both(base.bias, after.bias if after else None),
    )
    return decided(audit, by or policy())


def _both(one: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """The entries of both sections, list by list."""
    if one is None or other is None:
        return one or other
    return {**one, **{k: [*one.get(k, ()), *v] if isinstance(v, list) else v for k, v in other.items()}}


def _share(finding: Finding) -> float:
    return finding.affected / finding.examined if finding.examined else 0.0


def _drawn(done: Sequence[Judged], tuning: Mapping[str, Any]) -> list[Judged]:
    """The curves of loss as evidence of those readings that are read off them."""
    curve = loss_curve(tuning)

    def with_curve(reading: Reading) -> Reading:
        return replace(reading, evidence=(*reading.evidence, curve)) if curve else reading

    return [replace(one, readings=tuple(map(with_curve, one.readings))) if one.check.code in CURVES else one for one in done]


def loss_curve(tuning: Mapping[str, Any]) -> Curve | None:
    """Training and held-out loss by step, with the best and the last step marked; None for fewer than two evaluations."""
    rows = [e for e in tuning["evaluations"] if e.get("held_out_loss") is not None]
    if len(rows) < 2:
        return None
    lines = []
    for name, key in (("held-out", "held_out_loss"), ("train", "train_loss")):
        points = [(float(e["step"]), float(e[key])) for e in rows if e.get(key) is not None]
        if points:
            lines.append(Series(name=name, x=tuple(x for x, _ in points), y=tuple(y for _, y in points)))
    marks = tuple(
        Mark(axis="x", at=float(tuning[key]), label=label)
        for key, label in (("best_step", "best"), ("stop_step", "stop"))
        if tuning.get(key) is not None
    )
    return Curve(title="Loss by step", x_label="optimiser step", y_label="loss, nats", series=tuple(lines), marks=marks)


def provenance(tuning: Mapping[str, Any], by: Policy) -> dict[str, Any]:
    """Where an audit of a run alone comes from: versions and the run. No clock: the run has its own."""
    from importlib.metadata import version

    return {
        "policy": {"name": by.name, "fail_on": by.fail_on, "require": list(by.require)},
        "run": tuning.get("run"),
        "source": tuning.get("source"),
        "versions": {"tune-auditor": version("tune-auditor"), "python": platform.python_version(), "numpy": version("numpy")},
    }
