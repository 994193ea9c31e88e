"""auditor rules, explain, doctor, config, init, demo."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from auditor import find
from auditor.cli import catalogue


def test_rules_lists_every_check(auditor: Any) -> None:
    said = auditor("rules").out
    assert all(code in said for code in find.everything().checks)


def test_rules_as_json_say_limits_and_needs(auditor: Any) -> None:
    listed = {entry["code"]: entry for entry in json.loads(auditor("rules", "--json").out)}
    assert set(listed) == set(find.everything().checks)
    assert listed["IMB101"]["parameters"]["error_above"] == 100.0
    assert listed["IMB101"]["needs"] == ["label", "classes"]


@pytest.mark.parametrize("code", sorted(find.everything().checks))
def test_explain_prints_the_whole_page(code: str) -> None:
    page = catalogue.page(code)
    assert page.startswith(f"{code} ")
    for title in ("Why", "Measured", "Limits", "Fix", "Known limits", "Source"):
        _, _, rest = page.partition(f"\n{title}\n")
        assert rest.split("\n")[0].strip(), title
    assert max(map(len, page.splitlines())) <= 100 or "http" in page


def test_explain_takes_a_name_or_small_letters(auditor: Any) -> None:
    assert auditor("explain", "rare-class").out == auditor("explain", "imb101").out
    assert auditor("explain", "CFG103").code == 0


def test_explain_of_nothing_known_names_the_nearest(auditor: Any) -> None:
    ended = auditor("explain", "IMB1O1")
    assert (ended.code, "did you mean IMB101?" in ended.err) == (2, True)


def test_doctor_says_versions_extras_cores_and_memory(auditor: Any) -> None:
    ended = auditor("doctor")
    assert ended.code == 0
    for word in ("python", "cores", "memory", "cache", "pyarrow", "lightning"):
        assert word in ended.out


def test_doctor_is_2_where_a_check_is_broken(auditor: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    found = find.everything()
    monkeypatch.setattr(find, "everything", lambda: find.Found(found.checks, {"guest.check": "ImportError: x"}))
    ended = auditor("doctor")
    assert (ended.code, "guest.check" in ended.out) == (2, True)


@pytest.mark.parametrize("what", ["config", "audit"])
def test_config_schema_is_a_schema(auditor: Any, what: str) -> None:
    jsonschema.Draft202012Validator.check_schema(json.loads(auditor("config", "schema", what).out))


def test_a_written_audit_fits_the_printed_schema(auditor: Any, saved: Any) -> None:
    schema = json.loads(auditor("config", "schema", "audit").out)
    jsonschema.validate(json.loads(saved("skewed").read_text()), schema)


def test_config_show_prints_what_holds(auditor: Any, folder: Path) -> None:
    (folder / "auditor.toml").write_text('[rules.IMB101]\nerror_if = "ratio > 20"\n')
    said = json.loads(auditor("config", "show").out)
    assert said["limits"] == {"IMB101": {"error_above": 20.0}}
    assert said["gate"]["policy"] == "default"
    assert json.loads(auditor("config", "show", "--isolated").out)["file"] is None


def test_init_writes_a_file_that_check_takes(auditor: Any, folder: Path) -> None:
    assert auditor("init", "even.csv").code == 0
    read = tomllib.loads((folder / "auditor.toml").read_text())
    assert read["data"]["even"]["roles"] == {"text": ["text"], "label": "label"}
    assert auditor("check", "--select", "IMB101").code == 0
    assert (folder / "audit.html").exists()


def test_init_suggests_and_does_not_decide(auditor: Any, folder: Path) -> None:
    lines = ["sex,age,colour,outcome", *(f"{'fm'[i % 2]},{20 + i},{'rgb'[i % 3]},{'yn'[i % 2]}" for i in range(40))]
    (folder / "people.csv").write_text("\n".join(lines))
    ended = auditor("init", "people.csv")
    assert "groups of people may be in sex, age" in ended.out
    assert "the label may be one of outcome, colour" in ended.out
    text = (folder / "auditor.toml").read_text()
    assert '# sensitive = ["sex", "age"]' in text
    assert tomllib.loads(text)["data"]["people"]["roles"] == {}


def test_init_suggests_annotators_from_two_on(auditor: Any, folder: Path) -> None:
    lines = ["text,rater_1,rater_2,rating", *(f"so it goes,{i % 2},{i % 3},{i % 5}" for i in range(40))]
    (folder / "said.csv").write_text("\n".join(lines))
    assert "rater_1, rater_2 may be one annotator each" in auditor("init", "said.csv").out
    assert '# annotators = ["rater_1", "rater_2"]' in (folder / "auditor.toml").read_text()


def test_init_never_overwrites_unless_forced(auditor: Any, folder: Path) -> None:
    (folder / "auditor.toml").write_text("# mine\n")
    assert auditor("init", "even.csv").code == 2
    assert (folder / "auditor.toml").read_text() == "# mine\n"
    assert auditor("init", "even.csv", "--force").code == 0


def test_init_quotes_hostile_names(auditor: Any, folder: Path) -> None:
    name = 'a"b\n\x1b[31m\x7f'
    (folder / "odd.csv").write_text('"a""b\n\x1b[31m\x7f",gender\n' + "x,f\ny,m\n" * 10)
    assert auditor("init", "odd.csv", "--name", "x]\ny").code == 0
    assert list(tomllib.loads((folder / "auditor.toml").read_text())["data"]) == ["x-y"]
    assert name not in (folder / "auditor.toml").read_text()


def test_the_demo_ends_with_0_and_says_what_check_would_have_said(
    auditor: Any, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the bundled data, with the checks that need no model."""
    from auditor.cli import asked, check

    inner = asked.asked
    monkeypatch.setattr(check, "audit", check.audit)
    monkeypatch.setattr(asked, "asked", lambda given: inner({**given, "select": ["LEK101", "LEK102", "DUP102"]}))
    ended = auditor("demo")
    assert ended.code == 0
    assert "would end with exit code 1" in ended.err
    audit = json.loads((folder / "audit.json").read_text())
    assert audit["data"] == "banking77"
    assert [(f["code"], f["affected"]) for f in audit["findings"] if f["code"].startswith("LEK")] == [("LEK102", 25)]
    assert (folder / "audit.html").exists()


def test_the_tabular_demo_knows_its_columns(auditor: Any, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from auditor.cli import asked

    inner = asked.asked
    monkeypatch.setattr(asked, "asked", lambda given: inner({**given, "select": ["BIA102", "DUP101", "IMB101"]}))
    assert auditor("demo", "--tabular", "-o", "json=g.json").code == 0
    audit = json.loads((folder / "g.json").read_text())
    assert audit["provenance"]["rows"] == {"train": 1000}
    assert {c["attribute"] for c in audit["bias"]["comparisons"]} == {"age_band", "personal_status_sex"}
