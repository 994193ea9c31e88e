"""A check of a fine-tune: asked again at every evaluation, by the guard while it runs or over the rows of a finished run."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

from auditor.check import Check
from auditor.model import Effect, Level, Reading, Where
from auditor.rows import Setting
from auditor.tallies.evaluations import Evaluations

NEEDS = "no fine-tune is part of this audit: no columns step and held_out_loss with the losses of the examples"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a check says at one evaluation."""

    step: int
    reading: Reading
    numbers: Mapping[str, float | None] = field(default_factory=dict)  # every statistic by name; None = undefined
    n: int = 0  # independent examples judged
    reason: str = ""  # code of a cannot-tell: n_too_small, underpowered, no_train_probe, missing_metric ...

    @property
    def level(self) -> Level | None:
        """error, warning or note; None where it is clean or could not be told."""
        return self.reading.level if self.reading.level in ("error", "warning", "note") else None


class RunCheck(Check[Evaluations]):
    """A check that judges a run at its last evaluation; over a whole run the first alarm stays, as it does in a guard.

    `at` gives what is seen, or the reason as a str why there is nothing to judge (a set that nobody asked for).
    """

    of_run: ClassVar[bool] = True
    answers: ClassVar[bool] = False  # an alarm of it is what `on_overfit` acts on
    shown: ClassVar[tuple[str, ...]] = ()  # the numbers of it that stand in every entry of `tuning.evaluations`
    lasting: ClassVar[tuple[Level, ...]] = ("error",)  # levels that stay once they were reached

    def lacks(self, setting: Setting) -> str | None:
        names = {c.name for c in setting.columns if c.kind == "list"}
        return None if "held_out_loss" in names and any(c.name == "step" for c in setting.columns) else NEEDS

    @abstractmethod
    def at(self, run: Evaluations) -> Seen | str:
        """What is seen at the last evaluation of `run`, given those before it."""

    def judge(self, setting: Setting, run: Evaluations) -> Iterator[Reading]:
        held: Seen | None = None
        for evaluation in run.all:
            seen = self.at(run.until(evaluation.step))
            if isinstance(seen, Seen):
                held = self.held(held, seen)
        if held is not None:
            yield held.reading

    def held(self, before: Seen | None, now: Seen) -> Seen:
        """What stands after `now`: a lasting level stays until a worse one comes."""
        order: dict[Any, int] = {"error": 3, "warning": 2, "note": 1, None: 0}
        if before is not None and before.level in self.lasting and order[before.level] >= order[now.level]:
            return before
        return now

    def seen(
        self,
        run: Evaluations,
        effect: Effect,
        message: str,
        *,
        level: Level | None = None,
        limit: float | None = None,
        numbers: Mapping[str, float | None] | None = None,
        n: int = 0,
        affected: int = 0,
        reason: str = "",
        split: str = "held-out",
        group: str = "",
        columns: tuple[str, ...] = (),
        fix: str = "",
        step: int | None = None,
    ) -> Seen:
        """A Seen at the last evaluation; with `reason` it could not be told and `message` says why."""
        at = run.last.step if step is None else step
        reading = self.read(
            Where(split=split, group=group, columns=columns),
            effect,
            f"step {at:,}: {message}",
            affected=affected,
            examined=n,
            level=level or "clean",
            limit=limit,
            fix=fix,
            unsure=f"{reason}: step {at:,}: {message}" if reason else "",
        )
        rounded = {k: (v if v is not None and math.isfinite(v) else None) for k, v in (numbers or {}).items()}
        return Seen(step=at, reading=reading, numbers=rounded, n=n, reason=reason)

    def unsure(self, run: Evaluations, effect: str, reason: str, message: str, n: int = 0) -> Seen:
        """It could not be told: no number, a reason code and a sentence."""
        return self.seen(run, Effect(name=effect, value=None, unit="undefined", reason=reason), message, reason=reason, n=n)
