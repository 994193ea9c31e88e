"""Everything that a guard remembers. Callbacks of a framework only point at it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from auditor.guard.verdicts import GuardStatus
from auditor.runcheck import Seen
from auditor.tallies.evaluations import Evaluation, Evaluations


@dataclass(slots=True)
class Pending:
    """Optimiser steps since the last evaluation."""

    steps: list[int] = field(default_factory=list)
    loss: list[float] = field(default_factory=list)
    gradient_norm: list[float] = field(default_factory=list)
    skipped: list[float] = field(default_factory=list)

    def add(self, step: int, loss: float | None, gradient_norm: float | None, skipped: bool) -> None:
        self.steps.append(step)
        self.loss.append(math.nan if loss is None else loss)
        self.gradient_norm.append(math.nan if gradient_norm is None else gradient_norm)
        self.skipped.append(float(skipped))

    def into(self, evaluation: Evaluation) -> Evaluation:
        """The evaluation with these steps, unless it brought its own."""
        if len(evaluation.steps) or not self.steps:
            return evaluation
        return replace(
            evaluation,
            steps=np.array(self.steps, np.int64),
            step_loss=np.array(self.loss),
            gradient_norm=np.array(self.gradient_norm),
            skipped=np.array(self.skipped),
        )


@dataclass(slots=True)
class GuardState:
    """State of one guard; what the sidecar keeps."""

    run_id: str = ""
    run: Evaluations = field(default_factory=Evaluations)
    held: dict[str, Seen] = field(default_factory=dict)  # code -> what stands
    skipped: dict[str, str] = field(default_factory=dict)  # code -> why there was nothing to judge
    first: dict[str, int | None] = field(default_factory=dict)  # code -> step at which the standing status was reached
    shown: list[dict[str, Any]] = field(default_factory=list)  # entries of tuning.evaluations
    events: dict[str, list[dict[str, Any]]] = field(default_factory=dict)  # code -> every evaluation that was not ok
    facts: dict[str, float] = field(default_factory=dict)  # for the next evaluation
    checkpoints: dict[int, str] = field(default_factory=dict)  # step -> path
    data: dict[str, Any] = field(default_factory=dict)  # fingerprints and sizes of the rows
    culprit: dict[str, Any] = field(default_factory=dict)  # the non-finite step: batch ids, parameter
    batches: dict[int, list[Any]] = field(default_factory=dict)  # step -> ids, of the last steps
    stop_step: int | None = None
    stop_code: str = ""
    action: str | None = None  # what was done: stop, restore-best, raise
    selected: str | None = None
    pending: Pending = field(default_factory=Pending)

    @property
    def best_step(self) -> int | None:
        """Step of the lowest held-out loss."""
        best = self.run.best
        return None if best is None else best.step

    def note(self, code: str, status: GuardStatus, seen: Seen) -> None:
        """An event, unless it is ok."""
        if status != "ok":
            event = {"step": seen.step, "status": status, "statistic": dict(seen.numbers), "n": seen.n}
            self.events.setdefault(code, []).append(event | {"reason": seen.reason or None})
