"""Two groups compared: gap and ratio of rates with intervals, simultaneous limits, power and a verdict."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Literal

from auditor.model import Effect, Record
from auditor.statistics.power import detectable_gap, smallest
from auditor.statistics.proportions import Z95, newcombe, ratio, wilson

Status = Literal["ok", "undefined", "infinite", "suppressed"]
Verdict = Literal["pass", "fail", "inconclusive"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One metric of one group against its reference."""

    metric: str
    value: float | None  # None = undefined or infinite, `reason` says which
    low: float | None = None  # pairwise 95 % limits; None also stands for an infinite upper limit
    high: float | None = None
    method: str = ""
    simultaneous_low: float | None = None
    simultaneous_high: float | None = None
    n: int = 0  # rows of the group
    n_reference: int = 0
    minimum_detectable: float | None = None  # gap of rates that these rows tell from 0 with power .8
    status: Status = "ok"
    reason: str = ""
    verdict: Verdict | None = None  # None where no tolerance stands

    def effect(self, unit: str) -> Effect:
        """As an Effect."""
        return Effect(
            name=self.metric,
            value=self.value,
            low=self.low,
            high=self.high,
            unit=unit,
            method=self.method,
            reason=self.reason if self.value is None else "",
        )

    def record(self, **place: Any) -> Record:
        """An entry of `bias.comparisons`; `place` adds attribute, group, reference, stage, split."""
        own = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return Record(section="bias", list="comparisons", values={**place, **own})


def tolerance(limit: float | None) -> tuple[float, float]:
    """A lower limit of a ratio and its reciprocal: which group is the reference must not decide."""
    return (limit, 1 / limit) if limit else (0.0, math.inf)


def judged(low: float, high: float, within: tuple[float, float]) -> Verdict:
    """pass: wholly inside the tolerance; fail: wholly outside; else inconclusive. "Not significant" is never a pass."""
    if within[0] <= low and high <= within[1]:
        return "pass"
    return "fail" if high < within[0] or low > within[1] else "inconclusive"


def graded(
    ratio: Comparison, warn: float | None, error: float | None
) -> tuple[Literal["error", "warning", "clean"], float | None]:
    """The level of a ratio judged within `error` (and its reciprocal), and the limit that decided.

    error: wholly outside the tolerance; warning: inside it, and wholly outside the narrower one of `warn`.
    """
    low, high = ratio.simultaneous_low, ratio.simultaneous_high
    if ratio.verdict == "fail":
        return "error", error
    narrow = tolerance(warn)
    if ratio.verdict == "pass" and low is not None and high is not None and judged(low, high, narrow) == "fail":
        return "warning", warn
    return "clean", error


def rate_difference(metric: str, k1: int, n1: int, k2: int, n2: int, *, z: float = Z95) -> Comparison:
    """k1/n1 - k2/n2, the reference first (bias reference, section 3: DPL is reference minus group). No verdict."""
    if not n1 or not n2:
        return Comparison(metric=metric, value=None, n=n2, n_reference=n1, status="undefined", reason="a group has no rows")
    low, high = newcombe(k1, n1, k2, n2)
    wide_low, wide_high = newcombe(k1, n1, k2, n2, z)
    return Comparison(
        metric=metric,
        value=k1 / n1 - k2 / n2,
        low=low,
        high=high,
        method="Newcombe 95 %",
        simultaneous_low=wide_low,
        simultaneous_high=wide_high,
        n=n2,
        n_reference=n1,
        minimum_detectable=detectable_gap(k1 / n1, n1, n2),
    )


def rate_ratio(
    metric: str, k: int, n: int, k_ref: int, n_ref: int, *, z: float = Z95, within: tuple[float, float] | None = None
) -> Comparison:
    """(k/n) / (k_ref/n_ref), group over reference, with a verdict by its simultaneous limits where a tolerance stands."""
    open_verdict: Verdict | None = "inconclusive" if within else None
    if not n or not n_ref:
        return Comparison(
            metric=metric,
            value=None,
            n=n,
            n_reference=n_ref,
            status="undefined",
            reason="a group has no rows",
            verdict=open_verdict,
        )
    gap = detectable_gap(k_ref / n_ref, n_ref, n)
    common: dict[str, Any] = {"metric": metric, "n": n, "n_reference": n_ref, "minimum_detectable": gap}
    if not k and not k_ref:
        return Comparison(**common, value=None, status="undefined", reason="neither group has a positive", verdict=open_verdict)
    low, high = ratio(k, n, k_ref, n_ref)
    wide_low, wide_high = ratio(k, n, k_ref, n_ref, z)
    infinite = k_ref == 0
    return Comparison(
        **common,
        value=None if infinite else (k / n) / (k_ref / n_ref),
        low=low,
        high=None if math.isinf(high) else high,
        method="MOVER-R 95 %",
        simultaneous_low=wide_low,
        simultaneous_high=None if math.isinf(wide_high) else wide_high,
        status="infinite" if infinite else "ok",
        reason=f"the reference has no positive in {n_ref:,} rows, the group {k:,} in {n:,}" if infinite else "",
        verdict=judged(wide_low, wide_high, within) if within else None,
    )


def suppressed(one: Comparison, least: int) -> Comparison:
    """The comparison with its value kept but taken out of verdicts: a group has fewer than `least` rows."""
    few = min(one.n, one.n_reference)
    return replace(
        one,
        status="suppressed",
        reason=f"{few:,} rows, fewer than {least:,}" + (f"; {one.reason}" if one.reason else ""),
        verdict="inconclusive" if one.verdict is not None else None,
    )


def rows_to_decide(k: int, n: int, k_ref: int, n_ref: int, within: tuple[float, float], z: float = Z95) -> tuple[int, int] | None:
    """How many rows (of the group, of the reference) decide the ratio if both rates stay as they are.

    The reference is left as it is where more rows of the group alone decide, else both grow together. None: no number
    of rows decides (the ratio lies at the tolerance, or is undefined).
    """
    if not n or not n_ref or not k_ref:
        return None
    p, q = k / n, k_ref / n_ref

    def decides(rows: int, reference: int) -> bool:
        return judged(*ratio(p * rows, rows, q * reference, reference, z), within) != "inconclusive"

    alone = smallest(lambda rows: decides(rows, n_ref), n)
    if alone is not None:
        return alone, n_ref
    both = smallest(lambda rows: decides(rows, max(n_ref, rows)), n)
    return None if both is None else (both, max(n_ref, both))


def rate_entry(k: int, n: int, least: int) -> dict[str, Any]:
    """k in n as an entry of `bias.groups[].metrics`, with Wilson limits."""
    if not n:
        return {"value": None, "low": None, "high": None, "status": "undefined", "reason": "no rows"}
    low, high = wilson(k, n)
    few = n < least
    reason = f"{n:,} rows, fewer than {least:,}" if few else ""
    return {"value": k / n, "low": low, "high": high, "status": "suppressed" if few else "ok", "reason": reason}


def two_rates_p(k1: int, n1: int, k2: int, n2: int) -> float:
    """Two-sided p-value of the pooled z-test that two rates are equal; 1 where it is undefined."""
    if not n1 or not n2:
        return 1.0
    pooled = (k1 + k2) / (n1 + n2)
    se = math.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2))
    return math.erfc(abs(k1 / n1 - k2 / n2) / se / math.sqrt(2)) if se > 0 else 1.0
