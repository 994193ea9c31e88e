"""BIA102 and its neighbours on data with known answers."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import auditor
from auditor.rows import InputError, Roles

DATA = Path(os.environ.get("AUDITOR_DATA", Path(__file__).parents[3] / ".." / "shared" / "data")).resolve()
real = pytest.mark.skipif(not DATA.is_dir(), reason=f"real data is not at {DATA}")
BIAS = ("BIA101", "BIA102", "BIA105", "BIA106", "BIA108")


def adult(name: str = "adult.data") -> pd.DataFrame:
    return pd.read_csv(DATA / "adult" / name, skipinitialspace=True)


def comparison(audit: auditor.Audit, **wanted: Any) -> dict[str, Any]:
    found = [c for c in (audit.bias or {})["comparisons"] if all(c[k] == v for k, v in wanted.items())]
    assert len(found) == 1
    return dict(found[0])


@pytest.fixture(scope="module")
def of_adult() -> auditor.Audit:
    roles = Roles(label="classification", sensitive=("sex", "race"))
    return auditor.check(adult(), test=adult("adult.test"), roles=roles, positive=">50K", select=BIAS)


@real
@pytest.mark.parametrize(
    ("split", "metric", "value"),
    [
        ("train", "label_rate_difference", 0.196276),
        ("train", "label_rate_ratio", 0.358023),
        ("train", "class_imbalance", 0.338411),
        ("test", "label_rate_difference", 0.190980),
        ("test", "label_rate_ratio", 0.363010),
        ("test", "class_imbalance", 0.334070),
    ],
)
def test_adult_gives_the_published_gaps(of_adult: auditor.Audit, split: str, metric: str, value: float) -> None:
    found = comparison(of_adult, attribute="sex", split=split, metric=metric)
    assert found["value"] == pytest.approx(value, abs=1e-6)
    assert found["low"] < found["value"] < found["high"]
    assert (found["group"], found["reference"]) == ("Female", "Male")


@real
def test_adults_interval_is_the_published_one(of_adult: auditor.Audit) -> None:
    found = comparison(of_adult, attribute="sex", split="train", metric="label_rate_difference")
    assert (found["low"], found["high"]) == pytest.approx((0.187707, 0.204701), abs=1e-6)


@real
@pytest.mark.parametrize(
    ("group", "rate", "rows"),
    [
        ("Female & Black", 0.057878, 1555),
        ("Male & White", 0.317565, 19174),
        ("Female & Other", 0.055046, 109),
        ("Female & Amer-Indian-Eskimo", 0.100840, 119),
    ],
)
def test_adults_crossings_have_the_published_rates(of_adult: auditor.Audit, group: str, rate: float, rows: int) -> None:
    (found,) = [g for g in (of_adult.bias or {})["groups"] if g["group"] == group and g["split"] == "train"]
    assert found["n"] == rows
    assert found["metrics"]["positive_rate"]["value"] == pytest.approx(rate, abs=1e-6)


@real
def test_the_finding_says_the_gap_in_points_with_its_counts(of_adult: auditor.Audit) -> None:
    (found,) = [f for f in of_adult.findings if f.code == "BIA102" and f.where.group == "Female" and f.where.split == "train"]
    assert "19.6 points less often" in found.message
    assert "(95 % 18.8 to 20.5)" in found.message
    assert "of 10,771" in found.message
    assert "of 21,790" in found.message


@real
def test_a_crossing_too_small_for_the_asked_gap_is_named(of_adult: auditor.Audit) -> None:
    assert any("Female & Other" in f.message for f in of_adult.findings if f.code == "BIA108")


@real
def test_the_bias_section_is_json_without_nan(of_adult: auditor.Audit) -> None:
    json.dumps(of_adult.bias, allow_nan=False)


@real
@pytest.mark.parametrize(("cut", "value"), [(24, 0.821248), (25, 0.794826)])
def test_german_credit_is_inconclusive_on_both_sides_of_four_fifths(cut: int, value: float) -> None:
    frame = pd.read_csv(DATA / "german_credit" / "german.data", sep="\t", header=None)
    frame.columns = pd.Index([f"c{i + 1}" for i in range(21)])
    audit = auditor.check(
        frame, roles=Roles(label="c21", sensitive="c13"), positive="1", select=("BIA102",), options={"cuts": {"c13": [cut]}}
    )
    found = comparison(audit, metric="label_rate_ratio")
    assert found["value"] == pytest.approx(value, abs=1e-6)
    assert found["verdict"] == "inconclusive"
    assert audit.outcomes[0].status == "inconclusive"


@real
def test_rows_without_a_gap_in_them_give_adults_published_difference() -> None:
    both = pd.concat([adult(), adult("adult.test")], ignore_index=True)
    audit = auditor.check(both, roles=Roles(label="classification", sensitive="sex"), positive=">50K", select=("BIA106",))
    (changed,) = [m for m in audit.outcomes[0].measured if m.where.group == "Female"]
    assert changed.effect.value == pytest.approx(-0.198901 - -0.194516, abs=2e-6)


def test_two_labels_without_a_favourable_one_are_inconclusive() -> None:
    audit = auditor.check(
        {"s": ["a", "b"] * 50, "y": ["no", "yes"] * 50}, roles=Roles(label="y", sensitive="s"), select=("BIA102",)
    )
    assert audit.outcomes[0].status == "inconclusive"
    assert "--positive" in audit.outcomes[0].reason


def test_a_favourable_label_that_does_not_occur_is_refused() -> None:
    data = {"s": ["a", "b"] * 50, "y": ["no", "yes"] * 50}
    with pytest.raises(InputError, match="'Yes'"):
        auditor.check(data, roles=Roles(label="y", sensitive="s"), positive="Yes", select=("BIA102",))


def test_three_classes_give_one_row_each_and_no_error() -> None:
    data = {"s": ["a", "b"] * 300, "y": (["x", "y"] * 2 + ["z", "z"]) * 100}
    audit = auditor.check(data, roles=Roles(label="y", sensitive="s"), select=("BIA102",))
    assert {c["label"] for c in (audit.bias or {})["comparisons"]} == {"x", "y", "z"}
    assert {f.level for f in audit.findings} == {"warning"}


def test_minus_one_and_one_need_no_declaration() -> None:
    data = {"s": ["a"] * 100 + ["b"] * 100, "y": [1, -1] * 50 + [1, 1, 1, -1] * 25}
    audit = auditor.check(data, roles=Roles(label="y", sensitive="s"), select=("BIA102",))
    assert comparison(audit, metric="label_rate_ratio")["value"] == pytest.approx(1.5)


def test_renaming_the_groups_changes_no_number() -> None:
    data: dict[str, list[Any]] = {"s": ["a"] * 120 + ["b"] * 80, "y": [1, 0] * 60 + [1, 0, 0, 0] * 20}
    other = {**data, "s": ["zz" if s == "a" else "yy" for s in data["s"]]}
    values = [
        comparison(auditor.check(d, roles=Roles(label="y", sensitive="s"), select=("BIA102",)), metric="label_rate_ratio")[
            "value"
        ]
        for d in (data, other)
    ]
    assert values[0] == values[1] == pytest.approx(0.5)
