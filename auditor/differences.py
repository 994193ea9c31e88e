"""Two audits compared, finding by finding."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from auditor import baseline
from auditor.model import Audit


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """How one finding changed."""

    change: Literal["new", "fixed", "worse", "better", "moved", "same"]
    code: str
    fingerprint: str
    message: str
    metric: str
    before: float | None  # measured value then; None = none or undefined
    after: float | None

    def values(self) -> str:
        """`ratio 0.4 -> 0.3`, with a dash where there was nothing."""
        then, now = ("-" if v is None else f"{v:.4g}" for v in (self.before, self.after))
        return f"{self.metric} {then} -> {now}"

    def said(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


def between(old: Audit, new: Audit) -> tuple[Difference, ...]:
    """Every finding of either audit, by fingerprint; worse and better only where the intervals say so."""
    known = baseline.of(old).known
    now = {f.fingerprint: f for f in new.findings if not f.code.startswith("CFG")}
    changes = [
        Difference(
            change=baseline.Baseline(old.data, known).change(finding),
            code=finding.code,
            fingerprint=key,
            message=finding.message,
            metric=finding.effect.name,
            before=known[key].value if key in known else None,
            after=finding.effect.value,
        )
        for key, finding in now.items()
    ]
    gone = [
        Difference(change="fixed", code=k.code, fingerprint=key, message=k.message, metric=k.metric, before=k.value, after=None)
        for key, k in known.items()
        if key not in now
    ]
    return (*changes, *gone)
