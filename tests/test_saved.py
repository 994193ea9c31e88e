"""A saved audit is the audit that was written."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import audit_specimens
import jsonschema
import pytest

from auditor import format as formats
from auditor import saved
from auditor.model import Audit, Effect
from auditor.reports import json as writer
from auditor.rows import InputError

ROOT = Path(__file__).parents[1]


AUDITS: dict[str, Audit] = {name: make() for name, make in audit_specimens.ALL.items()}
WHOLE = [name for name in AUDITS if name != "hostile"]  # a lone surrogate cannot be written as it is


@pytest.mark.parametrize("name", WHOLE)
def test_what_is_read_back_equals_what_was_written(name: str) -> None:
    assert saved.read(writer.write(AUDITS[name])) == AUDITS[name]


@pytest.mark.parametrize("name", AUDITS)
def test_writing_what_was_read_gives_the_same_bytes(name: str) -> None:
    once = writer.write(AUDITS[name])
    assert writer.write(saved.read(once)) == once


@pytest.mark.parametrize("name", AUDITS)
def test_the_file_is_valid_for_its_schema(name: str) -> None:
    jsonschema.Draft202012Validator(formats.schema()).validate(json.loads(writer.write(AUDITS[name])))


def test_the_schema_in_the_repository_is_the_one_of_the_models() -> None:
    kept = json.loads((ROOT / "reports" / "audit.schema.json").read_text("utf-8"))
    assert kept == formats.schema(), "write it anew: auditor config schema audit > reports/audit.schema.json"


def test_the_schema_refuses_an_unknown_verdict() -> None:
    said = json.loads(writer.write(AUDITS["pass"])) | {"verdict": "green"}
    assert not jsonschema.Draft202012Validator(formats.schema()).is_valid(said)


def test_a_number_that_is_not_finite_is_null_with_its_reason() -> None:
    finding = replace(AUDITS["fail"].findings[0], effect=Effect(name="ratio", value=float("inf"), low=float("nan"), unit="ratio"))
    said = writer.to_dict(replace(AUDITS["fail"], findings=(finding,)))["findings"][0]["effect"]
    assert said["value"] is None
    assert said["low"] is None
    assert "infinite" in said["reason"]
    bias: dict[str, Any] = {"comparisons": [{"metric": "kl", "value": float("inf"), "status": "ok"}]}
    assert writer.to_dict(replace(AUDITS["fail"], bias=bias))["bias"]["comparisons"][0]["status"] == "infinite"


def test_the_file_holds_no_raw_control_or_bidi_character() -> None:
    text = writer.write(AUDITS["hostile"]).decode()
    assert not [c for c in text if (c < " " and c != "\n") or "\x7f" <= c <= "\x9f" or c in "\u202e\u2066\u2069\u2028"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is not JSON"),
        (b"\xff\xfe", "is not JSON"),
        (b"[1]", "is not an audit"),
        (b'{"schema": 3}', "is not an audit"),
        (b'{"schema": "tune-auditor/audit/2"}', "want 'tune-auditor/audit/1'"),
        (b'{"schema": "tune-auditor/audit/1", "data": "x"}', "is not a whole audit: verdict"),
        (b"[" * 100_000, "is not JSON"),
    ],
)
def test_what_is_no_audit_is_refused_in_one_line(content: bytes, said: str) -> None:
    with pytest.raises(InputError) as refused:
        saved.read(content)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_missing_file_is_refused_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        saved.read(tmp_path / "none.json")


def test_fields_of_a_later_minor_version_are_passed_over() -> None:
    said = json.loads(writer.write(AUDITS["pass"])) | {"schema": "tune-auditor/audit/1.4", "weather": "fine"}
    assert saved.read(json.dumps(said).encode()).verdict == "pass"
