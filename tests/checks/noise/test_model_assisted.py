"""Known answers of the checks that need a model, on real data."""

from __future__ import annotations

import csv
import os
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from auditor import audit
from auditor.model import Audit
from auditor.rows import Roles

DATA = Path(os.environ.get("AUDITOR_DATA", Path(__file__).parents[4] / "shared" / "data"))


def audited(frame: Any, *codes: str, **roles: Any) -> Audit:
    return audit.run(audit.Request(train=frame, data="t", roles=Roles(**roles), select=codes, workers=1))


def real(*parts: str) -> Path:
    path = DATA.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"{path} is absent: set AUDITOR_DATA")
    return path


def test_overlap_on_adult_is_not_called_noise() -> None:
    adult = pd.read_csv(real("adult", "adult.data"), skipinitialspace=True, na_values="?").rename(columns=str.strip)
    done = audited(adult.iloc[:8_000], "NOI301", "NOI307", "LEK202", label="classification")
    assert done.findings == ()
    assert {o.code: o.status for o in done.outcomes}["NOI301"] == "inconclusive"


def test_duration_gives_the_answer_of_bank_away() -> None:
    done = audited(pd.read_csv(real("bank_marketing", "bank-full.csv")), "LEK202", label="y")
    (found,) = done.findings
    assert (found.where.columns, found.level) == (("duration",), "warning")
    assert found.effect.low is not None and found.effect.high is not None
    assert found.effect.low <= 0.805 <= found.effect.high


def test_worst_perimeter_warns_and_does_not_fail() -> None:
    from sklearn.datasets import load_breast_cancer

    frame = load_breast_cancer(as_frame=True).frame
    done = audited(frame.assign(target=frame.target.map({0: "malignant", 1: "benign"})), "LEK202", label="target")
    best = next(f for f in done.findings if f.where.columns == ("worst perimeter",))
    assert best.effect.value == pytest.approx(0.976, abs=0.002)
    assert {f.level for f in done.findings} == {"warning"}


def test_the_length_of_a_message_tells_spam() -> None:
    path = real("sms_spam", "SMSSpamCollection.tsv")
    frame = pd.read_csv(path, sep="\t", header=None, quoting=csv.QUOTE_NONE, names=["label", "text"])
    (found,) = audited(frame, "LEK206", text="text", label="label").findings
    assert found.level == "warning"
    assert "length" in found.message


def test_sex_on_adult_is_told_by_relationship_first() -> None:
    adult = pd.read_csv(real("adult", "adult.data"), skipinitialspace=True, na_values="?").rename(columns=str.strip)
    (found,) = audited(adult, "BIA301", label="classification", sensitive=("sex",)).findings
    assert found.level == "warning"
    assert found.effect.value == pytest.approx(0.934, abs=0.01)
    lines = found.evidence[0].rows  # type: ignore[union-attr]  # the check yields one table
    assert {line[0] for line in lines[1:4]} == {"relationship", "marital-status", "occupation"}
    assert lines[1][1] == pytest.approx(0.871, abs=0.01)
    assert lines[3][1] == pytest.approx(0.712, abs=0.015)


def test_probabilities_fitted_on_their_rows_are_measured_by_the_accuracy_that_their_limit_is_about() -> None:
    right = [0.7 + i % 20 / 100 for i in range(200)]
    data: dict[str, list[Any]] = {"label": ["a", "b"] * 100, "p_a": [p if i % 2 == 0 else 1 - p for i, p in enumerate(right)]}
    data["p_b"] = [1 - float(p) for p in data["p_a"]]
    found = audit.check(data, roles=Roles(label="label", probabilities="p_*"), select=("NOI310",)).findings[0]
    assert (found.level, found.effect.name, found.effect.value, found.limit) == ("error", "accuracy", 1.0, 0.995)
