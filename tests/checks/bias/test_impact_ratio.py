"""The table of Local Law 144 against a count by hand."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import auditor
from auditor.cli import main

PEOPLE = pd.DataFrame(
    {
        "sex": ["f"] * 50 + ["m"] * 50 + [None],
        "race": (["x"] * 30 + ["y"] * 20) * 2 + ["x"],
        "hired": [1] * 10 + [0] * 20 + [1] * 5 + [0] * 15 + [1] * 15 + [0] * 15 + [1] * 10 + [0] * 10 + [1],
    }
)


def table(path: Path) -> dict[tuple[str, str], dict[str, str]]:
    with path.open(newline="") as file:
        return {(r["category"], r["group"]): r for r in csv.DictReader(file)}


def test_rates_are_divided_by_the_highest(tmp_path: Path) -> None:
    roles = auditor.Roles(prediction="hired", sensitive=("sex", "race"))
    audit = auditor.check(PEOPLE, roles=roles, positive="1", select=["BIA402"])
    auditor.report(audit, tmp_path / "t.csv", "ll144")
    found = table(tmp_path / "t.csv")
    # women 15 of 50, men 25 of 50; x: 25 + 1 of 61, y: 15 of 40; f & x 10 of 30, f & y 5 of 20, m & x 15 of 30, m & y 10 of 20
    assert found["sex", "f"]["rate"] == "0.300000" and found["sex", "f"]["impact_ratio"] == "0.600000"
    assert found["sex", "m"]["impact_ratio"] == "1.000000" and found["sex", "(unknown)"]["number"] == "1"
    assert float(found["race", "x"]["rate"]) == pytest.approx(26 / 61, abs=1e-6)
    assert float(found["race", "y"]["impact_ratio"]) == pytest.approx((15 / 40) / (26 / 61), abs=1e-6)
    ratios = {g: found["sex x race", g]["impact_ratio"] for g in ("f & x", "f & y", "m & x", "m & y")}
    assert ratios == {"f & x": "0.666667", "f & y": "0.500000", "m & x": "1.000000", "m & y": "1.000000"}
    assert audit.verdict == "pass"


def test_small_categories_are_named_and_do_not_lead() -> None:
    people = pd.DataFrame({"sex": ["f"] * 200 + ["m"] * 200 + ["=d"] * 3, "hired": [1, 0] * 100 + [1, 0, 0, 0] * 50 + [1] * 3})
    audit = auditor.check(people, roles=auditor.Roles(prediction="hired", sensitive="sex"), positive="1", select=["BIA402"])
    assert audit.bias is not None
    by = {e["group"]: e for e in audit.bias["impact_ratios"]}
    assert by["=d"]["impact_ratio"] is None and "2 %" in by["=d"]["reason"] and by["f"]["impact_ratio"] == 1.0
    assert "'=d" in auditor.reports.WRITERS["ll144"](audit).decode()  # inert in a spreadsheet


def test_a_score_counts_as_selected_above_its_median() -> None:
    people = pd.DataFrame(
        {"sex": ["f", "m"] * 100, "score": [x / 200 + (0.3 if i % 2 else 0.0) for i, x in enumerate(range(200))]}
    )
    audit = auditor.check(people, roles=auditor.Roles(prediction="score", sensitive="sex"), select=["BIA402"])
    assert audit.bias is not None
    middle = people.score.median()
    for e in audit.bias["impact_ratios"]:
        assert e["outcome"] == "score" and e["selected"] == int((people.score[people.sex == e["group"]] > middle).sum())


@pytest.mark.parametrize(("bad", "good"), [(0, 1), (False, True), (-1, 1)])
def test_a_pair_of_plain_values_is_a_decision_and_no_score(bad: Any, good: Any) -> None:
    people = PEOPLE.assign(hired=PEOPLE.hired.map({1: good, 0: bad}))
    audit = auditor.check(people, roles=auditor.Roles(prediction="hired", sensitive="sex"), select=["BIA402"])
    assert audit.bias is not None
    by = {e["group"]: e for e in audit.bias["impact_ratios"]}
    assert by["f"]["outcome"] == "prediction" and (by["f"]["selected"], by["m"]["selected"]) == (15, 25)
    assert by["f"]["impact_ratio"] == 0.6


def test_a_score_beside_a_label_is_still_a_score() -> None:
    people = PEOPLE.assign(score=[i / 101 for i in range(101)], said=PEOPLE.hired.map({1: "yes", 0: "no"}))
    roles = auditor.Roles(prediction="score", label="said", sensitive="sex")
    audit = auditor.check(people, roles=roles, positive="yes", select=["BIA402"])
    assert audit.bias is not None
    assert {e["outcome"] for e in audit.bias["impact_ratios"]} == {"score"}
    assert {e["group"]: e["selected"] for e in audit.bias["impact_ratios"]} == {"f": 0, "m": 49}


def test_without_a_favourable_value_there_is_no_table(tmp_path: Path) -> None:
    people = PEOPLE.assign(hired=PEOPLE.hired.map({1: "yes", 0: "no"}))
    people.to_csv(tmp_path / "p.csv", index=False)
    flags = [
        "--prediction",
        "hired",
        "--sensitive",
        "sex",
        "--select",
        "BIA402",
        "-o",
        f"ll144={tmp_path / 'o.csv'}",
        "--isolated",
    ]
    assert main(["check", str(tmp_path / "p.csv"), *flags]) == 0
    assert "no impact ratios: they need" in (tmp_path / "o.csv").read_text()
    assert main(["check", str(tmp_path / "p.csv"), *flags, "--positive", "yes"]) == 0
    assert table(tmp_path / "o.csv")["sex", "f"]["impact_ratio"] == "0.600000"
