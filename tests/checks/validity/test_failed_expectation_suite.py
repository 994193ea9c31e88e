"""VAL111: the user's suite decides, and what cannot be run is never clean."""

from __future__ import annotations

import importlib.util
import json
import socket
from pathlib import Path
from typing import Any

import pytest

from auditor import audit as steps
from auditor.model import Audit
from auditor.rows import InputError

DATA: dict[str, list[Any]] = {"age": [20, 30, 400, None] * 10, "kind": ["a", "b", "c", "zz"] * 10}
BETWEEN = {"type": "expect_column_values_to_be_between", "kwargs": {"column": "age", "min_value": 0, "max_value": 120}}
SET = {"type": "expect_column_values_to_be_in_set", "kwargs": {"column": "kind", "value_set": ["a", "b", "c"], "mostly": 0.5}}

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("great_expectations") is None, reason="great-expectations is not installed"
)


def audited(*expectations: dict[str, Any], **more: Any) -> Audit:
    options = {"expectations": {"name": "mine", "expectations": list(expectations)}}
    return steps.run(steps.Request(train=DATA, data="x", select=("VAL111",), options=options, **more))


def test_the_unexpected_rows_and_their_share_are_those_counted_by_hand() -> None:
    (finding,) = audited(BETWEEN, SET).findings
    assert (finding.affected, finding.level) == (10, "error")
    assert finding.effect.value == 10 / 30  # nulls are not looked at
    assert finding.all_rows is not None
    assert finding.all_rows.row.tolist() == list(range(2, 40, 4))


def test_mostly_and_severity_are_those_of_the_suite() -> None:
    strict = SET | {"kwargs": SET["kwargs"] | {"mostly": 0.9}, "severity": "warning"}  # type: ignore[operator]  # a dict of dicts
    (finding,) = audited(strict).findings
    assert (finding.level, round(finding.limit or 0, 6)) == ("warning", 0.1)


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        ({"type": "expect_nonsense", "kwargs": {}}, "expect_nonsense"),
        ({"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "agee"}}, "'agee' is not in this split"),
        ({"type": "expect_column_values_to_be_between", "kwargs": {"column": "age", "minimum": 3}}, "minimum"),
        ({"type": "expect_column_mean_to_be_between", "kwargs": {"column": "kind", "min_value": 0}}, "expect_column_mean"),
    ],
)
def test_an_expectation_that_cannot_be_run_is_an_error_and_hides_no_other(broken: dict[str, Any], said: str) -> None:
    audit = audited(broken, BETWEEN)
    assert audit.outcomes[0].status == "error"
    assert said in audit.outcomes[0].reason
    assert len(audit.findings) == 1


def test_columns_that_exist_are_expected_to_exist() -> None:
    audit = audited({"type": "expect_column_to_exist", "kwargs": {"column": "gone"}, "severity": "info"})
    assert [(f.level, f.effect.value) for f in audit.findings] == [("note", 1.0)]


def test_a_suite_in_a_file_of_the_old_spelling_is_read(tmp_path: Path) -> None:
    path = tmp_path / "suite.json"
    old = {"expectation_suite_name": "old", "expectations": [{"expectation_type": BETWEEN["type"], "kwargs": BETWEEN["kwargs"]}]}
    path.write_text(json.dumps(old))
    audit = steps.run(steps.Request(train=DATA, data="x", select=("VAL111",), options={"expectations": str(path)}))
    assert len(audit.findings) == 1


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"expectations": []}', '{"expectations": [3]}', None])
def test_a_file_that_is_no_suite_is_refused_in_one_line(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "suite.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(InputError, match=r"^--expectations") as refused:
        steps.run(steps.Request(train=DATA, data="x", select=("VAL111",), options={"expectations": str(path)}))
    assert "\n" not in str(refused.value)


def test_without_great_expectations_it_is_skipped_with_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    inner = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name, *a: None if name == "great_expectations" else inner(name, *a))
    outcome = audited(BETWEEN).outcomes[0]
    assert (outcome.status, outcome.reason) == (
        "skipped",
        "auditor.derive.expectations needs great-expectations: pip install 'tune-auditor[gx]'",
    )


def test_no_connection_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*args: Any, **kwargs: Any) -> None:
        raise AssertionError("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", refused)
    assert audited(BETWEEN).outcomes[0].status == "found"
