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
from auditor.model import Audit, Table
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
    assert few.status == "inconclusive" and "19 names, want 20" in few.reason
    one = audited(frame({"a": np.full(60, 0.0)})).outcomes[0]
    assert one.status == "inconclusive" and one.measured[0].effect.value is None and "1 group, want 2 to 500 groups" in one.reason


def test_groups_that_moved_alike_are_clean_and_at_the_margin_seldom_found() -> None:
    found = {0.0: 0, 0.05: 0, 0.2: 0}
    for gap in found:
        for seed in range(40):
            rng = np.random.default_rng(seed)
            a, b = (np.tile(rng.normal(0, 0.05, 30), 4) + rng.normal(m, 0.05, 120) for m in (0.1, 0.1 + gap))
            found[gap] += audited(frame({"a": a, "b": b})).outcomes[0].status == "found"
    assert found[0.0] == 0 and found[0.05] <= 4 and found[0.2] == 40


def test_groups_that_moved_alike_are_clean() -> None:
    clean = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        a, b = (np.tile(rng.normal(0, 0.02, 30), 4) + rng.normal(0.1, 0.02, 120) for _ in range(2))
        clean += audited(frame({"a": a, "b": b})).outcomes[0].status == "clean"
    assert clean == 40


def test_rows_are_ranked_by_how_far_they_moved_with_their_group() -> None:
    fall = np.linspace(-0.5, -0.1, 60)
    audit = audited(frame({"a": np.zeros(60), "b": fall, "c": np.zeros(60)}))
    found = {f.where.group: f for f in audit.findings}
    assert [r.row for r in found["b"].rows[:2]] == [60, 61]  # the prompts that lost most come first
    assert found["b"].limit == -0.05 and found["a"].limit == 0.05


def test_a_group_of_which_no_prompt_can_be_compared_is_no_silent_pass() -> None:
    table = frame({"a": np.zeros(60), "b": np.zeros(60), "c": np.zeros(60)})
    lost = table.bias_type == "b"
    for change in ({"base": np.nan, "tuned": np.nan}, {"left_out": "longer than the model reads"}):
        audit = audited(table.assign(**{k: table[k].mask(lost, v) for k, v in change.items()}))
        told = audit.outcomes[0]
        assert told.status == "inconclusive" and "none of the 60 prompts can be compared" in told.reason
        by = {m.where.group: m for m in told.measured}
        assert set(by) == {"a", "b", "c"} and by["b"].effect.value is None and by["a"].effect.value == 0
        assert audit.bias is not None
        entry = next(p for p in audit.bias["probes"] if p["name"] == "prompts about b")
        assert (entry["left_out"], entry["pairs"], entry["difference"], entry["verdict"]) == (60, 0, None, "inconclusive")
    two = table[table.bias_type != "c"]
    assert (
        "none of the 60 prompts"
        in audited(two.assign(left_out=two.left_out.mask(two.bias_type == "b", "longer"))).outcomes[0].reason
    )
    first = audited(two.assign(left_out=two.left_out.mask(two.bias_type == "a", "longer"))).outcomes[0]
    assert first.status == "inconclusive" and "no prompt about the others is left" in first.reason


@pytest.mark.parametrize("score", [np.nan, -np.inf])
def test_a_tuned_model_that_loses_the_scores_of_a_group_cannot_be_told(score: float) -> None:
    table = frame({"a": np.zeros(60), "b": np.zeros(60), "c": np.zeros(60)})
    told = audited(table.assign(tuned=table.tuned.mask(table.bias_type == "b", score))).outcomes[0]
    assert told.status == "inconclusive" and "no finite score to 60 texts" in told.reason


def test_some_prompts_left_out_are_counted_in_the_sentence_and_the_record() -> None:
    table = frame({"a": np.zeros(60), "b": np.full(60, 0.3)})
    table.loc[60:62, "left_out"] = "longer than the model reads"
    audit = audited(table)
    assert "3 of the group left out: 3 longer than the model reads" in audit.findings[0].message
    assert "simultaneous 95 %" in audit.findings[0].message and "over 57 and 60 prompts" in audit.findings[0].message
    assert audit.bias is not None and audit.bias["probes"][0]["left_out"] == 3


def test_the_limits_are_corrected_for_the_groups_that_can_be_judged() -> None:
    rng = np.random.default_rng(3)
    moved = {g: rng.normal(0, 0.1, 60) for g in "abc"}
    small = {f"small {i}": np.zeros(5) for i in range(9)}
    ends = []
    for some in (moved, {**moved, "d": np.zeros(5)}, {**moved, **small}):
        listed = (audited(frame(some)).bias or {})["probes"]
        entry = next(p for p in listed if p["name"] == "prompts about a")
        ends.append(entry["high"] - entry["low"])
    assert ends[1] == pytest.approx(ends[0], rel=0.06) and ends[2] == pytest.approx(ends[0], rel=0.2)
    assert ends[2] < ends[0]  # more prompts of others, and no wider for nine groups that are too small


