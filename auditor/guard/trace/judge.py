"""From a log to an Audit: the same verdicts as the guard's, made afterwards."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from auditor import find
from auditor.guard import joining, record
from auditor.guard.trace import checkpoints, curves, ending, faults, formats, policies, runtype, witness
from auditor.guard.trace.curves import Curve
from auditor.guard.trace.faults import Fault
from auditor.guard.trace.log import Log
from auditor.judging import Judged
from auditor.model import Audit, Effect, Level, Reading, Where
from auditor.policy import Policy
from auditor.rows import InputError
from auditor.runcheck import RunCheck
from auditor.statistics.band import smoothed

NO_EVALUATION = "no evaluation was logged: nothing could be judged; train with eval_strategy='steps' and a held-out set"
STATUS: Mapping[str, str] = {"error": "alarm", "warning": "warning"}


def judge(path: str | os.PathLike[str], *, name: str = "", by: Policy | None = None) -> Audit:
    """The audit of a finished run from its logs. Raises InputError for what holds none.

    A run in which no evaluation was logged is incomplete, whatever else was found.
    """
    log = formats.read(Path(path))
    if not log.rows:
        raise InputError(f"{log.path}: holds no log entry; train at least one logged step")
    kind = runtype.kind_of(log)
    judged_curves = [curves.judged(log, n, key) for n, key in log.evaluations.items()] if kind.kind == "supervised" else []
    found = _faults(log, kind.kind, judged_curves)
    best = _main(judged_curves)
    kept = checkpoints.existing(log.folder)
    fault, choice = _checkpoint(log, best, kept)
    found += [fault] if fault else []
    readings = _readings(judged_curves, found)
    tuning = _tuning(log, kind, judged_curves, best, choice) | {"guards": _guards(readings)}
    guard, said = witness.of(log.folder)
    tuning["notes"] += [said] if said else []
    evaluated = bool(log.evaluations) or kind.kind != "supervised" or guard is not None
    done = _judged(readings, evaluated=evaluated, kind=kind.kind)
    if guard is not None:
        done, tuning = witness.over(done, guard), witness.record(tuning, guard)
    return joining.joined(None, tuning, done, data=name or _name(log), by=by)


def _name(log: Log) -> str:
    return (log.folder or log.path).resolve().name or str(log.path)


def _faults(log: Log, kind: str, judged_curves: list[Curve]) -> list[Fault]:
    """Every fault that such a run can have."""
    found: list[Fault | None] = [faults.non_finite(log), faults.spiky(log, losses=kind != "rl")]
    if kind == "supervised":
        found += [faults.zero_loss(log), faults.scale(log), faults.staircase(log, judged_curves)]
    if kind == "preference":
        found += policies.preference(log)
    return [f for f in found if f is not None]


def _main(judged_curves: list[Curve]) -> Curve | None:
    """The curve that the best step is read off: the lone set, else the first that was logged."""
    return next((c for c in judged_curves if len(c.losses)), None)


def _checkpoint(log: Log, curve: Curve | None, kept: Mapping[int, Path]) -> tuple[Fault | None, dict[str, Any]]:
    """The best checkpoint that still exists, and what is lost if it is none of the best."""
    if curve is None or log.folder is None or curve.best_step is None:
        return None, {}
    loss = dict(zip(curve.steps.astype(int).tolist(), curve.losses.tolist(), strict=True))
    there = {step: loss[step] for step in kept if step in loss}
    low = float(np.min(curve.losses))
    choice: dict[str, Any] = {"best_evaluated_step": curve.best_step, "existing_checkpoints": sorted(kept)}
    named = log.facts.get("best_model_checkpoint")
    wanted = Path(str(named).replace("\\", "/")).name if named else None
    if not there:
        if not any(log.folder.glob("checkpoint-*")) and wanted is None:
            return None, choice | {"recommended_checkpoint": None}
        said = "no checkpoint with loadable weights and an evaluation exists" + (
            f"; {wanted} was named the best" if wanted else ""
        )
        return _lost(said, "error" if wanted else "warning", None, len(kept)), choice | {"recommended_checkpoint": None}
    inside = [step for step in sorted(there) if step in curve.equivalent]
    best = min(there, key=lambda s: (there[s], s))
    gl = 100 * (there[best] / low - 1) if low > 0 else None
    taken = inside[0] if inside else best
    choice |= {"best_existing_step": best, "best_existing_gl": gl, "recommended_checkpoint": str(kept[taken])}
    said = f"best evaluation at step {curve.best_step}; best existing checkpoint {kept[best].name}" + (
        f" (GL {gl:.1f} %)" if gl is not None else ""
    )
    if inside:
        return _lost(f"{said}; earliest existing one inside the noise band: {kept[taken].name}", None, gl, len(kept)), choice
    if curve.band is None:
        return _lost(f"{said}; too few evaluations for a noise band", None, gl, len(kept), "too_few_evals"), choice
    return _lost(
        f"{said}, outside the noise band: the best is gone (save_total_limit?)", "error" if wanted else "warning", gl, len(kept)
    ), choice


def _lost(message: str, level: Level | None, gl: float | None, n: int, reason: str = "") -> Fault:
    return Fault(
        code="TUN105", level=level, effect="GL", value=gl, unit="percent", limit=None, message=message, n=n, reason=reason
    )


def _readings(judged_curves: list[Curve], found: Sequence[Fault]) -> dict[str, list[tuple[Reading, str, int | None]]]:
    """Code -> (reading, reason code, step of it)."""
    checks = find.everything().checks
    by: dict[str, list[tuple[Reading, str, int | None]]] = {}
    for curve in judged_curves:
        said = _curve_reading(curve)
        step = int(curve.steps[-1]) if len(curve.steps) else None
        by.setdefault(curve.code, []).append((said, curve.reason, step))
        if curve.code != "TUN201":
            clean = checks["TUN201"].read(
                said.where, said.effect, f"{curve.key}: the rise is {curve.code}'s", level="clean", limit=said.limit
            )
            by.setdefault("TUN201", []).append((clean, "", step))
    for fault in found:
        if fault.code not in checks:
            continue
        effect = Effect(name=fault.effect, value=fault.value, unit=fault.unit, reason=fault.reason or "not measured")
        reading = checks[fault.code].read(
            Where(split="train" if fault.code != "TUN201" else "held-out"),
            effect,
            fault.message,
            examined=fault.n,
            level=fault.level or "clean",
            limit=fault.limit,
            unsure=f"{fault.reason}: {fault.message}" if fault.reason else "",
        )
        by.setdefault(fault.code, []).append((reading, fault.reason, None))
    return by


def _curve_reading(curve: Curve) -> Reading:
    rule, band = curves.RULE, curve.band
    value = 100 * (band.last / band.m - 1) if band and band.m > 0 else None
    effect = Effect(name="GL", value=value, unit="percent", reason=curve.reason)
    level: Level | None = {"alarm": "error", "warning": "warning"}.get(curve.status)  # type: ignore[assignment]  # two of three
    limit = 100 * ((rule.alarm if curve.status == "alarm" else rule.warn) - 1)
    unsure = f"{curve.reason}: {curve.message}" if curve.status == "cannot-tell" else ""
    where = Where(split="held-out" if curve.name == "held-out" else curve.name)
    check = find.everything().checks[curve.code]
    return check.read(
        where, effect, curve.message, examined=len(curve.losses), level=level or "clean", limit=limit, unsure=unsure
    )


def _judged(readings: Mapping[str, list[tuple[Reading, str, int | None]]], *, evaluated: bool, kind: str) -> list[Judged]:
    done = []
    for code, check in find.everything().checks.items():
        if not issubclass(check, RunCheck):
            continue
        own = tuple(r for r, _, _ in readings.get(code, ()))
        if code == "TUN201" and not evaluated:
            done.append(Judged(check(), own, error=NO_EVALUATION))
        elif own:
            done.append(Judged(check(), own))
        else:
            why = (
                "reinforcement learning is not judged by its loss"
                if kind == "rl" and code == "TUN201"
                else "logs alone do not show it"
            )
            done.append(Judged(check(), (), skipped=why))
    return done


def _guards(readings: Mapping[str, list[tuple[Reading, str, int | None]]]) -> list[dict[str, Any]]:
    return [
        {
            "code": code,
            "status": "cannot-tell" if r.unsure else STATUS.get(r.level, "ok"),
            "set": r.where.split,
            "first_step": step if r.level in STATUS and not r.unsure else None,
            "statistic": record.finite(r.effect.value),
            "limit": record.finite(r.limit),
            "n": r.examined,
            "reason": reason or None,
            "message": r.message,
        }
        for code in sorted(readings)
        for r, reason, step in readings[code]
    ]


def _tuning(
    log: Log, kind: runtype.Kind, judged_curves: list[Curve], best: Curve | None, choice: Mapping[str, Any]
) -> dict[str, Any]:
    """The section `tuning` of a trace. Gaps are null: logged levels of training and evaluation cannot be compared."""
    said = ending.notes(log)
    if kind.kind == "rl":
        said += policies.reinforcement(log)
    step = best.best_step if best else None
    return {
        "mode": "posthoc",
        "source": f"{log.source}: {log.path.name}",
        "run_type": kind.kind,
        "decided_by": list(kind.keys)[:12],
        "train_series": log.train,
        "held_out_series": [c.key for c in judged_curves],
        "evaluations": _evaluations(log, best),
        "best_step": step,
        "stop_step": log.last_step,
        "action": "record",
        "selected_checkpoint": _named(log),
        "equivalent_steps": list(best.equivalent) if best else [],
        **choice,
        **ending.spent(log, step),
        "notes": said,
    }


def _named(log: Log) -> str | None:
    named = log.facts.get("best_model_checkpoint")
    return None if not named else Path(str(named).replace("\\", "/")).name


def _evaluations(log: Log, best: Curve | None) -> list[dict[str, Any]]:
    if best is None:
        return []
    steps, train = log.series(log.train) if log.train else (np.empty(0), np.empty(0))
    epochs = {row["step"]: row["epoch"] for row in log.rows if "epoch" in row}
    return [
        {
            "step": int(step),
            "epoch": record.finite(epochs.get(step)),
            "train_loss": record.finite(smoothed(train[steps <= step])),
            "held_out_loss": float(loss),
            "gap": None,
            "gap_low": None,
            "gap_high": None,
        }
        for step, loss in zip(best.steps.tolist(), best.losses.tolist(), strict=True)
    ]
