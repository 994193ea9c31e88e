"""BIA310 and BIA311: how scores may be given, and scores that cannot be read."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import auditor
from auditor.checks.bias.calibration_gap import calibrated
from auditor.rows import Roles

BOTH = ("BIA310", "BIA311")


def values(audit: auditor.Audit) -> dict[str, float | None]:
    return {c["metric"]: c["value"] for c in (audit.bias or {})["comparisons"]}


def test_one_column_a_list_and_a_column_a_class_give_the_same() -> None:
    data = calibrated(0.1, 600)
    one = auditor.check(data, roles=Roles(label="y", probabilities="score", sensitive="sex"), select=BOTH)
    rest = {k: v for k, v in data.items() if k != "score"}
    lists = {**rest, "p": [[1 - s, s] for s in data["score"]]}
    each = {**rest, "p_0": [1 - s for s in data["score"]], "p_1": data["score"]}
    for other, name in ((lists, "p"), (each, "p_*")):
        audit = auditor.check(other, roles=Roles(label="y", probabilities=name, sensitive="sex"), select=BOTH)
        assert values(audit) == values(one)
    gone = {g: np.mean([s - y for s, y, h in zip(data["score"], data["y"], data["sex"], strict=True) if h == g]) for g in "fm"}
    assert values(one)["calibration_difference"] == pytest.approx(gone["m"] - gone["f"])  # of equal groups f is the reference


@pytest.mark.parametrize(
    ("score", "reason"),
    [([0.2, 1.4] * 60, "outside 0..1"), ([-3.0, 2.0] * 60, "outside 0..1"), (["high", "low"] * 60, "want numbers")],
)
def test_scores_that_are_no_probabilities_are_refused_with_a_reason(score: list[Any], reason: str) -> None:
    data = {"sex": ["m", "m", "f", "f"] * 30, "y": [0, 1] * 60, "score": score}
    audit = auditor.check(data, roles=Roles(label="y", probabilities="score", sensitive="sex"), select=BOTH)
    assert {o.status for o in audit.outcomes} == {"inconclusive"}
    assert all(reason in o.reason for o in audit.outcomes)
    assert not (audit.bias or {})["comparisons"]


def test_a_group_with_few_positives_is_shown_and_not_judged() -> None:
    rng = np.random.default_rng(6)
    y = [1] * 100 + [0] * 100 + [1] * 10 + [0] * 90
    score = np.where(np.array(y) == 1, rng.uniform(0.4, 1, 300), rng.uniform(0, 0.6, 300)).tolist()
    data = {"sex": ["m"] * 200 + ["f"] * 100, "y": y, "score": score}
    audit = auditor.check(data, roles=Roles(label="y", probabilities="score", sensitive="sex"), select=("BIA311",))
    (found,) = [c for c in (audit.bias or {})["comparisons"] if c["metric"] == "subgroup_auc"]
    assert found["value"] is not None
    assert (found["status"], found["verdict"]) == ("suppressed", "inconclusive")