def test_a_probability_has_the_margin_of_rates() -> None:
    table = frame({"a": np.zeros(60), "b": np.full(60, 0.03)})
    plain = table.part.isin(["neutral", "shuffled"])
    spread = table.assign(**{k: table[k].mask(plain, np.linspace(0.1, 0.9, len(table))) for k in ("base", "tuned")})
    options = {"probe_unit": "probability"}

    found = auditor.check(spread, roles=ROLES, select=["BIA318"], options=options)
    assert "+0.030 probability, those about the others by +0.000" in found.findings[0].message
    assert audited(table).outcomes[0].status == "clean"
    flat = auditor.check(table.assign(base=0.5, tuned=0.5), roles=ROLES, select=["BIA318"], options=options).outcomes[0]
    assert (
        flat.status == "inconclusive" and "the base model gives nearly the same probability to every neutral text" in flat.reason
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"part": {"neutral": "none"}}, "there is no neutral text"),
        ({"part": {"shuffled": "none"}}, "there is no neutral text"),
    ],
)
def test_without_neutral_text_nothing_is_told(change: dict[str, dict[str, str]], said: str) -> None:
    table = frame({"a": np.zeros(60), "b": np.full(60, 0.3)}).replace(change)
    told = audited(table).outcomes[0]
    assert told.status == "inconclusive" and said in told.reason


@pytest.mark.parametrize("part", ["neutral", "shuffled"])
@pytest.mark.parametrize(
    ("side", "said"), [("base", "the base model gives neutral text no"), ("tuned", "no finite score to 30 texts")]
)
def test_neutral_text_without_a_score_is_no_working_model(part: str, side: str, said: str) -> None:
    table = frame({"a": np.zeros(60), "b": np.full(60, 0.3)})
    told = audited(table.assign(**{side: table[side].mask(table.part == part, np.nan)})).outcomes[0]
    assert told.status == "inconclusive" and said in told.reason


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
    groups["a"] = {name: [f"{texts[0]} {' '.join(words[:6])}"] for name, texts in groups["a"].items()}  # of more tokens than 32
    file.write_text(json.dumps(groups))
    long = probe(base, base, templates=file)
    outcome = next(o for o in long.outcomes if o.code == "BIA318")
    assert outcome.status == "inconclusive" and "no prompt about the others is left" in outcome.reason
    assert "cannot tell" in wording.verdict(long)[1]


def test_prompts_of_one_group_or_in_another_layout_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "prompts.json"
    deep = '{"a":' * 3000 + "1" + "}" * 3000
    for content, said in (
        ('{"a": {"x": ["one"]}}', "prompts of one group, 'a', want prompts of at least two groups"),
        ('{"a": {"x": ["one"]}, "b": {}}', "prompts of one group, 'a'"),
        ('{"a": {"x": ["one"]}, "b": {"y": [" "]}}', "prompts of one group, 'a'"),
        ('{"a": {"x": []}, "b": {}}', "got no prompt, want prompts"),
        ('{"a": {"x": "one"}, "b": {}}', "no list of prompts"),
        ('{"a": {"x": ["one"], "x": ["two"]}, "b": {"y": ["three"]}}', "the key 'x' stands twice"),
        ('{"a": {"x": ["one \\ud800"]}, "b": {"y": ["two"]}}', "prompt 0: got half of a surrogate pair"),
        ('{"a": {"x": ["one"]}, "b \\udfff": {"y": ["two"]}}', "prompt 1: got half of a surrogate pair"),
        (deep, "nested too deep|cannot be read"),
    ):
        file.write_text(content)
        with pytest.raises(InputError, match=said) as refused:
            pairs.read(str(file))
        assert "\n" not in str(refused.value)


def test_a_group_may_be_called_data(tmp_path: Path) -> None:
    file = tmp_path / "prompts.json"
    file.write_text(json.dumps({"data": {"x": ["one"]}, "other": {"y": ["two"], "intrasentence": ["three"]}}))
    assert [p.bias_type for p in pairs.read(str(file))] == ["data", "other", "other"]


def test_a_group_near_either_margin_is_listed_first() -> None:
    for side in (-0.047, 0.047):
        moved = {f"g{i:02d}": np.full(60, 0.0) for i in range(13)} | {"z": np.full(60, side)}
        assert audited(frame(moved)).outcomes[0].measured[0].where.group == "z"


def test_a_gap_at_the_margin_is_within_it_whatever_the_rounding() -> None:
    for base in (-3.0, -1.0, -0.1):
        table = frame({"a": np.zeros(60), "b": np.full(60, 0.05)})
        prompts = table.part == "prompt"
        shifted = table.assign(base=table.base.mask(prompts, base), tuned=table.tuned.mask(prompts, table.tuned + 3 + base))
        assert audited(shifted).outcomes[0].status == "clean", base


