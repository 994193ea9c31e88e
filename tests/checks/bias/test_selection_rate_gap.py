"""BIA302 and BIA303: what is said of predictions, and of predictions that cannot be judged."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import auditor
from auditor.checks.bias.error_rate_gap import predicted
from auditor.rows import Roles

BOTH = ("BIA302", "BIA303")
ROLES = Roles(label="y", prediction="said", sensitive="sex")
COUNTS = {"a": (650, 50, 100, 200), "d": (200, 70, 50, 180)}  # ten times the worked table


def comparison(audit: auditor.Audit, **wanted: Any) -> dict[str, Any]:
    found = [c for c in (audit.bias or {})["comparisons"] if all(c[k] == v for k, v in wanted.items())]
    assert len(found) == 1
    return dict(found[0])


@pytest.fixture(scope="module")
def worked() -> auditor.Audit:
    return auditor.check(predicted(**COUNTS), roles=ROLES, select=BOTH)


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("recall_difference", 0.187831),
        ("specificity_difference", 0.115942),
        ("false_positive_rate_difference", -0.115942),
        ("false_negative_rate_difference", 0.187831),
        ("selection_rate_difference", 0.25),
        ("selection_rate_ratio", 2 / 3),
        ("average_odds_difference", (-0.115942 - 0.187831) / 2),
    ],
)
def test_the_worked_table_gives_its_gaps_with_their_signs(worked: auditor.Audit, metric: str, value: float) -> None:
    found = comparison(worked, metric=metric, group="d")
    assert found["value"] == pytest.approx(value, abs=1e-6)
    assert found["low"] < found["value"] < found["high"]
    assert (found["stage"], found["reference"]) == ("prediction", "a")


def test_the_largest_gap_over_all_groups_has_no_verdict_and_a_null(worked: auditor.Audit) -> None:
    found = comparison(worked, metric="equalized_odds_difference")
    assert found["value"] == pytest.approx(0.187831, abs=1e-6)
    assert (found["group"], found["verdict"]) == (None, None)
    assert 0 < found["null_mean"] < 0.05
    assert found["p"] < 0.01


def test_the_entries_of_a_group_are_joined(worked: auditor.Audit) -> None:
    (found,) = [g for g in (worked.bias or {})["groups"] if g["group"] == "d"]
    assert set(found["metrics"]) == {"selection_rate", "true_positive_rate", "false_positive_rate"}
    assert found["metrics"]["true_positive_rate"]["value"] == pytest.approx(20 / 27)


def test_findings_agree_with_the_verdicts(worked: auditor.Audit) -> None:
    fails = {(c["metric"], c["group"]) for c in (worked.bias or {})["comparisons"] if c["verdict"] == "fail"}
    errors = {f.effect.name for f in worked.findings if f.level == "error"}
    assert {metric for metric, _ in fails} == errors
    assert len({f.fingerprint for f in worked.findings}) == len(worked.findings)


def test_predictions_without_labels_are_audited_alone() -> None:
    audit = auditor.check(
        {"g": ["a"] * 400 + ["b"] * 300, "p": ["yes", "no"] * 200 + ["yes", "no", "no", "no"] * 75},
        roles=Roles(prediction="p", sensitive="g"),
        positive="yes",
        select=BOTH,
    )
    assert comparison(audit, metric="selection_rate_ratio")["value"] == pytest.approx(0.5)
    assert {o.code: o.status for o in audit.outcomes} == {"BIA302": "found", "BIA303": "skipped"}


def test_labels_and_predictions_spelled_as_whole_numbers_and_floats_are_the_same_classes() -> None:
    data = predicted(**COUNTS)
    floats = {**data, "said": [float(p) for p in data["said"]]}
    audits = [auditor.check(d, roles=ROLES, select=BOTH) for d in (data, floats)]
    assert audits[0].bias == audits[1].bias


def test_a_group_without_positives_has_no_true_positive_rate_and_no_zero() -> None:
    data = predicted(m=(300, 60, 40, 400), f=(0, 0, 20, 180))
    audit = auditor.check(data, roles=ROLES, select=("BIA303",))
    found = comparison(audit, metric="recall_difference")
    assert (found["value"], found["status"], found["verdict"]) == (None, "undefined", "inconclusive")
    assert "no positives in the group" in found["reason"]
    assert audit.outcomes[0].status == "inconclusive"
    (group,) = [g for g in (audit.bias or {})["groups"] if g["group"] == "f"]
    assert group["metrics"]["true_positive_rate"]["value"] is None


def test_a_group_below_the_least_rows_is_shown_and_not_judged() -> None:
    audit = auditor.check(predicted(m=(300, 60, 40, 400), f=(5, 35, 20, 20)), roles=ROLES, select=("BIA303",))
    found = comparison(audit, metric="recall_difference")
    assert found["value"] == pytest.approx(300 / 360 - 5 / 40)
    assert (found["status"], found["verdict"]) == ("suppressed", "inconclusive")
    assert not audit.findings


BAD: dict[str, tuple[dict[str, list[Any]], str]] = {
    "outside the label set": ({"sex": ["m", "f"] * 60, "y": [0, 1] * 60, "said": [0, 1, 2] * 40}, "predicts '2'"),
    "scores": ({"sex": ["m", "f"] * 60, "y": [0, 1] * 60, "said": [0.25, 0.75] * 60}, "--probabilities"),
    "one group": ({"sex": ["m"] * 120, "y": [0, 1] * 60, "said": [0, 1] * 60}, "one group only"),
    "group all missing": ({"sex": [None] * 120, "y": [0, 1] * 60, "said": [0, 1] * 60}, "every value is missing"),
    "never predicted": ({"sex": ["m", "f"] * 60, "y": [0, 1] * 60, "said": [None] * 120}, "no value"),
    "never selected": ({"sex": ["m", "f"] * 60, "y": [0, 1] * 60, "said": [0] * 120}, "neither group has a positive"),
    "undeclared": ({"sex": ["m", "f"] * 60, "y": ["x", "z"] * 60, "said": ["x", "z"] * 60}, "give --positive"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_judged_says_why_and_gives_no_number(case: str) -> None:
    data, reason = BAD[case]
    audit = auditor.check(data, roles=ROLES, select=("BIA302",))
    assert audit.outcomes[0].status == "inconclusive"
    assert reason in audit.outcomes[0].reason
    ratios = [c for c in (audit.bias or {})["comparisons"] if c["metric"] == "selection_rate_ratio"]
    assert all(c["value"] is None for c in ratios)


def test_a_favourable_class_that_never_occurs_is_named() -> None:
    audit = auditor.check(predicted(**COUNTS), roles=ROLES, positive="yes", select=("BIA302",))
    assert audit.outcomes[0].status == "inconclusive"
    assert "'yes'" in audit.outcomes[0].reason


def test_hostile_group_names_and_ten_thousand_groups_end_in_json() -> None:
    rng = np.random.default_rng(2)
    names = ["<script>alert(1)</script>", "x" * 3_000, "", "\x1b[31m", *(f"g{i}" for i in range(9_996))]
    data = {"sex": [names[i % len(names)] for i in range(30_000)], "y": rng.integers(0, 2, 30_000).tolist()}
    audit = auditor.check({**data, "said": rng.integers(0, 2, 30_000).tolist()}, roles=ROLES, select=BOTH)
    assert {o.status for o in audit.outcomes} == {"inconclusive"}
    json.dumps(audit.bias, allow_nan=False)
    assert any(g["group"].startswith("too small") for g in (audit.bias or {})["groups"])


def test_three_classes_are_set_each_against_the_rest_and_warn_at_most() -> None:
    rng = np.random.default_rng(4)
    y = rng.integers(0, 3, 1_500)
    said = np.where(np.arange(1_500) % 3 == 0, rng.integers(0, 3, 1_500), y)  # every third row of g is guessed
    data = {"sex": ["f" if i % 3 == 0 else "m" for i in range(1_500)], "y": [f"c{i}" for i in y], "said": [f"c{i}" for i in said]}
    audit = auditor.check(data, roles=ROLES, select=BOTH)
    assert {c["label"] for c in (audit.bias or {})["comparisons"]} == {"c0", "c1", "c2"}
    assert {f.level for f in audit.findings} == {"warning"}
    assert len({f.fingerprint for f in audit.findings}) == len(audit.findings)


def test_numbers_to_regress_on_have_no_selection_rate() -> None:
    data = {"sex": ["m", "f"] * 100, "y": [i + 0.5 for i in range(200)], "said": [i + 0.25 for i in range(200)]}
    audit = auditor.check(data, roles=ROLES, task="regression", select=BOTH)
    assert {o.status for o in audit.outcomes} == {"skipped"}
    assert all("does not name classes" in o.reason for o in audit.outcomes)
