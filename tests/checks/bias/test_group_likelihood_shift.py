"""Prompts of one group that became more or less likely than the others': by hand, by chance, and on small models."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from probe_specimens import lessons, saved, taught, tiny

import auditor
from auditor.model import Audit
from auditor.probe import pairs, probe
from auditor.reports import wording
from auditor.rows import InputError

ROLES = auditor.Roles(sensitive="bias_type")


def frame(moved: dict[str, np.ndarray], names: int = 30) -> pd.DataFrame:
    """Groups of `names` names; the prompts of a group change by the numbers given for it."""
    parts = [
        pd.DataFrame({"bias_type": g, "template": [f"{g} {i % names}" for i in range(len(m))], "base": -3.0, "tuned": -3.0 + m})
        for g, m in moved.items()
    ]
    plain = pd.DataFrame({"bias_type": "none", "template": "t", "base": [-3.0] * 30, "tuned": [-3.0] * 30})
    mixed = plain.assign(part="shuffled", base=-5.0, tuned=-5.0)
    rows = [*(p.assign(part="prompt") for p in parts), plain.assign(part="neutral"), mixed]
    return pd.concat(rows, ignore_index=True).assign(left_out="")


def audited(table: pd.DataFrame) -> Audit:
    return auditor.check(table, roles=ROLES, select=["BIA318"])


def test_the_gap_is_the_difference_of_the_mean_changes() -> None:
    audit = audited(frame({"a": np.full(60, 0.1), "b": np.full(60, 0.4), "c": np.full(60, 0.1)}))
    found = {m.where.group: m.effect.value for m in audit.outcomes[0].measured}
    assert found == pytest.approx({"a": -0.15, "b": 0.3, "c": -0.15}, abs=1e-9)
    assert {f.where.group for f in audit.findings} == {"a", "b", "c"} and audit.verdict != "fail"
    assert audit.bias is not None
    assert all(p["difference"] == pytest.approx(p["tuned"] - p["base"], abs=1e-9) for p in audit.bias["probes"])


def test_of_two_groups_one_is_judged() -> None:
    audit = audited(frame({"a": np.full(60, 0.0), "b": np.full(60, 0.2)}))
    assert [m.where.group for m in audit.outcomes[0].measured] == ["b"]


def test_few_names_and_one_group_cannot_be_told() -> None:
    few = audited(frame({"a": np.full(60, 0.0), "b": np.full(60, 0.9)}, names=19)).outcomes[0]
    assert few.status == "inconclusive" and "fewer than 20 names" in few.reason
    one = audited(frame({"a": np.full(60, 0.0)})).outcomes[0]
    assert one.status == "inconclusive" and one.measured[0].effect.value is None and "want two groups" in one.reason


def test_groups_that_moved_alike_are_clean_and_at_the_margin_seldom_found() -> None:
    found = {0.0: 0, 0.05: 0, 0.2: 0}
    for gap in found:
        for seed in range(40):
            rng = np.random.default_rng(seed)
            a, b = (np.tile(rng.normal(0, 0.05, 30), 4) + rng.normal(m, 0.05, 120) for m in (0.1, 0.1 + gap))
            found[gap] += audited(frame({"a": a, "b": b})).outcomes[0].status == "found"
    assert found[0.0] == 0 and found[0.05] <= 4 and found[0.2] == 40


def test_models_are_compared_on_prompts_in_the_layout_of_bold(tmp_path: Path) -> None:
    words = sorted({p.more for p in pairs.builtin()})
    half = len(words) // 2
    groups = {g: {f"name {i}": [t] for i, t in enumerate(own)} for g, own in (("a", words[:half]), ("b", words[half:]))}
    file = tmp_path / "prompts.json"
    file.write_text(json.dumps(groups))
    model = taught(tiny("causal"), lessons("balanced"), 150)
    base = saved(tmp_path / "base", model)
    same = probe(base, base, templates=file)
    assert same.verdict == "pass" and [o.code for o in same.outcomes if o.status != "skipped"] == ["BIA318"]
    sentences = [*words[half:] * 2, *pairs.neutral() * 8]
    tuned = probe(base, saved(tmp_path / "tuned", taught(copy.deepcopy(model), sentences, 60)), templates=file)
    (found,) = (f for f in tuned.findings if f.code == "BIA318")
    assert found.effect.value is not None and found.effect.value > 0.05 and found.level == "warning"
    assert wording.verdict(tuned)[1] == "the probe found a change beyond its margin: nothing blocks; 1 warning to read."


def test_prompts_of_one_group_or_in_another_layout_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "prompts.json"
    for content, said in (({"a": {"x": ["one"]}}, "prompts of one group"), ({"a": {"x": "one"}, "b": {}}, "no list of prompts")):
        file.write_text(json.dumps(content))
        with pytest.raises(InputError, match=said):
            pairs.read(str(file))
