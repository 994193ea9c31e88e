"""The overfitting section: curves, gap, guards, and whatever else a guarded run recorded, as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from auditor.model import Audit, Cell, Curve, Mark, Series
from auditor.reports import json, wording

KNOWN = ("evaluations", "best_step", "stop_step", "action", "selected_checkpoint", "guards")
TABLE_LINES = 200  # lines of a table of this section; the rest stands in audit.json
KINDS = {"ok": "clean", "warning": "warning", "alarm": "error", "cannot-tell": "inconclusive"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A chart that the section would like, with its conclusion."""

    key: str
    curve: Curve
    conclusion: str


def planned(audit: Audit) -> list[Planned]:
    """Losses by step with best and stop step; the gap with its interval."""
    evaluations = _evaluations(audit)
    marks = _marks(audit)
    where = ", ".join(f"{m.label} {wording.number(m.at)}" for m in marks) or "no best step is recorded"
    found = []
    pairs = (("train_loss", "train probe"), ("held_out_loss", "held-out"))
    losses = [s for key, name in pairs if (s := _series(evaluations, key, name)) is not None]
    if losses:
        curve = Curve(
            title="Loss on the train probe and held-out", x_label="step", y_label="loss", series=tuple(losses), marks=marks
        )
        found.append(Planned(key="loss", curve=curve, conclusion=f"loss by step: {where}"))
    gap = _series(evaluations, "gap", "gap", "gap_low", "gap_high")
    if gap is not None:
        last = evaluations[-1]
        said = f"gap at the last evaluation {wording.number(last.get('gap'))}"
        curve = Curve(
            title="Gap: held-out minus train", x_label="step", y_label="gap, with 95 % interval", series=(gap,), marks=marks
        )
        found.append(Planned(key="gap", curve=curve, conclusion=said))
    return found


def view(audit: Audit, drawings: Mapping[str, Any]) -> dict[str, Any]:
    """What the template of the section asks for."""
    t = audit.tuning or {}
    facts = [
        ("Best step", _phrase(t.get("best_step"))),
        ("Stopped at", _phrase(t.get("stop_step"))),
        ("Action", _phrase(t.get("action"))),
        ("Checkpoint kept", _phrase(t.get("selected_checkpoint"))),
    ]
    facts += [(_spaced(k), _phrase(v)) for k, v in t.items() if k not in KNOWN and not isinstance(v, Mapping | list | tuple)]
    names = {o.code: o.name for o in audit.outcomes}
    guards = [_guard(g, names) for g in t.get("guards") or () if isinstance(g, Mapping)]
    tables = [table for key, value in t.items() if key not in KNOWN for table in tabled(_spaced(key), value)]
    tables += [*_elsewhere(audit), *tabled("Evaluations", list(_evaluations(audit)))]
    shown = [drawings[p] for p in ("loss", "gap") if p in drawings]
    return {"facts": facts, "guards": guards, "drawings": shown, "tables": tables}


def _elsewhere(audit: Audit) -> list[tuple[str, tuple[str, ...], list[tuple[Cell, ...]]]]:
    """What it would have cost to stop at each evaluation instead of the best: held-out loss above the least."""
    seen = [(e.get("step"), loss) for e in _evaluations(audit) if (loss := _number(e.get("held_out_loss"))) is not None]
    if len(seen) < 2:
        return []
    least = min(loss for _, loss in seen)
    head = ("Step", "Held-out loss", "Above the least", "Above the least, %")
    lines: list[tuple[Cell, ...]] = [
        (_cell(step), loss, loss - least, 100 * (loss / least - 1) if least > 0 else None) for step, loss in seen[:TABLE_LINES]
    ]
    return [("What stopping elsewhere would have cost", head, lines)]


def tabled(title: str, value: Any) -> list[tuple[str, tuple[str, ...], list[tuple[Cell, ...]]]]:
    """Any value of lists and mappings as tables: a list of mappings is one, a mapping of scalars another."""
    value = json.plain(value)
    if isinstance(value, dict) and value:
        flat = [(_spaced(k), _cell(v)) for k, v in value.items() if not _deep(v)]
        tables: list[Any] = [(title, ("What", "Value"), flat)] if flat else []
        return tables + [t for k, v in value.items() if _deep(v) for t in tabled(f"{title}: {_spaced(k)}", v)]
    if isinstance(value, list) and value and all(isinstance(line, dict) for line in value):
        names = list(dict.fromkeys(k for line in value for k in line))
        lines = [tuple(_cell(line.get(k)) for k in names) for line in value[:TABLE_LINES]]
        return [(title, tuple(_spaced(n) for n in names), lines)]
    if isinstance(value, list) and value:
        return [(title, ("Value",), [(_cell(v),) for v in value[:TABLE_LINES]])]
    return []


def _deep(value: Any) -> bool:
    return isinstance(value, dict) or (isinstance(value, list) and any(isinstance(v, dict) for v in value))


def _cell(value: Any) -> Cell:
    return value if value is None or isinstance(value, str | int | float | bool) else _phrase(value)


def _evaluations(audit: Audit) -> list[Mapping[str, Any]]:
    return [e for e in (audit.tuning or {}).get("evaluations") or () if isinstance(e, Mapping)]


def _number(value: Any) -> float | None:
    finite = json.plain(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
    return None if finite is None else float(finite)


def _series(evaluations: Sequence[Mapping[str, Any]], key: str, name: str, low: str = "", high: str = "") -> Series | None:
    seen = [e for e in evaluations if _number(e.get("step")) is not None and _number(e.get(key)) is not None]
    if not seen:
        return None
    return Series(
        name=name,
        x=tuple(float(e["step"]) for e in seen),
        y=tuple(_number(e[key]) for e in seen),
        low=tuple(_number(e.get(low)) for e in seen) if low else (),
        high=tuple(_number(e.get(high)) for e in seen) if high else (),
    )


def _marks(audit: Audit) -> tuple[Mark, ...]:
    t = audit.tuning or {}
    steps = [("best step", _number(t.get("best_step"))), ("stop step", _number(t.get("stop_step")))]
    return tuple(Mark(axis="x", at=at, label=label) for label, at in steps if at is not None)


def _guard(g: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    status = str(g.get("status", ""))
    code = str(g.get("code", ""))
    return {
        "code": code,
        "name": str(g.get("name") or names.get(code, "")),
        "status": KINDS.get(status, "note"),
        "word": status.replace("-", " "),
        "first_step": g.get("first_step"),
        "statistic": _phrase(g.get("statistic")),
        "limit": _phrase(g.get("limit")),
        "reason": str(g.get("reason") or ""),
    }


def _spaced(name: Any) -> str:
    return str(name).replace("_", " ")


def _phrase(value: Any) -> str:
    value = json.plain(value)
    if value is None or value == "":
        return "–"
    if isinstance(value, dict):
        return ", ".join(f"{_spaced(k)} {_phrase(v)}" for k, v in value.items())
    if isinstance(value, list):
        return ", ".join(_phrase(v) for v in value)
    return wording.number(value) if isinstance(value, int | float) else str(value)
