"""A baseline: the findings of one day with their measured values, so that only new or worse ones gate."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from auditor.model import Audit, Effect, Finding
from auditor.rows import InputError

SCHEMA = "tune-auditor/baseline/1"
NAME = "auditor-baseline.json"
SAME = 1e-9  # relative: float sums of another cutting of the rows differ by less
Change = Literal["new", "worse", "better", "moved", "same"]


class Known(BaseModel):
    """One finding of the baseline."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    fingerprint: str
    code: str
    level: Literal["error", "warning", "note"]
    message: str
    metric: str
    value: float | None
    low: float | None
    high: float | None
    limit: float | None


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")
    schema_: Literal["tune-auditor/baseline/1"]
    data: str
    findings: tuple[Known, ...]


@dataclass(frozen=True, slots=True)
class Baseline:
    """What was known, by fingerprint."""

    data: str
    known: dict[str, Known]

    def change(self, finding: Finding) -> Change:
        """How the finding stands to the baseline."""
        before = self.known.get(finding.fingerprint)
        return "new" if before is None else compare(before, finding)


def known(finding: Finding) -> Known:
    """The entry of a finding."""
    effect = finding.effect
    return Known(
        fingerprint=finding.fingerprint,
        code=finding.code,
        level=finding.level,
        message=finding.message,
        metric=effect.name,
        value=effect.value,
        low=effect.low,
        high=effect.high,
        limit=finding.limit,
    )


def compare(before: Known, after: Finding) -> Change:
    """Worse or better only where the intervals are apart; `moved` where they meet; without intervals the values decide.

    What lies further beyond the limit is worse. A level that rises is worse whatever the values say.
    """
    order = ("note", "warning", "error")
    if order.index(after.level) > order.index(before.level) or before.metric != after.effect.name:
        return "worse"
    then, now = before.value, after.effect.value
    if then is None or now is None:
        return "same" if then is now else "worse"
    if abs(now - then) <= SAME * max(abs(now), abs(then), 1.0):
        return "same"
    limit = after.limit if after.limit is not None else before.limit
    high_is_bad = limit is None or now >= limit
    apart = _apart(before, after.effect)
    if not apart:
        return "moved"
    return "worse" if (now > then) == high_is_bad else "better"


def _apart(before: Known, effect: Effect) -> bool:
    if before.low is None or before.high is None or effect.low is None or effect.high is None:
        return True
    return effect.low > before.high or effect.high < before.low


def of(audit: Audit) -> Baseline:
    """The findings of an audit as a baseline; those of the config itself (CFG) are left out."""
    return Baseline(audit.data, {f.fingerprint: known(f) for f in audit.findings if not f.code.startswith("CFG")})


def load(path: Path) -> Baseline:
    """The baseline of a file. Raises InputError where it is missing or malformed: never a full run labelled `new only`."""
    try:
        raw: Any = json.loads(path.read_text(encoding="utf-8"))
    except OSError as cause:
        raise InputError(
            f"{path}: the baseline cannot be read ({cause.strerror}); `auditor baseline create AUDIT.json` writes one"
        ) from None
    except ValueError:
        raise InputError(f"{path}: is not JSON; want a file that `auditor baseline create` wrote") from None
    try:
        named = {("schema_" if k == "schema" else k): v for k, v in raw.items()} if isinstance(raw, dict) else raw
        file = _File.model_validate(named)
    except ValidationError as cause:
        first = cause.errors()[0]
        spot = ".".join(str(part) for part in first["loc"]).replace("schema_", "schema")
        raise InputError(f"{path}: is not a baseline: {spot}: {first['msg'].lower()}; write it anew") from None
    return Baseline(file.data, {k.fingerprint: k for k in file.findings})


def dumps(baseline: Baseline) -> str:
    """The file."""
    entries: Iterable[Known] = sorted(baseline.known.values(), key=lambda k: (k.code, k.fingerprint))
    said = {"schema": SCHEMA, "data": baseline.data, "findings": [k.model_dump() for k in entries]}
    return json.dumps(said, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
