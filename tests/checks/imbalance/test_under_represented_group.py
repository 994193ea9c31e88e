"""Representation against a declared population."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

import auditor
from auditor.cli import main
from auditor.rows import InputError

ROLES = auditor.Roles(sensitive="sex")


def people(women: int, men: int) -> pd.DataFrame:
    return pd.DataFrame({"sex": ["f"] * women + ["m"] * men})


def test_the_ratio_and_its_limits_are_those_of_another_library() -> None:
    options = {"population": {"sex": {"f": 0.5, "m": 0.5}}}
    audit = auditor.check(people(150, 350), roles=ROLES, select=["IMB201"], options=options)
    (found,) = audit.findings
    low, high = binomtest(150, 500).proportion_ci(method="wilson")
    assert (found.effect.value, found.effect.low, found.effect.high) == pytest.approx((0.6, low / 0.5, high / 0.5), abs=1e-9)


def test_a_declared_group_that_is_absent_is_found_and_an_undeclared_one_is_counted() -> None:
    options = {"population": {"sex": {"f": 0.5, "x": 0.5}}}
    audit = auditor.check(people(200, 50), roles=ROLES, select=["IMB201"], options=options)
    (found,) = audit.findings
    assert (
        found.where.group == "x" and found.effect.value == 0.0 and "50 rows are of groups that were not declared" in found.message
    )


def test_samples_of_the_population_raise_no_alarm() -> None:
    shares = {"a": 0.6, "b": 0.25, "c": 0.1, "d": 0.05}
    alarms = 0
    for seed in range(60):
        drawn = np.random.default_rng(seed).choice(list(shares), 600, p=list(shares.values()))
        options = {"population": {"sex": shares}}
        alarms += bool(auditor.check(pd.DataFrame({"sex": drawn}), roles=ROLES, select=["IMB201"], options=options).findings)
    assert alarms == 0


@pytest.mark.parametrize(
    ("population", "message"),
    [
        ({"sex": {"f": 0.5, "m": 0.2}}, "sum to 0.7"),
        ({"sxe": {"f": 1.0}}, "did you mean 'sex'"),
        ({"sex": {"f": "much"}}, "wants a share"),
    ],
)
def test_what_is_no_population_is_refused(population: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        auditor.check(people(50, 50), roles=ROLES, select=["IMB201"], options={"population": population})


def test_the_config_declares_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    people(100, 400).to_csv(tmp_path / "p.csv", index=False)
    toml = (
        'version = 1\n[data.p]\ntrain = "p.csv"\npopulation = {sex = {f = 0.5, m = 0.5}}\n[data.p.roles]\nsensitive = ["sex"]\n'
    )
    (tmp_path / "auditor.toml").write_text(toml)
    monkeypatch.chdir(tmp_path)
    main(["check", "--select", "IMB201"])
    assert "20.0% where 50.0% were declared" in " ".join(capsys.readouterr().out.split())
