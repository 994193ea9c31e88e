"""auditor gate and report: a saved audit judged and written again, without the data."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest


def test_the_gate_of_an_unchanged_policy_says_what_check_said(auditor: Any, saved: Any) -> None:
    for name, code in (("even", 0), ("rare", 0), ("skewed", 1)):
        assert auditor("gate", saved(name)).code == code


def test_the_policy_of_the_audit_holds_where_no_other_is_given(auditor: Any, saved: Any) -> None:
    path = saved("rare", "--fail-on", "warning")
    assert auditor("gate", path).code == 1
    assert auditor("gate", path, "--policy", "default").code == 0
    assert auditor("gate", path, "--fail-on", "never").code == 0


def test_tightened_and_loosened_limits_say_what_a_new_audit_says(auditor: Any, saved: Any, folder: Path) -> None:
    paths = {name: saved(name, to=f"{name}.json") for name in ("even", "rare", "skewed")}
    for rule in ('error_if = "ratio > 20"', 'error_if = "ratio > 200"', 'error_if = "never"', "warn_above = 0.5"):
        (folder / "auditor.toml").write_text(f"[rules.IMB101]\n{rule}\n")
        for name, path in paths.items():
            again = auditor("check", f"{name}.csv", "--select", "IMB101", "-q", "-o", "json=again.json")
            gated = auditor("gate", path, "-q", "-o", "json=gated.json")
            assert gated.code == again.code, (rule, name)
            one, other = (json.loads((folder / f).read_text()) for f in ("again.json", "gated.json"))
            assert one["verdict"] == other["verdict"]
            assert [(f["fingerprint"], f["level"], f["limit"]) for f in one["findings"]] == [
                (f["fingerprint"], f["level"], f["limit"]) for f in other["findings"]
            ]
            assert [o["status"] for o in one["outcomes"]] == [o["status"] for o in other["outcomes"]]


def test_the_data_is_not_needed(auditor: Any, saved: Any, folder: Path) -> None:
    path = saved("skewed")
    (folder / "skewed.csv").unlink()
    assert auditor("gate", path).code == 1


def test_data_proves_that_the_file_is_the_one_audited(auditor: Any, saved: Any, folder: Path) -> None:
    path = saved("even")
    assert auditor("gate", path, "--data", "even.csv").code == 0
    assert auditor("gate", path, "--data", "rare.csv").code == 2
    with (folder / "even.csv").open("a") as file:
        file.write("one more line,a\n")
    ended = auditor("gate", path, "--data", "even.csv")
    assert ended.code == 2
    assert "is none of the files audited" in ended.err


def test_a_change_that_needs_the_data_is_refused(auditor: Any, folder: Path) -> None:
    auditor("check", "even.csv", "--select", "IMB102", "-q", "-o", "json=a.json")
    (folder / "auditor.toml").write_text("[rules.IMB102]\nlow = 1\n")
    ended = auditor("gate", "a.json")
    assert ended.code == 2


@pytest.mark.parametrize("content", ["", "{", "[]", '{"schema": "x"}', '{"schema": "tune-auditor/audit/1"}'])
def test_what_is_no_audit_is_refused(auditor: Any, folder: Path, content: str) -> None:
    (folder / "bad.json").write_text(content)
    for command in ("gate", "report"):
        ended = auditor(command, "bad.json")
        assert (ended.code, ended.err.count("\n")) == (2, 1)


def test_report_writes_what_check_wrote(auditor: Any, saved: Any, folder: Path) -> None:
    path = saved("skewed", "-o", "html=first.html")
    assert auditor("report", path, "-o", "json=again.json", "-o", "html=again.html").code == 0
    assert (folder / "again.json").read_bytes() == path.read_bytes()
    assert (folder / "again.html").read_bytes() == (folder / "first.html").read_bytes()


def test_report_may_not_overwrite_its_audit(auditor: Any, saved: Any) -> None:
    path = saved("even")
    assert auditor("report", path, "-o", f"html={path}").code == 2


def test_rows_written_from_a_saved_audit_are_said_to_be_few(auditor: Any, folder: Path) -> None:
    auditor("check", "skewed.csv", "--select", "DUP101,IMB101", "-o", "json=a.json", "--exit-zero")
    assert "at most ten rows a finding" in auditor("report", "a.json", "-o", "rows=r.parquet").err
    assert "at most ten rows a finding" not in auditor("report", "a.json", "-o", "html=r.html").err


def test_a_summary_printed_again_claims_no_exit_code(auditor: Any) -> None:
    auditor("check", "skewed.csv", "--select", "IMB101", "-o", "json=a.json")
    ended = auditor("report", "a.json")
    assert ended.code == 0 and "FAIL" in ended.out and "exit " not in ended.out
