"""The checks of imbalance on data with known answers."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import auditor
from auditor.rows import Roles

DATA = Path(os.environ.get("AUDITOR_DATA", Path(__file__).parents[3] / ".." / "shared" / "data")).resolve()
real = pytest.mark.skipif(not DATA.is_dir(), reason=f"real data is not at {DATA}")
LABEL = Roles(label="label")


def ratios(audit: auditor.Audit) -> list[float | None]:
    return [m.effect.value for o in audit.outcomes if o.code == "IMB101" for m in o.measured]


def clinc() -> dict[str, Any]:
    read: dict[str, Any] = json.loads((DATA / "clinc_oos" / "data_small.json").read_text())
    return read


@real
def test_sms_spam_is_six_and_a_half_to_one() -> None:
    frame = pd.read_csv(DATA / "sms_spam" / "SMSSpamCollection.tsv", sep="\t", quoting=3, header=None, names=["label", "text"])
    audit = auditor.check(frame, roles=Roles(label="label", text="text"), select=("IMB",))
    assert ratios(audit) == [pytest.approx(4827 / 747)]
    assert audit.findings == ()


@real
def test_clinc_is_balanced_and_its_unknown_class_is_missing_where_it_is_kept_apart() -> None:
    read = clinc()
    train, test = (pd.DataFrame(read[n], columns=["text", "label"]) for n in ("train", "test"))
    roles = Roles(label="label", text="text")
    audit = auditor.check(train, test=test, roles=roles, select=("IMB101", "IMB103"))
    assert ratios(audit) == [1.0, 1.0]
    assert audit.findings == ()
    unknown = pd.concat([test, pd.DataFrame(read["oos_test"], columns=["text", "label"])])
    audit = auditor.check(train, test=unknown, roles=roles, select=("IMB103", "SHF102"))
    assert {f.code for f in audit.findings} == {"IMB103", "SHF102"}
    declared = {"IMB103": {"allow": ("oos",)}, "SHF102": {"allow": ("oos",)}}
    assert auditor.check(train, test=unknown, roles=roles, select=("IMB103", "SHF102"), limits=declared).findings == ()


def test_twenty_rows_a_class_are_few() -> None:
    audit = auditor.check({"label": [f"c{i}" for i in range(24)] * 20}, roles=LABEL, select=("IMB102",))
    (found,) = audit.findings
    assert (found.level, found.effect.value) == ("warning", 24)


def test_fewer_than_ten_training_rows_are_an_error() -> None:
    audit = auditor.check({"label": ["a"] * 50 + ["b"] * 9}, roles=LABEL, select=("IMB102",))
    assert [f.level for f in audit.findings] == ["error"]


def test_a_ratio_above_the_limit_that_few_rows_do_not_confirm_warns_only() -> None:
    few = auditor.check({"label": ["a"] * 150 + ["b"]}, roles=LABEL, select=("IMB101",))
    many = auditor.check({"label": ["a"] * 15_000 + ["b"] * 100}, roles=LABEL, select=("IMB101",))
    assert [f.level for f in (*few.findings, *many.findings)] == ["warning", "error"]


@real
def test_adult_has_no_empty_cell_of_race_and_label() -> None:
    frame = pd.read_csv(DATA / "adult" / "adult.data", skipinitialspace=True)
    audit = auditor.check(frame, roles=Roles(label="classification", sensitive="race"), select=("IMB105",))
    assert audit.outcomes[0].status == "clean"


def test_more_cells_need_more_expected_rows_before_an_empty_one_is_a_fault() -> None:
    groups = [f"g{i}" for i in range(40)]
    data = {"g": [g for g in groups for _ in range(12)], "label": (["a", "b"] * 6) * 39 + ["a"] * 12}
    audit = auditor.check(data, roles=Roles(label="label", sensitive="g"), select=("IMB105",))
    assert audit.outcomes[0].status == "inconclusive"  # no cell expects enough


def test_a_training_set_of_one_label_fails_and_is_not_passed_over() -> None:
    audit = auditor.check({"x": list(range(30)), "label": ["only"] * 30}, roles=LABEL, select=("IMB101",))
    assert audit.verdict == "fail"
    assert audit.findings[0].effect.value is None and "only label" in audit.findings[0].effect.reason


def test_one_label_in_too_few_rows_could_not_be_told() -> None:
    audit = auditor.check({"x": list(range(19)), "label": ["only"] * 19}, roles=LABEL, select=("IMB101",))
    assert audit.outcomes[0].status == "inconclusive"
