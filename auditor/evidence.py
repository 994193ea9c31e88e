"""Rows quoted for the page: contents of the few rows a finding shows, masked as asked."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np
import pyarrow as pa

from auditor.model import Finding, Measured, Outcome, Row, Where
from auditor.rows import Setting, Source

CUT = 2_000  # characters of a cell that are kept in audit.json
LONG = 10_000  # from here on four figures are not enough to say a number
BEYOND = 256  # characters looked at behind the cut, so that a secret that it would halve is known for one

SECRET = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b|\bgh[pousr]_[A-Za-z0-9]{20,}|\bsk-[A-Za-z0-9_-]{16,}"
    r"|\bxox[abprs]-[A-Za-z0-9-]{10,}|\beyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{5,}"
)
MAIL = (re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+"), "[e-mail]")  # bounded: a long word costs no square
PERSONAL = (
    MAIL,
    (re.compile(r"\b\d{1,3}(?:\.\d{1,3}){3}\b"), "[ip]"),
    (re.compile(r"(?<!\w)@\w{2,}"), "[handle]"),
    (re.compile(r"\+?\d(?:[\s().-]?\d){6,}"), "[digits]"),
)


def masked(text: str, mode: str) -> str:
    """The text as the evidence mode allows: `masked` hides personal data; secrets are hidden always."""
    text = SECRET.sub("[secret]", text)
    if mode == "masked":
        for pattern, chip in PERSONAL:
            text = pattern.sub(chip, text)
    return text


def hidden(findings: Sequence[Finding], mode: str) -> tuple[Finding, ...]:
    """The findings with secrets, and unless `mode` is full e-mail addresses, hidden in what they say of values.

    Digits stay: in sentences and tables they are counts.
    """
    return tuple(
        replace(f, message=clean(f.message, mode), evidence=clean(f.evidence, mode), where=_place(f.where, mode))
        for f in findings
    )


def hidden_outcomes(outcomes: Sequence[Outcome], mode: str) -> tuple[Outcome, ...]:
    """The same for how the checks ended."""

    def place(measured: Measured) -> Measured:
        effect = replace(measured.effect, reason=clean(measured.effect.reason, mode))
        return replace(measured, where=_place(measured.where, mode), effect=effect)

    return tuple(replace(o, reason=clean(o.reason, mode), measured=tuple(map(place, o.measured))) for o in outcomes)


def clean(value: Any, mode: str) -> Any:
    """A text, or whatever holds texts, with secrets and unless `mode` is full e-mail addresses hidden; keys stay."""
    if isinstance(value, str):
        text = SECRET.sub("[secret]", value)
        return text if mode == "full" else MAIL[0].sub(MAIL[1], text)
    if isinstance(value, tuple | list):
        return type(value)(clean(part, mode) for part in value)
    if isinstance(value, Mapping):
        return {key: clean(part, mode) for key, part in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{f.name: clean(getattr(value, f.name), mode) for f in fields(value) if f.init})
    return value


def _place(where: Where, mode: str) -> Where:
    return replace(where, group=clean(where.group, mode), reference=clean(where.reference, mode))


def quote(findings: Sequence[Finding], sources: Sequence[Source], setting: Setting, mode: str) -> tuple[Finding, ...]:
    """The findings with ids and contents filled into the rows they show; one more reading of those rows alone."""
    wanted: dict[str, set[int]] = defaultdict(set)
    for finding in findings:
        for row in finding.rows:
            wanted[row.split].add(row.row)
            if row.twin_row is not None:
                wanted[row.twin_split].add(row.twin_row)
    if not wanted:
        return tuple(findings)
    contents = {s.split: _take(s, sorted(wanted[s.split])) for s in sources if wanted.get(s.split)}

    def filled(row: Row, finding: Finding) -> Row:
        cells = contents.get(row.split, {}).get(row.row, {})
        twin = contents.get(row.twin_split, {}).get(row.twin_row if row.twin_row is not None else -1, {})
        own_id = str(cells.get(setting.roles.id, "")) if setting.roles.id else ""
        if mode == "none":
            return replace(row, id=own_id, detail="", twin_detail="")
        return replace(
            row,
            id=own_id,
            detail=_shown(cells, finding, setting, mode),
            twin_detail=_shown(twin, finding, setting, mode),
        )

    return tuple(replace(f, rows=tuple(filled(r, f) for r in f.rows)) for f in findings)


def _shown(cells: dict[str, object], finding: Finding, setting: Setting, mode: str) -> str:
    """The cells that matter for a finding: its columns, else texts, else the first eight; and the label."""
    roles = setting.roles
    names = [c for c in finding.where.columns if c in cells] or [c for c in roles.text if c in cells] or list(cells)[:8]
    names = list(dict.fromkeys([*names, *([roles.label] if roles.label in cells else [])]))
    if len(names) == 1:
        return _cell(cells[names[0]], mode) if cells else ""
    return " · ".join(f"{n}={_cell(cells[n], mode)}" for n in names)


def _cell(value: object, mode: str) -> str:
    text = masked(str(value)[: CUT + BEYOND], mode)[:CUT]
    if text == str(value) or not isinstance(value, float) or value.is_integer() or abs(value) >= LONG:
        return text
    return f"{value:.1f}" if abs(value) >= 1_000 else f"{value:.4g}"  # many decimals are no telephone number


def _take(source: Source, positions: list[int]) -> dict[int, dict[str, object]]:
    found: dict[int, dict[str, object]] = {}
    want = np.array(positions, np.int64)
    for raw in source.read():
        hits = np.flatnonzero(np.isin(raw.rows, want))
        if len(hits):
            for i, cells in zip(hits, raw.table.take(pa.array(hits)).to_pylist(), strict=True):
                found[int(raw.rows[i])] = cells
        if len(found) == len(positions):
            break
    return found
