"""A run's log as rows by step, whatever file it came from."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

TRAIN = (
    "loss",
    "train_loss",
    "train/loss",
    "training_loss",
    "train_loss_epoch",
    "train_loss_step",
    "loss/train",
    "train_epoch_loss",
)
"""Names of the training loss, the likeliest first (an epoch's mean before a step's)."""
SET = r"(eval|val|valid|validation|held[_-]?out|dev)"
HELD_OUT = re.compile(rf"^{SET}[_/ ](?:(?P<name>.+)[_/])?loss(_epoch)?$|^loss[_/]{SET}$")
ACCURACY = re.compile(rf"^{SET}[_/ ](?:(?P<name>.+)[_/])?(accuracy|acc)(_epoch)?$|^acc(uracy)?[_/]{SET}$")
NORM = ("grad_norm", "train/grad_norm", "gradient_norm", "grad_2.0_norm_total")
RATE = ("learning_rate", "train/learning_rate", "lr", "lr-adamw", "lr-adam")


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """What was logged."""

    path: Path
    source: str  # kind of file: trainer_state, csv, jsonl, tensorboard
    rows: tuple[Mapping[str, float], ...]  # merged by step, ascending; NaN and infinities kept
    facts: Mapping[str, Any] = field(default_factory=dict)  # max_steps, num_train_epochs, best_model_checkpoint ...
    notes: tuple[str, ...] = ()  # what had to be mended or left out in reading
    folder: Path | None = None  # the run's folder, where checkpoints may lie
    keys: tuple[str, ...] = field(default=(), init=False)  # every name that was logged, in order of appearance

    def __post_init__(self) -> None:
        object.__setattr__(self, "keys", tuple(dict.fromkeys(k for row in self.rows for k in row)))

    def series(self, name: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Steps and values of one name; values may be NaN or infinite."""
        pairs = [(row["step"], row[name]) for row in self.rows if name in row]
        if not pairs:
            return np.empty(0), np.empty(0)
        steps, values = zip(*pairs, strict=True)
        return np.array(steps, float), np.array(values, float)

    def first_of(self, names: Iterable[str]) -> str | None:
        """The first of these names that was logged (upper and lower case alike)."""
        lower = {k.lower(): k for k in reversed(self.keys)}
        return next((lower[n] for n in names if n in lower), None)

    @property
    def train(self) -> str | None:
        """The name of the training loss."""
        return self.first_of(TRAIN)

    @property
    def evaluations(self) -> dict[str, str]:
        """Evaluation set -> name of its loss. The set of a lone `eval_loss` is called held-out."""
        return self._sets(HELD_OUT)

    @property
    def accuracies(self) -> dict[str, str]:
        """Evaluation set -> name of its accuracy."""
        return self._sets(ACCURACY)

    def _sets(self, pattern: re.Pattern[str]) -> dict[str, str]:
        found: dict[str, str] = {}
        for key in self.keys:
            match = pattern.match(key.lower())
            if match:
                found.setdefault(match["name"] or "held-out", key)
        return found

    @property
    def last_step(self) -> int:
        return int(self.rows[-1]["step"]) if self.rows else 0


def merged(rows: Iterable[Mapping[str, Any]]) -> tuple[tuple[dict[str, float], ...], list[str]]:
    """Rows of one step as one row; where a resume logged a step again, the last is kept and said.

    Rows without a step get the one of their epoch's place, or their own place.
    """
    by: dict[float, dict[str, float]] = {}
    again: set[float] = set()
    highest = -math.inf
    for place, row in enumerate(rows, 1):
        numbers = {k: float(v) for k, v in row.items() if isinstance(v, (int, float)) and not isinstance(v, bool)}
        step = numbers.get("step", numbers.get("global_step", numbers.get("epoch", float(place))))
        if not math.isfinite(step):
            continue
        if step < highest:
            again.add(step)
        kept = by.setdefault(step, {})
        twice = [k for k in numbers if k in kept and k not in ("step", "epoch", "global_step") and not _same(kept[k], numbers[k])]
        if twice:
            again.add(step)
        highest = step if step < highest and twice else max(highest, step)
        kept.update(numbers | {"step": step})
    said = []
    if again:
        said.append(
            f"{len(again)} steps were logged again (a resume, from step {min(again):g}): the last value of each is judged"
        )
    return tuple(by[s] for s in sorted(by)), said


def _same(a: float, b: float) -> bool:
    return a == b or (math.isnan(a) and math.isnan(b))
