"""The column profile of the page and of audit.json: what the first look saw, by split and column."""

from __future__ import annotations

from typing import Any

from auditor.rows import Setting
from auditor.tallies.look import Look


def of(setting: Setting, look: Look) -> dict[str, Any]:
    """`{"splits": [...], "columns": [...]}`, plain values only."""
    return {
        "splits": [
            {"name": s.name, "part": s.part, "rows": s.rows, "columns": sum(s.name in c.splits for c in setting.columns)}
            for s in setting.splits
        ],
        "columns": [
            {
                "name": c.name,
                "kind": c.kind,
                "dtype": c.dtype,
                "roles": list(setting.roles.of(c.name)),
                "id_like": c.id_like,
                "distinct": c.distinct,
                "by_split": {s: _numbers(look, s, c.name) for s in c.splits},
            }
            for c in setting.columns
        ],
    }


def _numbers(look: Look, split: str, column: str) -> dict[str, Any]:
    seen = look.by[split, column]
    return {
        "n": seen.n,
        "missing": seen.nulls + seen.spelled.total(),
        "distinct": seen.distinct,
        "min": seen.low,
        "max": seen.high,
        "median_words": seen.median_words,
    }
