"""A metric of the user's by group: the values are those of fairlearn, and bad names get one line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from fairlearn.metrics import MetricFrame
from sklearn.metrics import balanced_accuracy_score, f1_score, mean_absolute_error, roc_auc_score

import auditor
from auditor.cli import main

ROLES = auditor.Roles(label="y", prediction="p", sensitive="g")
FAST: dict[str, Any] = {
    "f1": lambda y, p: 2 * (y & p).sum() / (y.sum() + p.sum()),
    "recall": lambda y, p: (y & p).sum() / y.sum(),
    "precision": lambda y, p: (y & p).sum() / p.sum(),
}
"""Those of scikit-learn take fifty times as long."""


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
        options = {"metrics": {"f1": FAST["f1"]}}
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


def test_scores_beside_two_classes_reach_the_function_as_they_are() -> None:
    rng = np.random.default_rng(5)
    frame = rows(5)
    frame["p"] = ((frame.y == "yes") * 1.0 + rng.normal(size=600) * np.where(frame.g == "b", 2.0, 0.7) + 10.0).round(3)
    audit = auditor.check(frame, roles=ROLES, positive="yes", select=["BIA403"], options={"metrics": ["roc_auc_score"]})
    wanted = {g: roc_auc_score(part.y == "yes", part.p) for g, part in frame.groupby("g")}
    (found,) = audit.findings
    assert found.effect.value == pytest.approx(wanted["b"] - wanted["a"], abs=1e-12)


@pytest.mark.parametrize(
    ("said", "label", "message"),
    [("maybe", ["no", "yes"], "predicts 'maybe', want one of the labels 'no', 'yes'"), (0.5, ["a", "b", "c"], "predicts '0.5'")],
)
def test_predictions_outside_the_labels_are_refused(said: Any, label: list[str], message: str) -> None:
    frame = rows(6).assign(y=np.random.default_rng(6).choice(label, 600), p=said)
    audit = auditor.check(
        frame, roles=ROLES, positive="yes" if "yes" in label else None, select=["BIA403"], options={"metrics": ["accuracy_score"]}
    )
    assert audit.outcomes[0].status == "inconclusive" and message in audit.outcomes[0].reason


def test_the_favourable_value_is_one_also_in_a_split_that_has_no_other() -> None:
    frame, seen = rows(7), []
    test = frame.assign(y="yes", p="yes")

    def spy(y: Any, p: Any) -> float:
        seen.append((set(y.tolist()), set(p.tolist())))
        return float(np.mean(p))

    auditor.check(frame, test=test, roles=ROLES, positive="yes", select=["BIA403"], options={"metrics": {"spy": spy}})
    assert ({1}, {1}) in seen and ({0}, {0}) not in seen


def test_the_reference_and_the_groups_are_those_of_the_other_checks() -> None:
    rng = np.random.default_rng(8)
    frame = rows(8, 900).assign(g=rng.choice(np.array(["a", "b", None], object), 900, p=[0.5, 0.3, 0.2]))
    audit = auditor.check(
        frame,
        roles=ROLES,
        positive="yes",
        select=["BIA403", "BIA302"],
        options={"metrics": ["accuracy_score"], "reference_group": {"g": "b"}},
    )
    assert audit.bias is not None
    by = {
        m: {(c["group"], c["reference"]) for c in audit.bias["comparisons"] if c["metric"] == m}
        for m in ("accuracy_score_difference", "selection_rate_ratio")
    }
    assert by["accuracy_score_difference"] == by["selection_rate_ratio"] == {("a", "b"), ("(missing)", "b")}


def test_many_comparisons_of_equal_groups_raise_no_more_notes() -> None:
    """With the smallest of 400 samples for a limit one in two audits of 57 comparisons had a note."""
    found = 0
    for seed in range(6):
        rng = np.random.default_rng(seed)
        frame = rows(seed, 4_000).assign(g=rng.choice([f"g{i}" for i in range(20)], 4_000))
        options = {"metrics": FAST}
        found += bool(auditor.check(frame, roles=ROLES, positive="yes", select=["BIA403"], options=options).findings)
    assert found <= 1


def test_a_sample_in_which_the_metric_fails_is_no_error() -> None:
    calls = [0]

    def moody(y: Any, p: Any) -> float:
        calls[0] += 1
        if calls[0] > 4 and calls[0] % 2:
            raise RuntimeError("not today")
        return 1.0

    audit = auditor.check(rows(9), roles=ROLES, positive="yes", select=["BIA403"], options={"metrics": {"moody": moody}})
    assert audit.outcomes[0].status == "inconclusive" and "no interval" in audit.outcomes[0].reason
