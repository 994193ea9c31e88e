"""What holds for every bias check on odd groups, labels and predictions: a reason, no 0 for what is undefined, no crash."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

import auditor
from auditor import find
from auditor.reports import WRITERS
from auditor.rows import Roles

CODES = [code for code, check in find.everything().checks.items() if code.startswith("BIA") and not check.of_run]
ANNOTATORS = ("said1", "said2", "said3")
ROLES = Roles(label="y", sensitive="g", prediction="p", probabilities="q", text="text", annotators=ANNOTATORS)
ALONE = {"BIA106", "BIA108", "BIA201", "BIA202", "BIA203", "BIA204", "BIA208", "BIA309", "BIA312"}
"""Checks that measure something besides a gap between groups: missingness, counts, texts, whole splits, slices."""
TABLE = Roles(label="y", sensitive="g", prediction="p")


def frame(rows: int = 240) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    y, likely = rng.integers(0, 2, rows), rng.random(rows)
    who, job = rng.choice(["he", "she"], rows), rng.choice(["nurse", "baker"], rows)
    return pd.DataFrame(
        {
            "g": rng.choice(["a", "b"], rows),
            "y": y,
            "p": np.where(rng.random(rows) < 0.8, y, 1 - y),
            "q": [[1 - x, x] for x in likely],
            "x": rng.normal(size=rows) + y,
            "job": rng.choice(["k", "l", "m"], rows),
            **{name: np.where(rng.random(rows) < 0.8, y, 1 - y) for name in ANNOTATORS},
            "text": [f"the {j} said that {w} met a muslim man {i}" for i, (j, w) in enumerate(zip(job, who, strict=True))],
        }
    )


def every(n: int, step: int) -> np.ndarray[Any, Any]:
    return np.asarray(np.arange(n) % step == 0)


NO_GROUPS: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "every group missing": lambda f: f.assign(g=None),
    "one group": lambda f: f.assign(g="a"),
}
ODD: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "one group and missing": lambda f: f.assign(g=pd.Series([None, "a", "a"] * (len(f) // 3))),
    "groups are whole numbers": lambda f: f.assign(g=np.where(f.g == "a", 1, 2)),
    "groups are numbers": lambda f: f.assign(g=np.arange(len(f)) * 1.5 - 7),
    "groups are words for nothing": lambda f: f.assign(g=np.where(f.g == "a", "None", "nan")),
    "groups of many types": lambda f: f.assign(g=pd.Series([1, "1", None, "a", 2.5, True] * (len(f) // 6), dtype=object)),
    "groups of very long names": lambda f: f.assign(g=np.where(f.g == "a", "x" * 3_000, "x" * 3_000 + "y")),
    "groups of hostile names": lambda f: f.assign(
        g=np.where(f.g == "a", "</script><script>alert(1)</script>", "\x1b[31m=cmd|' /C calc'!A0\u202e\x1f")
    ),
    "label constant in a group": lambda f: f.assign(y=np.where(f.g == "a", 1, f.y)),
    "label constant": lambda f: f.assign(y=1).drop(columns="q"),
    "label missing in a group": lambda f: f.assign(y=f.y.where(f.g == "a")).drop(columns="q"),
    "prediction missing": lambda f: f.assign(p=None),
    "prediction missing in a group": lambda f: f.assign(p=f.p.where(f.g == "a")),
}
UNREAD: dict[str, Callable[[pd.DataFrame], pd.DataFrame]] = {
    "a prediction that is no label": lambda f: f.assign(p=np.where(every(len(f), 5), 7, f.p)),
    "no prediction is a label": lambda f: f.assign(p=7),
    "predictions are scores beyond 0 and 1": lambda f: f.assign(p=f.x * 3),
}
EDGES = NO_GROUPS | ODD | UNREAD


@cache
def audited(edge: str) -> auditor.Audit:
    data = EDGES[edge](frame())
    given = ROLES if "q" in data else replace(ROLES, probabilities=None)
    return auditor.check(data, test=data.head(120), roles=given, positive="1", select=CODES)


def undefined_has_a_reason(audit: auditor.Audit, code: str, edge: str) -> None:
    (outcome,) = (o for o in audit.outcomes if o.code == code)
    assert outcome.status != "error", (edge, outcome.reason)
    assert outcome.reason or outcome.status in ("clean", "found"), edge
    for effect in (m.effect for m in outcome.measured):
        assert effect.reason if effect.value is None else not math.isnan(effect.value), (edge, effect)
        assert effect.low is None or effect.value is not None, (edge, effect)


@pytest.mark.parametrize("code", CODES)
def test_odd_data_are_judged_or_a_reason_is_given(code: str) -> None:
    for edge in EDGES:
        undefined_has_a_reason(audited(edge), code, edge)


@pytest.mark.parametrize("code", sorted(set(CODES) - ALONE))
def test_without_two_groups_no_gap_is_measured(code: str) -> None:
    for edge in NO_GROUPS:
        (outcome,) = (o for o in audited(edge).outcomes if o.code == code)
        assert outcome.status in ("inconclusive", "skipped"), (edge, outcome.reason, outcome.measured)
        assert [m.effect.value for m in outcome.measured if m.effect.value is not None] == [], edge


@pytest.mark.parametrize("code", ["BIA302", "BIA303", "BIA304", "BIA305", "BIA306", "BIA307", "BIA308", "BIA309", "BIA312"])
@pytest.mark.parametrize("edge", UNREAD)
def test_predictions_that_are_no_labels_are_not_counted_as_some(edge: str, code: str) -> None:
    (outcome,) = (o for o in audited(edge).outcomes if o.code == code)
    assert outcome.status == "inconclusive"
    assert "want one of the labels" in outcome.reason


@pytest.mark.parametrize("edge", EDGES)
def test_the_bias_section_says_why_a_value_is_undefined(edge: str) -> None:
    for c in (audited(edge).bias or {}).get("comparisons", ()):
        assert c["value"] is not None or (c["reason"] and c["status"] != "ok"), c


@pytest.mark.parametrize("edge", ["groups of very long names", "groups of hostile names", "every group missing"])
def test_every_writer_takes_odd_groups(edge: str) -> None:
    audit = audited(edge)
    written = {name: WRITERS[name](audit) for name in ("html", "json", "markdown")}
    json.loads(written["json"], parse_constant=lambda x: pytest.fail(f"{x} is no JSON"))
    assert b"<script>alert" not in written["html"] + written["markdown"]


def test_probabilities_beyond_0_and_1_are_not_measured() -> None:
    data = frame()
    data["q"] = [[-0.5, 1.5]] * len(data)
    for outcome in auditor.check(data, roles=ROLES, select=["BIA310", "BIA311"]).outcomes:
        assert outcome.status == "inconclusive"
        assert "outside 0..1" in outcome.reason


@cache
def many() -> auditor.Audit:
    data = frame(10_000).drop(columns=["q", "text"])
    return auditor.check(data.assign(g=[f"group {i}" for i in range(10_000)]), roles=TABLE, positive="1", select=UNASSISTED)


UNASSISTED = [code for code in CODES if code not in ("BIA205", "BIA312")]  # the others fit models, which takes seconds


@pytest.mark.parametrize("code", UNASSISTED)
def test_ten_thousand_groups_of_one_row_are_too_small_to_judge(code: str) -> None:
    undefined_has_a_reason(many(), code, "10,000 groups")
    (outcome,) = (o for o in many().outcomes if o.code == code)
    assert code in ALONE or outcome.status != "found", outcome.measured
