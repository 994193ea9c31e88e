"""What a guard says at an evaluation, and the exceptions that end a run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from auditor.rows import InputError
from auditor.runcheck import RunCheck, Seen

GuardStatus = Literal["ok", "warning", "alarm", "cannot-tell"]
Action = Literal["record", "stop", "restore-best", "raise"]
ACTIONS: tuple[Action, ...] = ("record", "stop", "restore-best", "raise")


class Refused(InputError):
    """The run must not start. The message says in one line what was got, what was wanted, what to do."""


class GuardStop(Exception):
    """The run must end now, before the next write to the weights."""

    def __init__(self, message: str, *, code: str, step: int) -> None:
        super().__init__(message)
        self.code = code
        self.step = step


@dataclass(frozen=True, slots=True, kw_only=True)
class GuardVerdict:
    """One guard at one evaluation."""

    code: str
    name: str
    status: GuardStatus
    step: int  # the evaluation that the statistic belongs to
    first_step: int | None  # the evaluation at which this status was reached; None = it never left ok
    statistic: float | None  # the main number; None = undefined, and `reason` says why
    limit: float | None  # the limit it broke or was nearest to
    n: int  # independent examples judged
    reason: str = ""  # code of a cannot-tell
    message: str = ""  # one sentence with its numbers
    advice: str = ""
    statistics: Mapping[str, float | None] = field(default_factory=dict)  # every number by name

    def entry(self) -> dict[str, object]:
        """The entry of `tuning.guards`."""
        return {
            "code": self.code,
            "name": self.name,
            "status": self.status,
            "step": self.step,
            "first_step": self.first_step,
            "statistic": self.statistic,
            "limit": self.limit,
            "n": self.n,
            "reason": self.reason or None,
            "message": self.message,
            "advice": self.advice,
            "statistics": dict(self.statistics),
        }


def status_of(seen: Seen) -> GuardStatus:
    """The word for what was seen; a note is ok."""
    if seen.reason:
        return "cannot-tell"
    return {"error": "alarm", "warning": "warning"}.get(seen.level or "", "ok")  # type: ignore[return-value]  # the two words


def verdict_of(check: RunCheck, seen: Seen, first_step: int | None) -> GuardVerdict:
    """The verdict of a check from what it saw."""
    value = seen.reading.effect.value
    return GuardVerdict(
        code=check.code,
        name=check.name,
        status=status_of(seen),
        step=seen.step,
        first_step=first_step,
        statistic=value if value is not None and math.isfinite(value) else None,
        limit=seen.reading.limit,
        n=seen.n,
        reason=seen.reason,
        message=seen.reading.message,
        advice=seen.reading.fix if status_of(seen) != "ok" else "",
        statistics=seen.numbers,
    )
