"""The checks of shift and of splits on data with known answers."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import auditor
from auditor.rows import Roles

DATA = Path(os.environ.get("AUDITOR_DATA", Path(__file__).parents[3] / ".." / "shared" / "data")).resolve()
real = pytest.mark.skipif(not DATA.is_dir(), reason=f"real data is not at {DATA}")


def status(audit: auditor.Audit) -> dict[str, str]:
    return {o.code: o.status for o in audit.outcomes if o.status != "skipped"}


def adult(name: str) -> pd.DataFrame:
    return pd.read_csv(DATA / "adult" / name, skipinitialspace=True)


@real
def test_banking77_has_drifted_labels_and_no_rare_class() -> None:
    train, test = (pd.read_csv(DATA / "banking77" / f"{n}.csv") for n in ("train", "test"))
    roles = Roles(label="category", text="text")
    audit = auditor.check(train, test=test, roles=roles, select=("SHF202", "SHF102", "IMB", "NOI103", "LEK106"))
    (found,) = audit.findings
    assert (found.code, found.level) == ("SHF202", "warning")
    assert found.effect.value == pytest.approx(0.101, abs=5e-4)
    (ratio,) = [m.effect.value for o in audit.outcomes if o.code == "IMB101" for m in o.measured if m.where.split == "train"]
    assert ratio == pytest.approx(187 / 35)


@real
def test_adult_has_no_drift_no_new_category_and_no_label_in_its_input() -> None:
    roles = Roles(label="classification", sensitive="race")
    codes = ("SHF101", "SHF102", "SHF201", "SHF202", "IMB101", "IMB102", "IMB103", "IMB105", "NOI103", "LEK106")
    audit = auditor.check(adult("adult.data"), test=adult("adult.test"), roles=roles, select=codes)
    assert set(status(audit).values()) == {"clean"}
    (drift,) = [m.effect.value for o in audit.outcomes if o.code == "SHF202" for m in o.measured]
    assert drift == pytest.approx(7841 / 32561 - 3846 / 16281, abs=1e-9)


@real
def test_the_dots_of_adults_test_labels_are_told_three_ways() -> None:
    test = adult("adult.test")
    test["classification"] += "."
    audit = auditor.check(
        adult("adult.data"), test=test, roles=Roles(label="classification"), select=("SHF102", "IMB103", "NOI103")
    )
    assert status(audit) == {"SHF102": "found", "IMB103": "found", "NOI103": "found"}
    (variants,) = [f for f in audit.findings if f.code == "NOI103"]
    assert variants.effect.value == 2


@real
def test_adults_missing_work_and_banks_unknown_contact_tell_the_label() -> None:
    roles = Roles(label="classification")
    audit = auditor.check(adult("adult.data"), roles=roles, positive=">50K", select=("LEK203",))
    (work,) = [f for f in audit.findings if f.where.columns == ("workclass",)]
    assert "0.104 of the 1,836" in work.message
    assert "0.249 of the 30,725" in work.message
    bank = pd.read_csv(DATA / "bank_marketing" / "bank-full.csv")
    audit = auditor.check(bank, roles=Roles(label="y"), select=("LEK203",))
    (contact,) = [f for f in audit.findings if f.where.columns == ("contact",)]
    assert "0.039 of the 11,410" in contact.message
    assert "0.148 of the 28,594" in contact.message


@pytest.mark.parametrize("name", ["iris", "wine"])
def test_rows_sorted_by_class_are_found_and_shuffled_ones_are_not(name: str) -> None:
    from sklearn import datasets

    frame = getattr(datasets, f"load_{name}")(as_frame=True).frame
    for rows, wanted in ((frame, "found"), (frame.sample(frac=1, random_state=3), "clean")):
        assert status(auditor.check(rows, roles=Roles(label="target"), select=("SHF207",))) == {"SHF207": wanted}


def test_a_tenth_of_a_standard_deviation_is_a_note_and_blocks_nothing() -> None:
    rng = np.random.default_rng(11)
    train = {"x": rng.normal(size=50_000), "z": rng.normal(size=50_000)}
    test = {"x": rng.normal(0.1, 1, 50_000), "z": rng.normal(size=50_000)}
    audit = auditor.check(train, test=test, select=("SHF201",))
    (found,) = audit.findings
    assert (found.level, found.where.columns) == ("note", ("x",))
    assert found.effect.value == pytest.approx(0.04, abs=0.01)
    assert audit.verdict == "pass"


def test_one_in_five_points_more_of_a_category_is_found() -> None:
    rng = np.random.default_rng(12)
    train = {"c": rng.choice(["a", "b", "c"], 5_000, p=[0.5, 0.3, 0.2])}
    test = {"c": rng.choice(["a", "b", "c"], 2_000, p=[0.3, 0.3, 0.4])}
    (found,) = auditor.check(train, test=test, select=("SHF201",)).findings
    assert found.effect.value == pytest.approx(0.2, abs=0.03)


def test_reference_sets_need_no_class_and_no_share() -> None:
    data = {"label": ["a", "b"] * 40}
    audit = auditor.check(data, references={"bench": {"label": ["z"] * 40}}, roles=Roles(label="label"), select=("IMB103", "SHF"))
    assert audit.findings == ()
