"""Conditions such as `ratio < 0.80`: a metric, a comparison, a number. Parsed by us, never evaluated as code."""

from __future__ import annotations

import math
import operator
import re
from dataclasses import dataclass
from typing import Literal

from auditor.rows import InputError

Comparison = Literal["<", "<=", ">", ">="]
FORM = re.compile(r"\s*([A-Za-z_][A-Za-z0-9_]*)\s*(<=|>=|<|>)\s*([-+]?[0-9.]+(?:[eE][-+]?[0-9]+)?)\s*(%?)\s*")
HOLDS = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One comparison of a measured value with a number."""

    metric: str  # name of an effect, or its last word: `ratio` means `label_rate_ratio` too
    comparison: Comparison
    number: float

    def __str__(self) -> str:
        return f"{self.metric} {self.comparison} {self.number:g}"

    def about(self, effect: str) -> bool:
        """True where the condition speaks of the effect of that name."""
        return effect == self.metric or effect.endswith(f"_{self.metric}")

    def holds(self, value: float | None) -> bool:
        """False for a value that is undefined: what is not known cannot hold."""
        return value is not None and bool(HOLDS[self.comparison](value, self.number))


def parsed(text: object, place: str) -> Condition:
    """The condition. Raises InputError that names `place` for anything that is not one."""
    match = FORM.fullmatch(text) if isinstance(text, str) else None
    try:
        number = float(match[3]) if match else math.nan
    except ValueError:  # such as 1.2.3
        number = math.nan
    if match is None or not math.isfinite(number):
        raise InputError(f'{place}: got {text!r}, want a metric, a comparison and a number, for instance "ratio < 0.80"')
    comparison: Comparison = match[2]  # type: ignore[assignment]  # the expression matches these four alone
    return Condition(metric=match[1], comparison=comparison, number=number / 100 if match[4] else number)
