"""The rise of the held-out loss over the evaluations of a run, as two checks read it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from auditor.statistics.rise import Held, Rise, accuracy_holds, rise
from auditor.tallies.evaluations import Evaluation, Evaluations, Losses


@dataclass(frozen=True, slots=True, kw_only=True)
class RiseRule:
    """When a rise is overfitting. Limits of guard G1: Prechelt 1998's GL of 2 and 5 %, a one-sided 5 % test, three sigma."""

    gl_warn: float = 2.0  # percent
    gl_alarm: float = 5.0  # percent: at one evaluation, with z_single
    z: float = 1.64  # one-sided 5 %
    z_single: float = 3.0  # at 1.64 seven of 75 noise-free digits runs alarmed on one evaluation, at 3 four
    repeat: int = 2  # warnings among the last three evaluations that make an alarm
    min_n: int = 100  # held-out rows or clusters below which nothing is told
    blind: float = 0.05  # share of the best loss: a rise of this size must be detectable for an ok


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """G1 at one evaluation."""

    status: str  # ok, warning, alarm or cannot-tell
    reason: str = ""  # code of a cannot-tell
    rise: Rise | None = None  # None at the best evaluation itself, and where it could not be computed
    best: Evaluation | None = None
    n: int = 0


def rise_at(run: Evaluations, step: int) -> tuple[Rise | None, Evaluation | None]:
    """The rise at this step above the best until then, and the best; no rise at the best itself."""
    past = run.until(step)
    now, best = past.last, past.best
    if best is None or best.step == now.step or not (now.held_out and best.held_out):
        return None, best
    if not now.held_out.full or not best.held_out.full or len(now.held_out.loss) != len(best.held_out.loss):
        return None, best
    found = rise(now.held_out.loss, best.held_out.loss, now.held_out.cluster, _mean(now.probe), _mean(best.probe))
    return found, best


def judged(run: Evaluations, rule: RiseRule) -> Judgement:
    """G1 at the last evaluation, in its order: best itself, too few, alarm or warning, underpowered, ok."""
    now = run.last
    n = now.held_out.units if now.held_out is not None and now.held_out.full else 0
    if not n:
        return Judgement(status="cannot-tell", reason="missing_metric")
    if not math.isfinite(now.loss):
        return Judgement(status="cannot-tell", reason="non_finite", n=n)
    best = run.best
    if best is not None and best.step == now.step:
        return Judgement(status="ok", best=best, n=n)
    if n < rule.min_n:
        return Judgement(status="cannot-tell", reason="n_too_small", best=best, n=n)
    if now.probe is None:
        return Judgement(status="cannot-tell", reason="no_train_probe", best=best, n=n)
    found, best = rise_at(run, now.step)
    if found is None:
        return Judgement(status="cannot-tell", reason="changed_rows", best=best, n=n)
    status, reason = "ok", ""
    if found.over(rule.gl_warn, rule.z):
        status = "warning"
        single = found.over(rule.gl_alarm, rule.z_single)
        recent = [r for s in sorted(run.by_step)[-3:] if (r := rise_at(run, s)[0]) is not None]
        if single or sum(r.over(rule.gl_warn, rule.z) for r in recent) >= rule.repeat:
            status = "alarm"
    elif found.blind(rule.blind):
        status, reason = "cannot-tell", "underpowered"
    return Judgement(status=status, reason=reason, rise=found, best=best, n=n)


def held(run: Evaluations, found: Judgement, *, margin: float, learnt: float, z: float) -> Held | None:
    """Whether accuracy held since the best evaluation; None where the answers or their labels are not known."""
    now, best = run.last, found.best
    if best is None or now.held_out is None or best.held_out is None:
        return None
    a, b = now.held_out, best.held_out
    if a.right is None or b.right is None or a.label is None or len(a.right) != len(b.right):
        return None
    trained = [e.probe.accuracy if e.probe else None for e in (now, best)]
    gain = None if trained[0] is None or trained[1] is None else trained[0] - trained[1]
    return accuracy_holds(a.right, b.right, a.label, a.cluster, train_gain=gain, margin=margin, learnt=learnt, z=z)


def _mean(part: Losses | None) -> float | None:
    return None if part is None else part.mean


def wanted(found: Rise, rule: RiseRule) -> int:
    """Held-out rows that would make a rise of `rule.blind` detectable, the spread being what it is."""
    level = found.best if found.gl is not None else 1.0
    spread = found.se * math.sqrt(found.n)
    return math.ceil((2.5 * spread / (rule.blind * level)) ** 2)
