"""Runs that are not judged by their loss: reinforcement learning, and preference tuning."""

from __future__ import annotations

import re

import numpy as np

from auditor.guard.trace.faults import Fault
from auditor.guard.trace.log import Log
from auditor.statistics.band import RULE_MIN, ends

FALL = 0.02  # share of reward accuracy; as TUN211, the least loss of accuracy that is an error there


def preference(log: Log) -> list[Fault]:
    """Held-out reward accuracy that falls, or chosen answers that grow less likely while the margin grows (TUN218's matter)."""
    accuracy = _find(log, r"^(eval|val)[_/].*rewards/accuracies$")
    chosen = _find(log, r"^(eval|val)[_/].*logps/chosen$") or _find(log, r"(^|/)logps/chosen$")
    margins = _find(log, r"^(eval|val)[_/].*rewards/margins$") or _find(log, r"(^|/)rewards/margins$")
    found: list[Fault] = []
    if accuracy is not None:
        values = _finite(log, accuracy)
        if len(values) < RULE_MIN:
            said = f"{len(values)} values of {accuracy}, want at least {RULE_MIN}"
            found.append(_fault("TUN201", None, "reward_accuracy", None, said, len(values), "too_few_evals"))
        else:
            peak, last = float(np.max(np.median(np.lib.stride_tricks.sliding_window_view(values, 3), axis=1))), ends(values)[1]
            said = f"held-out reward accuracy is {last:.3f}, its highest median of three was {peak:.3f}"
            fell = peak - last > max(FALL, 3 * _noise(values))
            found.append(
                _fault(
                    "TUN201",
                    "error" if fell and len(values) >= 6 else "warning" if fell else None,
                    "reward_accuracy",
                    last - peak,
                    said,
                    len(values),
                )
            )
    if chosen is not None and margins is not None:
        (c0, c1), (m0, m1) = ends(_finite(log, chosen)), ends(_finite(log, margins))
        said = f"log-probability of chosen answers went from {c0:.4g} to {c1:.4g}, margins from {m0:.4g} to {m1:.4g}"
        displaced = c1 < c0 - 3 * _noise(_finite(log, chosen)) and m1 > m0
        found.append(_fault("TUN218", "warning" if displaced else None, "chosen_log_probability", c1 - c0, said, len(log.rows)))
    return found


def reinforcement(log: Log) -> list[str]:
    """Sentences on reward, divergence from the reference, lengths, clipped and equal-reward shares, entropy: first to last."""
    said = ["this is reinforcement learning: its loss may lie near 0 or below by design and is not judged"]
    for words, name in (
        (r"(^|[_/])reward$", "reward"),
        (r"(^|[_/])(kl|objective/kl)$", "divergence from the reference"),
        (r"completions/mean_length$", "completion length"),
        (r"completions/clipped_ratio$", "share of clipped completions"),
        (r"frac_reward_zero_std$", "share of groups with equal rewards"),
        (r"(^|[_/])(entropy|policy/entropy_avg)$", "entropy"),
    ):
        key = _find(log, words)
        values = _finite(log, key) if key else np.empty(0)
        if len(values) >= 2:
            first, last = ends(values)
            said.append(f"{name} ({key}): {first:.4g} at the beginning, {last:.4g} at the end")
    return said


def _find(log: Log, pattern: str) -> str | None:
    return next((k for k in log.keys if re.search(pattern, k)), None)


def _finite(log: Log, key: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    values = log.series(key)[1]
    kept: np.ndarray[tuple[int], np.dtype[np.float64]] = values[np.isfinite(values)]
    return kept


def _noise(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    from auditor.statistics.band import noise

    return noise(values) if len(values) >= 6 else 0.0


def _fault(code: str, level: str | None, effect: str, value: float | None, message: str, n: int, reason: str = "") -> Fault:
    unit = "share" if effect == "reward_accuracy" else "nats"
    return Fault(code=code, level=level, effect=effect, value=value, unit=unit, limit=-FALL, message=message, n=n, reason=reason)  # type: ignore[arg-type]  # a Level or None
