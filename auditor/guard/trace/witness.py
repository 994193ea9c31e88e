"""What a guard saw while the run was going on, where it left its sidecar: it outweighs what a log can show."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from auditor.guard import joining, sidecar
from auditor.guard.core import Guard
from auditor.guard.trace.formats import CHECKPOINT
from auditor.judging import Judged
from auditor.rows import InputError


def of(folder: Path | None) -> tuple[Guard | None, str]:
    """The guard of the newest checkpoint that has a sidecar, and a sentence about it; none where there is none to trust."""
    if folder is None or not folder.is_dir():
        return None, ""
    numbered = [(int(m[1]), p) for p in folder.glob("checkpoint-*") if (m := CHECKPOINT.search(p.name))]
    for _, place in sorted(numbered, reverse=True):
        if not (place / sidecar.FILE).is_file():
            continue
        try:
            guard = Guard(limits=_limits(place / sidecar.FILE))
            if guard.resume(place):
                return guard, f"{place.name} holds what a guard saw: its own losses by example are judged in place of the log"
        except InputError as cause:
            return None, f"the guard's record in {place.name} is left out: {cause}"
    return None, ""


def _limits(path: Path) -> dict[str, dict[str, Any]]:
    """The limits that the guard ran with, by code."""
    try:
        guards = json.loads(path.read_bytes())["guards"]
        return {g["code"]: dict(g["config"]) for name, g in guards.items() if name.endswith("#0")}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


def over(done: Sequence[Judged], guard: Guard) -> list[Judged]:
    """The guard's own judgement where it has one that could tell, else that of the log."""
    own = {j.check.code: j for j in joining.judged(guard) if any(not r.unsure for r in j.readings)}
    return [own.get(j.check.code, j) for j in done]


def record(tuning: dict[str, Any], guard: Guard) -> dict[str, Any]:
    """The section `tuning` of a trace with what the guard recorded."""
    own = guard.tuning
    codes = {v.code for v in guard.verdicts if v.status != "cannot-tell"}
    guards = [g for g in tuning["guards"] if g["code"] not in codes]
    guards += [g for g in own["guards"] if g["code"] in codes]
    kept = {key: own[key] for key in ("evaluations", "best_step", "stop_code", "events") if own[key]}
    return {**tuning, **kept, "mode": "posthoc with a guard's record", "guards": sorted(guards, key=lambda g: g["code"])}
