"""BIA304, BIA305, BIA306 and BIA309 on worked tables, and numbers beside their hand counts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import ttest_ind

import auditor
from auditor.checks.bias.error_rate_gap import predicted
from auditor.rows import Roles

ROLES = Roles(label="y", prediction="said", sensitive="sex")
TENFOLD = predicted(a=(650, 50, 100, 200), d=(200, 70, 50, 180))
CODES = ("BIA304", "BIA305", "BIA306", "BIA309")


def comparison(audit: auditor.Audit, **wanted: Any) -> dict[str, Any]:
    found = [c for c in (audit.bias or {})["comparisons"] if all(c.get(k) == v for k, v in wanted.items())]
    assert len(found) == 1
    return dict(found[0])


@pytest.fixture(scope="module")
def worked() -> auditor.Audit:
    return auditor.check(TENFOLD, roles=ROLES, select=CODES)


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("acceptance_rate_difference", 0.066667),
        ("rejection_rate_difference", -0.08),
        ("accuracy_difference", 0.09),
        ("conditional_acceptance_difference", -0.146667),
        ("conditional_rejection_difference", -0.28),
        ("treatment_equality", 0.9),
        ("generalized_entropy", 0.086313),
    ],
)
def test_the_worked_table_gives_its_values(worked: auditor.Audit, metric: str, value: float) -> None:
    found = comparison(worked, metric=metric)
    assert found["value"] == pytest.approx(value, abs=1e-6)
    assert found["low"] < value < found["high"]


def test_findings_agree_with_the_verdicts(worked: auditor.Audit) -> None:
    fails = {c["metric"] for c in (worked.bias or {})["comparisons"] if c["verdict"] == "fail"}
    assert fails <= {f.effect.name for f in worked.findings}
    assert len({f.fingerprint for f in worked.findings}) == len(worked.findings)


def test_a_quotient_without_its_denominator_has_a_reason_and_no_number() -> None:
    audit = auditor.check(predicted(a=(90, 10, 0, 100), d=(60, 20, 10, 70)), roles=ROLES, select=("BIA306",))
    found = comparison(audit, metric="treatment_equality")
    assert (found["value"], found["status"]) == (None, "undefined")
    assert "no false positives in the reference" in found["reason"]


def test_numbers_give_welchs_interval_and_the_ratio_of_errors() -> None:
    rng = np.random.default_rng(8)
    sex = np.array(["m"] * 400 + ["f"] * 250)
    y = rng.normal(50, 10, 650)
    said = y + rng.normal(np.where(sex == "f", 1.5, 0.0), np.where(sex == "f", 4.0, 2.0))
    audit = auditor.check({"sex": sex, "y": y, "said": said}, roles=ROLES, task="regression", select=("BIA305",))
    gone = said - y
    ours = comparison(audit, metric="residual_difference")
    wanted = ttest_ind(gone[sex == "f"], gone[sex == "m"], equal_var=False).confidence_interval()
    assert ours["value"] == pytest.approx(gone[sex == "f"].mean() - gone[sex == "m"].mean())
    assert (ours["low"], ours["high"]) == pytest.approx((wanted.low, wanted.high), abs=0.01)  # normal against t of 320
    ratio = comparison(audit, metric="mean_absolute_error_ratio")
    assert ratio["value"] == pytest.approx(np.abs(gone[sex == "f"]).mean() / np.abs(gone[sex == "m"]).mean())
    assert ratio["verdict"] == "fail"
    assert [f.level for f in audit.findings] == ["warning"]


def test_perfect_numbers_have_no_ratio_and_no_finding() -> None:
    data = {"sex": ["m", "f"] * 150, "y": [i + 0.5 for i in range(300)], "said": [i + 0.5 for i in range(300)]}
    audit = auditor.check(data, roles=ROLES, task="regression", select=("BIA305",))
    found = comparison(audit, metric="mean_absolute_error_ratio")
    assert (found["value"], found["status"]) == (None, "undefined")
    assert audit.outcomes[0].status == "inconclusive"
