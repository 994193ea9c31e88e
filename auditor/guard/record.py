"""The section `tuning` of audit.json, as a plain dict without NaN."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from auditor.guard.verdicts import GuardVerdict
from auditor.tallies.evaluations import Evaluation, Losses

if TYPE_CHECKING:
    from auditor.guard.core import Guard


SHOWN = ("held_out_chosen_logp", "held_out_rejected_logp", "held_out_reward_margin")
"""Facts of preference pairs that stand in an entry: log-probabilities of the answers that fall while their margin rises."""


def finite(value: float | None) -> float | None:
    """The value, or None where it is no number."""
    return None if value is None or not math.isfinite(value) else float(value)


def evaluation(seen: Evaluation, verdicts: Mapping[str, GuardVerdict], shown: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """One entry of `tuning.evaluations`. `train_loss` is the probe's loss in evaluation mode; the trainer's own running loss
    stands beside it as `logged_train_loss`. `shown`: code -> the numbers of that guard which every entry has."""
    gap = verdicts.get("TUN202")
    numbers = gap.statistics if gap else {}
    entry: dict[str, Any] = {
        "step": seen.step,
        "epoch": finite(seen.epoch),
        "train_loss": _of(seen.probe, "mean"),
        "held_out_loss": _of(seen.held_out, "mean") if seen.held_out else finite(seen.held_out_loss),
        "gap": numbers.get("gap"),
        "gap_low": numbers.get("gap_low"),
        "gap_high": numbers.get("gap_high"),
        "train_accuracy": _of(seen.probe, "accuracy"),
        "held_out_accuracy": _of(seen.held_out, "accuracy"),
        "retained_loss": _of(seen.retained, "mean"),
        "retained_accuracy": _of(seen.retained, "accuracy"),
        "logged_train_loss": finite(seen.train_loss),
        "n_train": seen.probe.n if seen.probe else None,
        "n_held_out": seen.held_out.n if seen.held_out else None,
    }
    entry |= {name: seen.facts[name] for name in SHOWN if name in seen.facts}
    for code, verdict in verdicts.items():
        entry |= {name: verdict.statistics.get(name) for name in shown.get(code, ())}
    return entry


def _of(part: Losses | None, name: str) -> float | None:
    return None if part is None else finite(getattr(part, name))


def tuning(guard: Guard) -> dict[str, Any]:
    """The whole section."""
    state = guard.state
    return {
        "mode": "guard",
        "run": state.run_id,
        "evaluations": [dict(e) for e in state.shown],
        "best_step": state.best_step,
        "stop_step": state.stop_step,
        "stop_code": state.stop_code or None,
        "action": state.action or "record",
        "on_overfit": guard.on_overfit,
        "selected_checkpoint": state.selected,
        "guards": [v.entry() for v in guard.verdicts],
        "not_judged": [{"code": code, "reason": reason} for code, reason in sorted(state.skipped.items())],
        "events": [{"code": code, **event} for code in sorted(state.events) for event in state.events[code]],
        "culprit": dict(state.culprit) or None,
        "layers": [dict(layer) for layer in guard.layers],
        "data": dict(state.data),
        "notes": list(guard.notes),
        "canaries": guard.canaries.record() if guard.canaries is not None else None,
    }
