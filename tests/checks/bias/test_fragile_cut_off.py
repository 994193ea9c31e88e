"""BIA107 on credit data whose verdict turns within a year of age, and on numbers without a gap."""

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


@real
def test_german_credit_turns_between_24_and_25() -> None:
    frame = pd.read_csv(DATA / "german_credit" / "german.data", sep="\t", header=None)
    frame.columns = pd.Index([f"c{i + 1}" for i in range(21)])
    audit = auditor.check(
        frame, roles=Roles(label="c21", sensitive="c13"), positive="1", select=("BIA107",), options={"cuts": {"c13": [24]}}
    )
    (found,) = audit.findings
    assert found.effect.value == pytest.approx(0.821248, abs=1e-6)
    assert "within four fifths (0.821), one at 25 outside (0.795; 41 rows between them)" in found.message


def test_even_rates_over_all_ages_are_no_finding() -> None:
    rng = np.random.default_rng(3)
    found = 0
    for _ in range(20):
        data = {"age": rng.integers(18, 80, 2_000).tolist(), "y": (rng.random(2_000) < 0.4).astype(int).tolist()}
        found += len(auditor.check(data, roles=Roles(label="y", sensitive="age"), select=("BIA107",)).findings)
    assert found <= 1


def test_a_category_is_not_cut() -> None:
    audit = auditor.check({"g": ["a", "b"] * 50, "y": [0, 1] * 50}, roles=Roles(label="y", sensitive="g"), select=("BIA107",))
    assert audit.outcomes[0].status == "skipped"
