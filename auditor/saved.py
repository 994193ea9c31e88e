"""A saved audit.json read back as an Audit."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from auditor import format, model
from auditor.format import SCHEMA
from auditor.rows import InputError


def read(source: str | Path | bytes) -> model.Audit:
    """The audit of a file (a path) or of its bytes. Raises InputError for anything else."""
    name = "the given bytes" if isinstance(source, bytes) else str(source)
    try:
        content = source if isinstance(source, bytes) else Path(source).read_bytes()
    except OSError as cause:
        raise InputError(
            f"{name}: cannot be read ({cause.strerror}); want an audit.json that `auditor check -o json=` wrote"
        ) from None
    try:
        raw = json.loads(content)
    except (ValueError, RecursionError):
        raise InputError(f"{name}: is not JSON; want an audit.json that `auditor check -o json=` wrote") from None
    got = raw.get("schema") if isinstance(raw, dict) else None
    if not isinstance(got, str) or not got.startswith("tune-auditor/audit/"):
        raise InputError(f"{name}: is not an audit (no schema {SCHEMA!r}); want a file that `auditor check -o json=` wrote")
    if got != SCHEMA and not got.startswith(SCHEMA + "."):
        raise InputError(f"{name}: got an audit of schema {got!r}, want {SCHEMA!r}; write it anew with this version")
    try:
        saved = format.SavedAudit.model_validate(raw)
    except ValidationError as cause:
        first = cause.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InputError(f"{name}: is not a whole audit: {place}: {first['msg']}; write it anew with `auditor check`") from None
    return _audit(saved, raw)


def _audit(saved: format.SavedAudit, raw: dict[str, Any]) -> model.Audit:
    """Open sections are taken as they stand in the file: their fields may be more than the models name."""
    return model.Audit(
        data=saved.data,
        verdict=saved.verdict,
        reasons=saved.reasons,
        findings=tuple(_finding(f) for f in saved.findings),
        outcomes=tuple(_outcome(o) for o in saved.outcomes),
        profile=raw["profile"],
        assumed=saved.assumed,
        provenance=raw["provenance"],
        bias=raw.get("bias"),
        tuning=raw.get("tuning"),
    )


def _finding(f: format.Finding) -> model.Finding:
    changed = {
        "where": model.Where(**dict(f.where)),
        "effect": model.Effect(**dict(f.effect)),
        "rows": tuple(model.Row(**dict(r)) for r in f.rows),
        "evidence": tuple(_evidence(e) for e in f.evidence),
    }
    return model.Finding(**{**dict(f), **changed})


def _outcome(o: format.Outcome) -> model.Outcome:
    return model.Outcome(**{**dict(o), "measured": tuple(_measured(m) for m in o.measured)})


def _measured(m: format.Measured) -> model.Measured:
    changed = {"where": model.Where(**dict(m.where)), "effect": model.Effect(**dict(m.effect))}
    return model.Measured(**{**dict(m), **changed})


def _evidence(e: format.Evidence) -> model.Evidence:
    fields = {k: v for k, v in dict(e).items() if k != "shape"}
    if isinstance(e, format.Table):
        return model.Table(**fields)
    if isinstance(e, format.Matrix):
        return model.Matrix(**fields)
    fields |= {"series": _series(e.series), "marks": tuple(model.Mark(**dict(m)) for m in e.marks)}
    return model.Histogram(**fields) if isinstance(e, format.Histogram) else model.Curve(**fields)


def _series(series: Sequence[format.Series]) -> tuple[model.Series, ...]:
    return tuple(model.Series(**dict(s)) for s in series)
