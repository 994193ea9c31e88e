"""A number that may be undefined: never 0 where there is no answer, always with the reason."""

from __future__ import annotations

import math
from dataclasses import dataclass

from auditor.statistics.comparisons import Status


@dataclass(frozen=True, slots=True, kw_only=True)
class Value:
    """One metric. `value` is None where it is undefined or infinite; `status` and `reason` say which and why."""

    value: float | None
    status: Status = "ok"
    reason: str = ""
    smoothed: float | None = None  # beside an infinite value: the same with half a row added to each cell


def known(value: float) -> Value:
    """A finite number."""
    return Value(value=float(value))


def undefined(reason: str) -> Value:
    """No answer."""
    return Value(value=None, status="undefined", reason=reason)


def infinite(reason: str, smoothed: float) -> Value:
    """A real, extreme finding, with a finite value beside it."""
    return Value(value=None, status="infinite", reason=f"{reason}; smoothed {smoothed:.4g}", smoothed=float(smoothed))


def told(value: float, reason: str) -> Value:
    """The value, or undefined for the reason where it is NaN."""
    return undefined(reason) if math.isnan(value) else known(value)
