"""The table of New York City's Local Law 144 as CSV: selection rates and impact ratios. No verdict."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

from auditor.model import Audit

COLUMNS = ("category", "group", "split", "measure", "number", "selected", "rate", "impact_ratio", "note")
NOTHING = "no impact ratios: they need --sensitive, and --prediction or --label with --positive (check BIA402)"
MEASURES = {"prediction": "selection rate", "score": "scoring rate", "label": "selection rate (of the labels)"}
RISKY = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so is a formula to a spreadsheet: it gets an apostrophe before it."""


def write(audit: Audit) -> str:
    """One line a group of each attribute and pair of attributes; rows of unknown group or outcome are counted in a last line.

    An audit without impact ratios gives one line that says what they need.
    """
    entries = [e for e in (audit.bias or {}).get("impact_ratios") or () if isinstance(e, Mapping)]
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(COLUMNS)
    if not entries:
        rows.writerow(("", "", "", "", "", "", "", "", NOTHING))
    unknown: dict[tuple[str, str], tuple[Any, ...]] = {}
    for e in entries:
        place = (str(e.get("attribute", "")), str(e.get("split", "")))
        measure = MEASURES.get(str(e.get("outcome")), "")
        rate, ratio = (_number(e.get(k)) for k in ("rate", "impact_ratio"))
        note = str(e.get("reason") or "")
        rows.writerow(
            map(_inert, (place[0], e.get("group"), place[1], measure, e.get("n"), e.get("selected"), rate, ratio, note))
        )
        note = "group or outcome unknown: not part of the rates"
        unknown[place] = (place[0], "(unknown)", place[1], measure, e.get("unknown"), "", "", "", note)
    for line in unknown.values():
        rows.writerow(map(_inert, line))
    return out.getvalue()


def _number(value: Any) -> str:
    return "" if value is None else f"{float(value):.6f}"


def _inert(cell: Any) -> str:
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(RISKY) else text
