"""Leakage and quality by group: known answers, and no alarm on shuffled groups."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import auditor

ADULT = Path(os.environ.get("AUDITOR_DATA", "../shared/data")) / "adult"


@pytest.mark.skipif(not ADULT.is_dir(), reason="the Adult data is not there; set AUDITOR_DATA")
def test_the_twins_of_adult_by_sex_are_those_of_a_merge() -> None:
    train, test = (pd.read_csv(ADULT / f"adult.{x}", skipinitialspace=True) for x in ("data", "test"))
    twins = test.merge(train.drop_duplicates(), how="inner")
    roles = auditor.Roles(label="classification", sensitive="sex")
    audit = auditor.check(train, test=test, roles=roles, positive=">50K", select=["BIA206"])
    women, men = ((twins.sex == s).sum() / (test.sex == s).sum() for s in ("Female", "Male"))
    assert len(twins) == 23
    assert audit.outcomes[0].measured[0].effect.value == pytest.approx(women - men, abs=1e-12)


def test_missing_and_empty_values_by_group_by_hand() -> None:
    frame = pd.DataFrame({"g": ["a"] * 180 + ["b"] * 120, "x": [1.5] * 162 + [None] * 78 + [2.0] * 60})
    frame["text"] = (["two words here"] * 270) + ["", "one"] * 15
    audit = auditor.check(frame, roles=auditor.Roles(text="text", sensitive="g"), select=["BIA207"])
    found = {f.where.columns[0]: f.effect.value for f in audit.findings}
    assert found == {"x": pytest.approx(60 / 120 - 18 / 180), "text": pytest.approx(30 / 120)}


def test_shuffled_groups_raise_no_alarm() -> None:
    alarms = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        columns = {f"x{j}": np.where(rng.random(900) < 0.1, np.nan, rng.normal(size=900)) for j in range(8)}
        frame = pd.DataFrame({**columns, "g": rng.choice(["a", "b", "c"], 900, p=[0.6, 0.3, 0.1])})
        test = pd.concat([frame.iloc[:60], frame.iloc[60:600].assign(x0=lambda f: f.x0 + 1)])
        audit = auditor.check(frame, test=test, roles=auditor.Roles(sensitive="g"), select=["BIA206", "BIA207"])
        alarms += bool(audit.findings)
    assert alarms <= 2  # at a rate of one in 20 more come in one of 13 such tests; the seeds are fixed


def test_a_split_without_the_reference_is_not_passed_in_silence() -> None:
    train = pd.DataFrame({"g": ["a"] * 400 + ["b"] * 200, "x": [float(i % 97) for i in range(600)]})
    test = pd.DataFrame({"g": ["b"] * 150 + ["c"] * 150, "x": [float(i % 89) for i in range(300)]})
    audit = auditor.check(train, test=test, roles=auditor.Roles(sensitive="g"), select=["BIA206", "BIA207"])
    for outcome in audit.outcomes:
        assert outcome.status == "inconclusive" and "reference 'a'" in outcome.reason