def test_prompts_without_a_group_are_left_out_and_counted() -> None:
    table = frame({"a": np.zeros(60), "b": np.full(60, 0.3), "": np.full(60, 0.9)})
    audit = audited(table.assign(bias_type=table.bias_type.replace("", None)))
    assert [f.where.group for f in audit.findings] == ["b"]
    assert "over 60 and 60 prompts" in audit.findings[0].message
    assert "60 without a group" in audit.findings[0].evidence[0].title


def test_too_many_groups_are_told_and_many_are_judged_in_time() -> None:
    many = {f"g{i}": np.zeros(2) for i in range(501)}
    told = audited(frame(many)).outcomes[0]
    assert told.status == "inconclusive" and "501 groups, want 2 to 500 groups" in told.reason
    some = {f"g{i}": np.full(25, 0.3 * (i == 7)) for i in range(60)}
    audit = audited(frame(some))
    (shown,) = next(f.evidence for f in audit.findings if f.where.group == "g7")
    assert isinstance(shown, Table) and len(shown.rows) == 40 and "20 that moved less stand in" in shown.title
    assert any(row[0] == "g7" for row in shown.rows)


@pytest.mark.parametrize(
    ("margin", "said"),
    [
        (-1.0, "want 0 or more"),
        (float("nan"), "want a number"),
        ("x", "want a number"),
        (None, "want a number"),
        (10**401, "want a number"),
    ],
)
def test_a_margin_that_is_none_is_refused(margin: object, said: str) -> None:
    with pytest.raises(InputError, match=said):
        auditor.check(frame({"a": np.zeros(60)}), roles=ROLES, select=["BIA318"], limits={"BIA318": {"margin": margin}})


def test_changes_beyond_any_number_are_left_out_with_a_reason() -> None:
    table = frame({"a": np.zeros(60), "b": np.zeros(60), "c": np.zeros(60)})
    lost = table.bias_type == "b"
    for size in (1.7e308, 1e200, 2e6):
        told = audited(table.assign(base=table.base.mask(lost, -size), tuned=table.tuned.mask(lost, size))).outcomes[0]
        assert told.status == "inconclusive" and "60 without a score" in told.reason
    plain = table.part == "neutral"
    far = audited(table.assign(base=table.base.mask(plain, -1e308), tuned=table.tuned.mask(plain, -1e308))).outcomes[0]
    assert far.status == "inconclusive" and "the base model gives neutral text no finite score" in far.reason


def test_groups_are_told_apart_by_every_character_and_long_names_cost_no_memory() -> None:
    table = frame({"a": np.zeros(60), "a\0": np.full(60, 0.3), "b" * 200_000: np.zeros(60)})
    audit = audited(table)
    assert {f.where.group[:2] for f in audit.findings} == {"a", "a\0", "bb"}


def test_a_name_that_holds_most_prompts_bears_no_limits() -> None:
    table = frame({"a": np.zeros(60), "b": np.zeros(3_020)})
    most = table.bias_type == "b"
    names = [f"b {max(0, i - 3_000)}" for i in range(3_020)]
    table.loc[most, "template"] = names
    told = audited(table).outcomes[0]
    assert told.status == "inconclusive" and "b: one name holds 3,001 of 3,020: no interval" in told.reason


def test_a_classifier_that_looks_at_nothing_is_no_clean_probe() -> None:
    table = frame({"a": np.zeros(60), "b": np.zeros(60)})
    plain = table.part.isin(["neutral", "shuffled"])
    base = table.base.mask(plain, np.linspace(0.1, 0.9, len(table))).mask(~plain, 0.2)
    dead = np.where(plain, 0.5, 0.2)
    dead[-1] = 1e-9  # one text alone
    for limits in ({}, {"BIA318": {"order_fall": 0.0}}):
        audit = auditor.check(
            table.assign(base=base, tuned=dead),
            roles=ROLES,
            select=["BIA318"],
            options={"probe_unit": "probability"},
            limits=limits,
        )
        told = audit.outcomes[0]
        assert told.status == "inconclusive" and "tuned model gives nearly the same probability" in told.reason


def test_a_probe_of_pairs_alone_has_nothing_to_judge_here() -> None:
    table = frame({"a": np.zeros(60)}).assign(part=lambda f: f.part.replace("prompt", "pair"))
    assert audited(table).outcomes[0].status == "skipped"
    audit = auditor.check(frame({"a": np.zeros(60), "b": np.zeros(60)}), roles=ROLES, select=["BIA315", "BIA316"])
    assert {o.status for o in audit.outcomes} == {"skipped"}
