"""Limits, waivers and baseline make a verdict."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from auditor import baseline, waivers
from auditor.model import Audit, Effect, Finding, Outcome, Where
from auditor.policy import decided, policy
from auditor.rows import InputError

TODAY = date(2026, 6, 1)


def finding(level: Any = "error", value: float | None = 0.5, **more: Any) -> Finding:
    given: dict[str, Any] = {
        "code": "BIA102",
        "name": "label-rate-gap",
        "level": level,
        "where": Where(split="train", columns=("sex",), group="f"),
        "message": "gap",
        "effect": Effect(name="label_rate_ratio", value=value, unit="ratio"),
        "limit": 0.8,
        "affected": 1,
        "examined": 2,
        "rows": (),
        "evidence": (),
        "fix": "",
        "fingerprint": "f1",
    }
    return Finding(**(given | more))


def audit(*findings: Finding, status: Any = "found", code: str = "BIA102") -> Audit:
    outcome = Outcome(code=code, name="x", status=status, reason="r")
    return Audit(data="adult", verdict="incomplete", reasons=(), findings=findings, outcomes=(outcome,))


@pytest.mark.parametrize(
    ("level", "name", "fail_on", "verdict"),
    [
        ("error", "default", None, "fail"),
        ("warning", "default", None, "pass"),
        ("warning", "default", "warning", "fail"),
        ("warning", "strict", None, "fail"),
        ("note", "strict", None, "pass"),
        ("error", "exploratory", None, "pass"),
        ("error", "default", "never", "pass"),
    ],
)
def test_levels_fail_as_the_policy_says(level: str, name: str, fail_on: str | None, verdict: str) -> None:
    assert decided(audit(finding(level)), policy(name, fail_on=fail_on)).verdict == verdict


@pytest.mark.parametrize(
    ("status", "name", "require", "named", "verdict"),
    [
        ("skipped", "default", (), (), "pass"),
        ("skipped", "default", ("BIA",), (), "incomplete"),
        ("skipped", "default", (), ("BIA102",), "incomplete"),
        ("skipped", "exploratory", (), ("BIA102",), "pass"),
        ("skipped", "exploratory", ("BIA102",), (), "incomplete"),
        ("error", "default", (), (), "incomplete"),
        ("error", "exploratory", (), (), "pass"),
        ("error", "exploratory", ("BIA102",), (), "incomplete"),
        ("inconclusive", "default", ("BIA102",), (), "pass"),
        ("inconclusive", "strict", ("BIA102",), (), "incomplete"),
        ("inconclusive", "strict", (), (), "pass"),
        ("clean", "strict", ("BIA102",), (), "pass"),
    ],
)
def test_what_could_not_run_is_incomplete_where_it_is_required(
    status: str, name: str, require: tuple[str, ...], named: tuple[str, ...], verdict: str
) -> None:
    assert decided(audit(status=status), policy(name, require=require, named=named)).verdict == verdict


def test_a_required_check_that_was_not_selected_is_incomplete() -> None:
    done = decided(audit(status="clean"), policy(require=("LEK101",)))
    assert (done.verdict, done.reasons) == ("incomplete", ("LEK101",))


def test_incomplete_wins_over_fail_and_names_both() -> None:
    done = decided(audit(finding(), status="error"), policy())
    assert (done.verdict, done.reasons) == ("incomplete", ("BIA102", "f1"))


def test_an_unknown_policy_is_refused() -> None:
    with pytest.raises(ValueError, match="want one of default, strict, exploratory"):
        policy("lax")


WAIVER = """
[[waiver]]
rule = "BIA102"
data = "adult"
where = {{ split = "train", columns = ["sex"] }}
owner = "maria@example.org"
reason = "historical labels"
expires = {expires}
accept = "{accept}"
"""


def gate(tmp_path: Path, accept: str = "ratio >= 0.30", expires: date = TODAY, text: str = "", **more: Any) -> Any:
    path = tmp_path / "auditor-waivers.toml"
    path.write_text(text or WAIVER.format(expires=expires, accept=accept))
    return policy(waivers=waivers.load(path, today=TODAY, **more), today=TODAY)


def codes(done: Audit) -> list[str]:
    return [f.code for f in done.findings]


def test_a_waiver_in_force_passes_with_waivers_and_the_finding_stays(tmp_path: Path) -> None:
    done = decided(audit(finding()), gate(tmp_path))
    assert done.verdict == "pass-with-waivers"
    assert done.findings[0].waived == {
        "owner": "maria@example.org",
        "reason": "historical labels",
        "expires": "2026-06-01",
        "accept": "ratio >= 0.3",
    }


def test_a_value_worse_than_accepted_fails_even_while_waived(tmp_path: Path) -> None:
    done = decided(audit(finding(value=0.29)), gate(tmp_path))
    assert (done.verdict, codes(done)) == ("fail", ["CFG104", "BIA102"])


def test_an_undefined_value_is_not_accepted(tmp_path: Path) -> None:
    assert decided(audit(finding(value=None)), gate(tmp_path)).verdict == "fail"


def test_a_waiver_that_ended_brings_the_finding_back(tmp_path: Path) -> None:
    done = decided(audit(finding()), gate(tmp_path, expires=TODAY - timedelta(days=1)))
    assert (done.verdict, codes(done)) == ("fail", ["CFG102", "BIA102"])
    assert done.findings[1].waived is None


def test_an_unused_waiver_warns(tmp_path: Path) -> None:
    done = decided(audit(status="clean"), gate(tmp_path))
    assert (done.verdict, codes(done), done.findings[0].level) == ("pass", ["CFG103"], "warning")


@pytest.mark.parametrize(
    "where", [Where(split="test", columns=("sex",)), Where(split="train", columns=("race",)), Where(columns=("sex",))]
)
def test_a_waiver_covers_its_own_place_alone(tmp_path: Path, where: Where) -> None:
    assert decided(audit(finding(where=where)), gate(tmp_path)).verdict == "fail"


def test_a_waiver_for_another_data_set_or_metric_covers_nothing(tmp_path: Path) -> None:
    assert decided(replace(audit(finding()), data="other"), gate(tmp_path)).verdict == "fail"
    assert decided(audit(finding()), gate(tmp_path, accept="difference < 1")).verdict == "fail"


@pytest.mark.parametrize("key", ["owner", "reason", "expires", "accept", "rule"])
def test_a_waiver_without_one_of_its_keys_is_refused(tmp_path: Path, key: str) -> None:
    whole = WAIVER.format(expires=TODAY, accept="ratio > 0.1")
    text = "\n".join(line for line in whole.splitlines() if not line.startswith(f"{key} "))
    with pytest.raises(InputError, match=f"CFG101.*{key}"):
        gate(tmp_path, text=text)


def test_a_waiver_that_lasts_too_long_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"CFG101.*max_waiver_days = 90"):
        gate(tmp_path, expires=TODAY + timedelta(days=91), max_days=90)
    gate(tmp_path, expires=TODAY + timedelta(days=90), max_days=90)


def known(*findings: Finding) -> baseline.Baseline:
    return baseline.of(audit(*findings))


def measured(value: float, low: float | None = None, high: float | None = None) -> Effect:
    return Effect(name="label_rate_ratio", value=value, low=low, high=high, unit="ratio")


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [
        (measured(0.5), measured(0.5), "same"),
        (measured(0.5), measured(0.4), "worse"),
        (measured(0.5), measured(0.6), "better"),
        (measured(0.5, 0.4, 0.6), measured(0.45, 0.35, 0.55), "moved"),
        (measured(0.5, 0.4, 0.6), measured(0.3, 0.2, 0.39), "worse"),
        (measured(0.5, 0.4, 0.6), measured(0.7, 0.61, 0.8), "better"),
    ],
)
def test_worse_and_better_go_by_the_intervals(before: Effect, after: Effect, change: str) -> None:
    assert known(finding(effect=before)).change(finding(effect=after)) == change


def test_more_beyond_an_upper_limit_is_worse() -> None:
    assert known(finding(value=3.0, limit=1.0)).change(finding(value=4.0, limit=1.0)) == "worse"


def test_a_level_that_rises_is_worse_whatever_the_value() -> None:
    assert known(finding("warning")).change(finding("error")) == "worse"


def test_only_new_or_worse_findings_gate() -> None:
    by = policy(baseline=known(finding()))
    assert decided(audit(finding()), by).verdict == "pass-with-waivers"
    assert decided(audit(finding(value=0.6)), by).verdict == "pass-with-waivers"
    assert decided(audit(finding(value=0.4)), by).verdict == "fail"
    assert decided(audit(finding(), finding(fingerprint="f2")), by).reasons == ("f2",)


def test_a_baseline_reads_back_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "b.json"
    path.write_text(baseline.dumps(known(finding())))
    assert baseline.load(path) == known(finding())


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema": "other", "data": "x", "findings": []}'])
def test_what_is_no_baseline_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "b.json").write_text(text)
    with pytest.raises(InputError, match=r"b\.json"):
        baseline.load(tmp_path / "b.json")
