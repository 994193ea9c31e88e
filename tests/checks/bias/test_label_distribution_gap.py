"""BIA103, BIA104 and BIA209 on data with known answers."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import auditor
from auditor.rows import Roles

DATA = Path(os.environ.get("AUDITOR_DATA", Path(__file__).parents[3] / ".." / "shared" / "data")).resolve()
real = pytest.mark.skipif(not DATA.is_dir(), reason=f"real data is not at {DATA}")
STRATA = ("relationship", "marital-status", "occupation")
ADMISSIONS = {  # department: men admitted, men rejected, women admitted, women rejected; 1973
    "A": (512, 313, 89, 19),
    "B": (353, 207, 17, 8),
    "C": (120, 205, 202, 391),
    "D": (138, 279, 131, 244),
    "E": (53, 138, 94, 299),
    "F": (22, 351, 24, 317),
}


def comparison(audit: auditor.Audit, **wanted: Any) -> dict[str, Any]:
    found = [c for c in (audit.bias or {})["comparisons"] if all(c.get(k) == v for k, v in wanted.items())]
    assert len(found) == 1
    return dict(found[0])


@pytest.fixture(scope="module")
def of_adult() -> auditor.Audit:
    frame = pd.read_csv(DATA / "adult" / "adult.data", skipinitialspace=True, keep_default_na=False)
    roles = Roles(label="classification", sensitive="sex")
    options = {"strata": list(STRATA)}
    return auditor.check(frame, roles=roles, positive=">50K", select=("BIA103", "BIA104", "BIA209"), options=options)


@real
@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("kl", 0.141185),
        ("js", 0.030241),
        ("lp", 0.277576),
        ("tvd", 0.196276),
        ("ks", 0.196276),
        ("demographic_disparity", 0.237662),
    ],
)
def test_adult_gives_the_published_distances(of_adult: auditor.Audit, metric: str, value: float) -> None:
    assert comparison(of_adult, metric=metric, group="Female")["value"] == pytest.approx(value, abs=1e-6)


@real
@pytest.mark.parametrize(
    ("stratum", "value"), [("relationship", 0.080260), ("marital-status", 0.092269), ("occupation", 0.210976)]
)
def test_adult_within_a_stratum_gives_the_published_disparity(of_adult: auditor.Audit, stratum: str, value: float) -> None:
    found = comparison(of_adult, metric="conditional_demographic_disparity", stratum=stratum)
    assert found["value"] == pytest.approx(value, abs=1e-6)
    assert found["low"] < value < found["high"]
    assert found["verdict"] == "fail"


def test_admissions_turn_round_within_departments_and_are_no_finding() -> None:
    rows = [
        (sex, department, y)
        for department, cells in ADMISSIONS.items()
        for (sex, y), n in zip((("m", 1), ("m", 0), ("w", 1), ("w", 0)), cells, strict=True)
        for _ in range(n)
    ]
    data = dict(zip(("sex", "department", "y"), map(list, zip(*rows, strict=True)), strict=True))
    audit = auditor.check(data, roles=Roles(label="y", sensitive="sex"), select=("BIA104",))
    assert comparison(audit, metric="conditional_demographic_disparity")["value"] == pytest.approx(-0.019283, abs=1e-6)
    assert comparison(audit, metric="demographic_disparity")["value"] == pytest.approx(0.143826, abs=1e-6)
    assert audit.outcomes[0].status == "clean" or "tolerance" in audit.outcomes[0].reason
    assert not audit.findings
    other = auditor.check({**data, "said": data["y"]}, roles=Roles(prediction="said", sensitive="sex"), select=("BIA307",))
    found = comparison(other, metric="conditional_demographic_disparity_predicted")
    assert found["value"] == pytest.approx(-0.019283, abs=1e-6)
    assert found["stage"] == "prediction"


def test_a_label_that_the_group_never_has_is_infinite_and_no_number() -> None:
    audit = auditor.check(
        {"g": ["a"] * 100 + ["b"] * 60, "y": ["x", "z"] * 50 + ["x"] * 60},
        roles=Roles(label="y", sensitive="g"),
        select=("BIA103",),
    )
    found = comparison(audit, metric="kl")
    assert (found["value"], found["status"]) == (None, "infinite")
    assert "smoothed" in found["reason"]
    assert comparison(audit, metric="js")["value"] == pytest.approx(0.215762, abs=1e-6)


def test_strata_with_one_outcome_in_most_rows_are_inconclusive() -> None:
    data = {"g": ["a", "b"] * 200, "s": ["u"] * 300 + ["v"] * 100, "y": [0] * 300 + [0, 1] * 50}
    audit = auditor.check(data, roles=Roles(label="y", sensitive="g"), select=("BIA104",))
    assert audit.outcomes[0].status == "inconclusive"
    assert "one outcome only" in audit.outcomes[0].reason


def test_a_stratum_column_that_is_not_there_is_named() -> None:
    audit = auditor.check(
        {"g": ["a", "b"] * 50, "y": [0, 1] * 50},
        roles=Roles(label="y", sensitive="g"),
        options={"strata": "job"},
        select=("BIA104",),
    )
    assert audit.outcomes[0].status == "skipped"
    assert "'job'" in audit.outcomes[0].reason


def test_the_differential_ratio_is_that_of_the_smoothed_extremes() -> None:
    data = {"g": ["a"] * 100 + ["b"] * 100, "y": [1] * 60 + [0] * 40 + [1] * 10 + [0] * 90}
    audit = auditor.check(data, roles=Roles(label="y", sensitive="g"), select=("BIA209",))
    assert comparison(audit, metric="differential_fairness")["value"] == pytest.approx(math.log(60.5 / 10.5))
    assert [f.level for f in audit.findings] == ["warning"]
