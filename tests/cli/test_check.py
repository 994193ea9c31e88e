"""auditor check: exit codes, outputs, flags."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from auditor.cli import asked, check

ONE = ("--select", "IMB101")


def test_a_pass_ends_with_0(auditor: Any) -> None:
    assert auditor("check", "even.csv", *ONE).code == 0


def test_a_warning_passes_and_fails_under_fail_on_warning(auditor: Any) -> None:
    assert auditor("check", "rare.csv", *ONE).code == 0
    assert auditor("check", "rare.csv", *ONE, "--fail-on", "warning").code == 1
    assert auditor("check", "rare.csv", *ONE, "--policy", "strict").code == 1


def test_an_error_fails_unless_the_policy_explores(auditor: Any) -> None:
    assert auditor("check", "skewed.csv", *ONE).code == 1
    assert auditor("check", "skewed.csv", *ONE, "--policy", "exploratory").code == 0
    assert auditor("check", "skewed.csv", *ONE, "--fail-on", "never").code == 0


def test_a_pass_without_a_gate_tells_the_errors_and_gives_no_go_ahead(auditor: Any) -> None:
    said = auditor("check", "skewed.csv", *ONE, "--fail-on", "never").out
    assert "read 1 error before you go on" in said and "may be fine-tuned on" not in said


@pytest.mark.parametrize("seed", ["-1", "4294967296"])
def test_a_seed_that_no_model_takes_is_refused_before_anything_is_read(auditor: Any, seed: str) -> None:
    ended = auditor("check", "even.csv", *ONE, "--seed", seed)
    assert ended.code == 2 and "--seed" in ended.err and "4294967295" in ended.err


def test_exit_zero_hides_1_and_never_2(auditor: Any) -> None:
    assert auditor("check", "skewed.csv", *ONE, "--exit-zero").code == 0
    assert auditor("check", "skewed.csv", "--select", "BIA102", "--exit-zero").code == 2
    assert auditor("check", "absent.csv", *ONE, "--exit-zero").code == 2


def test_a_check_named_in_full_that_cannot_run_makes_it_incomplete(auditor: Any) -> None:
    assert auditor("check", "even.csv", "--select", "BIA102").code == 2
    assert auditor("check", "even.csv", "--select", "BIA").code == 0


def test_incomplete_wins_over_fail_and_the_failures_are_kept(auditor: Any, folder: Path) -> None:
    assert auditor("check", "skewed.csv", "--select", "IMB101,BIA102", "-o", "json=a.json").code == 2
    audit = json.loads((folder / "a.json").read_text())
    assert audit["verdict"] == "incomplete"
    assert [f["code"] for f in audit["findings"]] == ["IMB101"]
    assert audit["reasons"] == ["BIA102", audit["findings"][0]["fingerprint"]]


@pytest.mark.parametrize("words", [("even.csv",), ("--train", "even.csv"), ("check", "--train", "even.csv")])
def test_paths_alone_mean_check(auditor: Any, words: tuple[str, ...]) -> None:
    assert auditor(*words, *ONE).code == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("check", "even.csv", "--labl", "label"), "did you mean --label?"),
        (("check", "even.csv", "--label"), "requires an argument"),
        (("check", "even.csv", "rare.csv"), "rare.csv"),
        (("check", "even.csv", "--train", "rare.csv"), "give it once"),
        (("check",), "got no data"),
        (("check", "even.csv", "--label", "labl"), "did you mean 'label'?"),
        (("check", "even.csv", "--select", "IMB1O1"), "did you mean IMB101?"),
        (("check", "even.csv", "--task", "clasification"), "did you mean classification?"),
        (("check", "even.csv", "--fail-on", "warn"), "did you mean warning?"),
        (("check", "even.csv", "--policy", "strikt"), "did you mean strict?"),
        (("check", "even.csv", "--evidence", "all"), "want one of none, masked, full"),
        (("check", "even.csv", "--engine", "spark"), "want one of local, dask"),
        (("check", "even.csv", "--scheduler", "tcp://x"), "want --engine dask"),
        (("check", "even.csv", "--workers", "0"), "want at least 1"),
        (("check", "even.csv", "--workers", "two"), "--workers"),
        (("check", "even.csv", "--sample", "some"), "want a number of rows"),
        (("check", "even.csv", "--reference", "x.csv"), "want NAME=PATH"),
        (("check", "even.csv", "--reference", "test=even.csv"), "is taken"),
        (("check", "even.csv", "--format", "xls"), "want one of csv"),
        (("check", "absent.csv"), "does not exist"),
        (("check", "even.csv", "--test", "absent.csv"), "test: the file 'absent.csv' does not exist"),
        (("check", "even.csv", "--baseline", "absent.json"), "auditor baseline create"),
        (("check", "even.csv", "--waivers", "absent.toml"), "CFG101"),
        (("check", "even.csv", "--config", "absent.toml"), "cannot be read"),
        (("check", "even.csv", "--isolated", "--config", "x.toml"), "want one of them"),
        (("check", "even.csv", "-o", "html"), "want FORMAT=PATH"),
        (("check", "even.csv", "-o", "htm=a"), "did you mean html?"),
        (("check", "even.csv", "-o", "html=a", "-o", "json=./a"), "two -o"),
        (("check", "even.csv", "-o", "html=-", "-o", "json=-"), "asked for twice"),
        (("check", "even.csv", "-o", "json=even.csv"), "is the data to be audited"),
        (("check", "even.csv", "-o", "json=none/a.json"), "does not exist"),
        (("check", "even.csv", "-o", "json=."), "is a folder"),
    ],
)
def test_a_mistake_is_one_line_and_2(auditor: Any, folder: Path, words: tuple[str, ...], said: str) -> None:
    before = sorted(p.name for p in folder.iterdir())
    ended = auditor(*words)
    assert ended.code == 2
    assert said in ended.err
    assert ended.err.startswith("auditor: ")
    assert ended.err.count("\n") == 1
    assert ended.out == ""
    assert sorted(p.name for p in folder.iterdir()) == before


def test_a_mistake_in_an_output_is_told_before_any_data_is_read(auditor: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("data was read")

    monkeypatch.setattr("auditor.audit.open_source", refuse)
    assert "want FORMAT=PATH" in auditor("check", "even.csv", "-o", "html").err


def test_a_flag_that_no_check_reads_is_refused(auditor: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auditor.find.everything", lambda: type("Found", (), {"checks": {}, "broken": {}})())
    ended = auditor("check", "even.csv", "--model", "even.csv")
    assert ended.code == 2
    assert "no check of this version reads it" in ended.err


def test_standard_output_holds_the_format_and_standard_error_the_summary(auditor: Any) -> None:
    ended = auditor("check", "skewed.csv", *ONE, "-o", "json=-")
    assert json.loads(ended.out)["verdict"] == "fail"
    assert "IMB101" in ended.err


def test_quiet_says_nothing(auditor: Any, folder: Path) -> None:
    assert auditor("check", "skewed.csv", *ONE, "-q", "-o", "json=a.json") == (1, "", "")
    assert (folder / "a.json").exists()


def test_the_audit_tells_its_command_and_config(auditor: Any, folder: Path) -> None:
    (folder / "auditor.toml").write_text('[rules.IMB101]\nerror_if = "ratio > 20"\n')
    assert auditor("check", "rare.csv", *ONE, "-q", "-o", "json=a.json").code == 1
    provenance = json.loads((folder / "a.json").read_text())["provenance"]
    assert provenance["config"]["rules"] == {"IMB101": {"error_if": "ratio > 20"}}
    assert provenance["command"][0] == "auditor"


def test_a_writer_that_fails_leaves_no_file(auditor: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(audit: object) -> bytes:
        raise RuntimeError("no ink")

    monkeypatch.setitem(__import__("auditor.reports", fromlist=["WRITERS"]).WRITERS, "sarif", broken)
    ended = auditor("check", "even.csv", *ONE, "-o", "json=a.json", "-o", "sarif=a.sarif")
    assert ended.code == 2
    assert "internal error, RuntimeError: no ink" in ended.err
    assert "Traceback" not in ended.err
    assert not list(folder.glob("a.*"))
    assert not list(folder.glob(".a*"))


def test_an_output_keeps_the_rights_of_the_file_it_replaces(auditor: Any, folder: Path) -> None:
    (folder / "a.json").write_text("old")
    (folder / "a.json").chmod(0o640)
    auditor("check", "even.csv", *ONE, "-o", "json=a.json")
    assert (folder / "a.json").stat().st_mode & 0o777 == 0o640
    assert json.loads((folder / "a.json").read_text())["verdict"] == "pass"


def test_a_renamed_file_brings_no_new_fingerprint(auditor: Any, folder: Path) -> None:
    auditor("check", "skewed.csv", *ONE, "-o", "json=a.json")
    (folder / "skewed.csv").rename(folder / "other.csv")
    auditor("check", "other.csv", *ONE, "-o", "json=b.json")
    one, other = (json.loads((folder / name).read_text())["findings"][0]["fingerprint"] for name in ("a.json", "b.json"))
    assert one == other


def test_file_names_and_data_cannot_steer_the_terminal(auditor: Any, folder: Path) -> None:
    name = 'it\'s "x" \x1b[31m\u202e.csv'
    (folder / name).write_text("label\n" + "\x1b[2Ja\n" * 6000 + "b\x07\n" * 40)
    for words in (("check", name, *ONE), ("check", name, "--labl", name), ("check", f"\x1b[31m{name}"), (f"\x1b[31m{name}/",)):
        ended = auditor(*words)
        said = ended.out + ended.err
        assert said
        assert not any(c in said for c in "\x1b\x07\u202e")


def test_roles_of_one_name_may_be_given_again_and_again(folder: Path) -> None:
    given = {
        "train": "even.csv",
        "text": ["a", "b"],
        "sensitive": ["c"],
        "annotators": ["d", "e"],
        "select": ["LEK, DUP101", "IMB"],
        "isolated": True,
    }
    request = asked.asked(given).request
    assert request.roles.text == ("a", "b")
    assert request.roles.sensitive == ("c",)
    assert request.roles.annotators == ("d", "e")
    assert request.select == ("LEK", "DUP101", "IMB")


def test_every_role_has_a_flag() -> None:
    import inspect
    from dataclasses import fields

    from auditor.rows import Roles

    assert {f.name for f in fields(Roles)} <= set(inspect.signature(check.check).parameters)


def test_a_stopped_run_is_2_and_one_line(auditor: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(request: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("auditor.audit.run", stop)
    ended = auditor("check", "even.csv")
    assert (ended.code, ended.err.count("\n")) == (2, 1)


def test_an_internal_error_is_2_and_says_where_to_report(auditor: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def fall(request: object) -> None:
        raise ZeroDivisionError("by us")

    monkeypatch.setattr("auditor.audit.run", fall)
    ended = auditor("check", "even.csv")
    assert ended.code == 2
    assert ended.err.count("\n") == 1
    assert "AUDITOR_DEBUG=1" in ended.err
    monkeypatch.setitem(os.environ, "AUDITOR_DEBUG", "1")
    assert "Traceback" in auditor("check", "even.csv").err


def test_a_positive_value_that_no_row_has_is_refused_in_one_line(auditor: Any, folder: Path) -> None:
    words = ("check", "even.csv", "--sensitive", "text", "--select", "BIA102", "--positive", "yes", "-o", "json=a.json")
    ended = auditor(*words)
    assert ended.code == 2 and ended.err.count("\n") == 1
    assert "got --positive 'yes', want one of the labels 'a', 'b'" in ended.err
    assert not (folder / "a.json").exists()


def test_a_positive_value_that_nothing_reads_is_told(auditor: Any, folder: Path) -> None:
    auditor("check", "even.csv", *ONE, "--positive", "a", "-o", "json=a.json")
    assert "--positive 'a' was not used: no column is sensitive" in json.loads((folder / "a.json").read_text())["assumed"]
