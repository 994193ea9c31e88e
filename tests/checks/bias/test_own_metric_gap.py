"""A metric of the user's by group: the values are those of fairlearn, and bad names get one line."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fairlearn.metrics import MetricFrame
from sklearn.metrics import balanced_accuracy_score, f1_score, mean_absolute_error

import auditor
from auditor.cli import main

ROLES = auditor.Roles(label="y", prediction="p", sensitive="g")


def rows(seed: int, n: int = 600) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"g": rng.choice(["a", "b"], n, p=[0.6, 0.4]), "y": rng.choice(["no", "yes"], n)})
    return frame.assign(p=np.where(rng.random(n) < 0.8, frame.y, rng.choice(["no", "yes"], n)))


def test_values_are_those_of_a_metric_frame() -> None:
    frame = rows(1)
    options = {"metrics": {"f1": f1_score, "balanced": balanced_accuracy_score}}
    audit = auditor.check(frame, roles=ROLES, positive="yes", select=["BIA403"], options=options)
    assert audit.bias is not None
    y, p = ((frame[c] == "yes").astype(int) for c in ("y", "p"))
    for name, metric in options["metrics"].items():
        by = MetricFrame(metrics=metric, y_true=y, y_pred=p, sensitive_features=frame.g).by_group
        one = next(c for c in audit.bias["comparisons"] if c["metric"] == f"{name}_difference")
        assert one["value"] == pytest.approx(by["b"] - by["a"], abs=1e-12)
        assert one["low"] < one["value"] < one["high"] and one["verdict"] is None


def test_numbers_reach_the_function_as_they_are() -> None:
    rng = np.random.default_rng(4)
    frame = pd.DataFrame({"g": ["a", "b"] * 200, "y": rng.normal(size=400).round(3)})
    frame["p"] = frame.y + rng.normal(size=400) * np.where(frame.g == "b", 3.0, 1.0)
    audit = auditor.check(frame, roles=ROLES, select=["BIA403"], options={"metrics": {"mae": mean_absolute_error}})
    wanted = [mean_absolute_error(part.y, part.p) for _, part in frame.groupby("g")]
    (found,) = audit.findings
    assert found.level == "note" and found.effect.value == pytest.approx(wanted[1] - wanted[0])


def test_equal_groups_raise_no_note() -> None:
    found = 0
    for seed in range(15):
        options = {"metrics": {"f1": "f1_score"}}
        found += bool(auditor.check(rows(seed), roles=ROLES, positive="yes", select=["BIA403"], options=options).findings)
    assert found <= 1


def test_a_metric_that_fails_or_is_undefined_is_told_and_never_zero() -> None:
    def broken(y: object, p: object) -> float:
        raise RuntimeError("no such luck")

    options = {"metrics": {"broken": broken, "nothing": lambda y, p: float("nan")}}
    audit = auditor.check(rows(2), roles=ROLES, positive="yes", select=["BIA403"], options=options)
    assert audit.outcomes[0].status == "inconclusive" and "no such luck" in str(audit.outcomes[0])
    assert audit.bias is not None and [c["value"] for c in audit.bias["comparisons"]] == [None]


@pytest.mark.parametrize(("name", "message"), [("f1_scor", "did you mean 'f1_score'?"), ("no_such:f", "cannot be imported")])
def test_a_wrong_name_gets_one_line(name: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rows(1).to_csv(tmp_path / "t.csv", index=False)
    flags = ["--label", "y", "--prediction", "p", "--sensitive", "g", "--positive", "yes", "--isolated", "--select", "BIA403"]
    assert main(["check", str(tmp_path / "t.csv"), *flags, "--metric", name]) == 2
    assert message in capsys.readouterr().err
    assert main(["check", str(tmp_path / "t.csv"), *flags, "--metric", "f1_score"]) == 0
