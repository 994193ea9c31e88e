"""auditor-waivers.toml: findings accepted for a time, each with an owner, a reason, an end date and a ratchet."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from auditor import conditions
from auditor.conditions import Condition
from auditor.model import Finding, Where
from auditor.rows import InputError

NAME = "auditor-waivers.toml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiver:
    """One accepted finding."""

    rule: str
    owner: str
    reason: str
    expires: date  # the last day on which it holds
    accept: Condition  # what the value may still be; worse than this fails even while waived
    data: str = ""  # name of the data set; "" = any
    split: str | None = None
    columns: tuple[str, ...] | None = None
    group: str | None = None
    reference: str | None = None

    def covers(self, finding: Finding, data: str) -> bool:
        """True where it speaks of this finding; what it does not name may be anything."""
        where = finding.where
        pairs = ((self.split, where.split), (self.columns, where.columns), (self.group, where.group))
        named = (*pairs, (self.reference, where.reference))
        return (
            self.rule == finding.code
            and self.data in ("", data)
            and all(want is None or want == got for want, got in named)
            and self.accept.about(finding.effect.name)
        )

    def where(self) -> Where:
        return Where(split=self.split or "", columns=self.columns or (), group=self.group or "", reference=self.reference or "")

    def said(self) -> dict[str, Any]:
        """What stands in the audit beside the finding."""
        return {"owner": self.owner, "reason": self.reason, "expires": self.expires.isoformat(), "accept": str(self.accept)}


class _Place(BaseModel):
    model_config = ConfigDict(extra="forbid")
    split: str | None = None
    columns: tuple[str, ...] | None = None
    group: str | None = None
    reference: str | None = None


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid")
    rule: Annotated[str, Field(pattern=r"^[A-Z]{3}\d{3}$")]
    owner: Annotated[str, Field(min_length=1)]
    reason: Annotated[str, Field(min_length=1)]
    expires: date
    accept: str
    data: str = ""
    where: _Place = Field(default_factory=_Place)


class _File(BaseModel):
    model_config = ConfigDict(extra="forbid")
    waiver: tuple[_Entry, ...] = ()


def load(path: Path, *, today: date, max_days: int | None = None) -> tuple[Waiver, ...]:
    """The waivers of a file. Raises InputError (CFG101) where one is malformed or ends later than `max_days` from today."""
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as cause:
        raise InputError(f"CFG101 {path}: the waivers cannot be read ({cause.strerror}); check the path") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as cause:
        raise InputError(f"CFG101 {path}: is not TOML: {cause}") from None
    try:
        entries = _File.model_validate(raw).waiver
    except ValidationError as cause:
        first = cause.errors()[0]
        spot = ".".join(str(part) for part in first["loc"])
        raise InputError(
            f"CFG101 {path}: {spot}: {first['msg'].lower()}; a waiver wants rule, owner, reason, expires and accept"
        ) from None
    return tuple(
        _waiver(entry, f"CFG101 {path}: waiver {i + 1} ({entry.rule})", today, max_days) for i, entry in enumerate(entries)
    )


def _waiver(entry: _Entry, place: str, today: date, max_days: int | None) -> Waiver:
    if max_days is not None and entry.expires > today + timedelta(days=max_days):
        last = today + timedelta(days=max_days)
        raise InputError(f"{place}: expires {entry.expires}, want {last} at the latest (max_waiver_days = {max_days})")
    return Waiver(
        rule=entry.rule,
        owner=entry.owner,
        reason=entry.reason,
        expires=entry.expires,
        accept=conditions.parsed(entry.accept, f"{place} accept"),
        data=entry.data,
        split=entry.where.split,
        columns=entry.where.columns,
        group=entry.where.group,
        reference=entry.where.reference,
    )
