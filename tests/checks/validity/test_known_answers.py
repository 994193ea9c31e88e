"""Known answers of the validity checks on real tables."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from auditor import audit as steps
from auditor.model import Audit, Finding
from auditor.rows import Roles

DATA = Path(os.environ.get("AUDITOR_DATA", Path(__file__).resolve().parents[4] / "shared" / "data"))


def needed(name: str) -> Path:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"{path} is not there (AUDITOR_DATA names another folder)")
    return path


def audited(codes: tuple[str, ...], train: Any, **more: Any) -> Audit:
    return steps.run(steps.Request(train=train, data="known", select=codes, **more))


def by_place(audit: Audit, code: str) -> dict[tuple[str, str], Finding]:
    return {(f.where.split, f.where.columns[0]): f for f in audit.findings if f.code == code}


@pytest.fixture(scope="module")
def adult() -> Audit:
    parts = [
        pd.read_csv(needed(f"adult/{name}"), skipinitialspace=True, keep_default_na=False)
        for name in ("adult.data", "adult.test")
    ]
    codes = ("VAL112", "VAL113", "VAL114", "VAL115", "VAL116", "VAL117", "VAL118", "VAL120", "VAL121", "VAL122")
    return audited(codes, parts[0], test=parts[1], roles=Roles(label="classification", sensitive=("sex", "race")))


def test_adult_hides_missing_values_behind_question_marks_and_99999(adult: Audit) -> None:
    counts = {place: f.affected for place, f in by_place(adult, "VAL117").items() if place[0] == "train"}
    names = {"workclass": 1836, "occupation": 1843, "native-country": 583, "capital-gain": 159}
    assert counts == {("train", name): n for name, n in names.items()}


def test_the_rows_with_a_question_mark_are_2399_of_train_and_1221_of_test(adult: Audit) -> None:
    for split, rows in (("train", 2399), ("test", 1221)):
        words = [f for (s, c), f in by_place(adult, "VAL117").items() if s == split and c != "capital-gain"]
        known = {int(r) for f in words if f.all_rows is not None for r in f.all_rows.row}
        assert len(known) == rows


def test_adult_misses_over_5_percent_of_two_columns(adult: Audit) -> None:
    found = {c: f for (s, c), f in by_place(adult, "VAL118").items() if s == "train"}
    assert {c: f.level for c, f in found.items()} == {"workclass": "warning", "occupation": "warning"}
    effect = found["occupation"].effect
    assert (round(effect.value or 0, 3), round(effect.low or 0, 3), round(effect.high or 0, 3)) == (0.057, 0.054, 0.059)


def test_nothing_else_is_wrong_with_adult(adult: Audit) -> None:
    assert {f.code for f in adult.findings} == {"VAL117", "VAL118"}
    assert {o.code for o in adult.outcomes if o.status == "clean"} >= {"VAL113", "VAL114", "VAL122"}  # fnlwgt, capital-loss, 50K


def test_bank_hides_missing_values_behind_unknown_and_minus_1_and_true_negatives_stay_clean() -> None:
    frame = pd.read_csv(needed("bank_marketing/bank-full.csv"), keep_default_na=False)
    found = by_place(audited(("VAL117",), frame, roles=Roles(label="y")), "VAL117")
    counts = {name: f.affected for (_, name), f in found.items()}
    assert counts == {"pdays": 32_678, "poutcome": 32_683, "contact": 11_410, "education": 1_688, "job": 271}
    assert (frame["balance"] < 0).sum() == 3_190  # and balance is not among them


def test_digits_has_3_constant_and_7_nearly_constant_pixels() -> None:
    from sklearn.datasets import load_digits

    pixels = pd.DataFrame(load_digits().data, columns=[str(i) for i in range(64)])
    audit = audited(("VAL112", "VAL113"), pixels)
    places = {code: {int(c) for _, c in by_place(audit, code)} for code in ("VAL112", "VAL113")}
    assert places == {"VAL112": {0, 32, 39}, "VAL113": {8, 16, 24, 31, 40, 48, 56}}


def test_sms_spam_has_35_texts_with_c1_controls_and_no_mojibake() -> None:
    audit = audited(("VAL121",), needed("sms_spam/SMSSpamCollection.tsv"))
    (finding,) = audit.findings
    assert finding.affected == 35
    assert [t.rows for t in finding.evidence if hasattr(t, "rows")] == [(("C1 control", 35),)]


@pytest.mark.parametrize("language", ["de", "fr"])
def test_correct_german_and_french_is_no_mojibake(language: str) -> None:
    lines = needed(f"multi30k/val.{language}.txt").read_text("utf-8").splitlines()
    assert audited(("VAL121",), {"text": lines}, roles=Roles(text="text")).outcomes[0].status == "clean"


def test_sms_spam_is_read_whole_where_a_reader_with_quotes_loses_two() -> None:
    path = needed("sms_spam/SMSSpamCollection.tsv")
    audit = audited(("VAL126",), path)
    assert audit.outcomes[0].status == "clean"
    assert audit.profile["splits"][0]["rows"] == 5_574
    assert len(pd.read_csv(path, sep="\t", header=None)) == 5_572


def test_german_credit_has_no_hidden_missing_and_no_variant_spellings() -> None:
    frame = pd.read_csv(needed("german_credit/german.data"), sep=r"\s+", header=None)
    frame.columns = pd.Index([f"c{i}" for i in range(frame.shape[1])])
    assert np.array([f.code for f in audited(("VAL117", "VAL122"), frame).findings]).tolist() == []
