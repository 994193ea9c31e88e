"""BIA312 on planted slices of classes and numbers, and on errors that belong to no slice."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import auditor
from auditor.rows import Roles

ROLES = Roles(label="y", prediction="said", sensitive="sex")


def table(seed: int, bad: float, n: int = 5_000) -> dict[str, list[Any]]:
    rng = np.random.default_rng(seed)
    sex, city = rng.choice(["f", "m"], n), rng.choice(["x", "y", "z"], n)
    age = rng.integers(18, 80, n)
    weak = (sex == "f") & (age >= 68)
    y = rng.integers(0, 2, n)
    slip = rng.random(n) < np.where(weak, bad, 0.1)
    said = np.where(slip, 1 - y, y)
    return {"sex": sex.tolist(), "city": city.tolist(), "age": age.tolist(), "y": y.tolist(), "said": said.tolist()}


def audited(data: Any, roles: Roles = ROLES, **more: Any) -> auditor.Audit:
    return auditor.check(data, roles=roles, select=("BIA312",), **more)


@pytest.mark.parametrize("seed", (500, 501, 502))
def test_the_planted_slice_is_found_with_its_conditions_and_rows(seed: int) -> None:
    data = table(seed, 0.5)
    audit = audited(data)
    (finding,) = audit.findings
    assert "sex=f" in finding.where.group
    assert "age=[" in finding.where.group
    (one,) = [s for s in (audit.bias or {})["slices"] if s["value"] > 0]
    assert one["low"] < 0.4 < one["high"]
    assert one["p_adjusted"] < 0.05
    rows = finding.all_rows
    assert rows is not None
    assert len(rows) == finding.affected
    assert all(data["y"][i] != data["said"][i] and data["sex"][i] == "f" for i in rows.row.tolist())


def test_even_errors_are_clean() -> None:
    audits = [audited(table(seed, 0.1)) for seed in range(600, 605)]
    assert [a.outcomes[0].status for a in audits] == ["clean"] * 5


def test_a_slice_of_large_errors_of_numbers_is_found() -> None:
    rng = np.random.default_rng(1)
    kind = rng.choice(["a", "b", "c", "d"], 3_000)
    y = rng.normal(0, 10, 3_000)
    said = y + rng.normal(0, np.where(kind == "c", 3.0, 1.0))
    (finding,) = audited({"kind": kind, "y": y, "said": said}, Roles(label="y", prediction="said")).findings
    assert finding.where.group == "kind=c"
    assert finding.effect.name == "absolute_error_gap"


def test_numbers_spelled_otherwise_are_the_same_class() -> None:
    data = table(1, 0.1)
    audit = audited({**data, "said": [float(x) for x in data["said"]]})
    assert audit.outcomes[0].status == "clean"


def test_a_model_that_is_hardly_ever_wrong_cannot_be_told() -> None:
    data = table(2, 0.1, 400)
    audit = audited({**data, "said": data["y"]})
    assert audit.outcomes[0].status == "inconclusive"
    assert "0 of 400" in audit.outcomes[0].reason


def test_declared_cuts_name_the_bins() -> None:
    audit = audited(table(503, 0.6), options={"cuts": {"age": [68]}})
    assert "age=[68, inf)" in audit.findings[0].where.group
