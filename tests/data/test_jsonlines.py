from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.data import stream
from auditor.data.jsonlines import JsonSource
from auditor.data.open import open_source
from auditor.rows import Fault, InputError


def opened(tmp_path: Path, content: bytes | str, name: str = "a.jsonl") -> JsonSource:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    (source,) = open_source(path, "train", "train")
    assert isinstance(source, JsonSource)
    return source


def everything(source: JsonSource) -> tuple[list[dict[str, Any]], list[int], list[Fault]]:
    parts = list(source.read())
    rows = [row for part in parts for row in part.table.to_pylist()]
    return rows, [p for part in parts for p in part.rows.tolist()], [f for part in parts for f in part.faults]


def lines(*values: object) -> str:
    return "".join(json.dumps(v) + "\n" for v in values)


BOTH = pytest.mark.parametrize("array", [False, True], ids=["lines", "array"])


def written(values: list[dict[str, Any]], array: bool) -> tuple[str, str]:
    return (json.dumps(values, indent=1), "a.json") if array else (lines(*values), "a.jsonl")


@BOTH
def test_numbers_stay_numbers_and_texts_texts(array: bool, tmp_path: Path) -> None:
    rows = [{"n": 1, "x": 1, "t": "2020-01-01", "b": True, "z": None}, {"n": 2, "x": 2.5, "t": "12", "b": False, "z": None}]
    source = opened(tmp_path, *written(rows, array))
    assert [str(k) for k in source.columns.values()] == ["int64", "double", "string", "bool", "null"]
    assert everything(source)[0] == rows
    assert source.assumed == ()


@BOTH
def test_types_are_those_of_the_whole_file(array: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "BLOCK", 40)
    rows: list[dict[str, Any]] = [{"a": None, "m": []} for _ in range(8)] + [
        {"a": 1, "m": [{"r": "u"}]},
        {"a": 2.5, "m": [{"c": "2021-02-03"}]},
    ]
    rows += [{"a": 3, "late": "x"}]
    source = opened(tmp_path, *written(rows, array))
    assert str(source.columns["a"]) == "double"
    assert source.columns["m"] == pa.list_(pa.struct([("r", pa.string()), ("c", pa.string())]))
    parts = list(source.read())
    assert len(parts) > 2
    assert {str(p.table.schema) for p in parts} == {str(parts[0].table.schema)}
    assert everything(source)[0][9] == {"a": 2.5, "m": [{"r": None, "c": "2021-02-03"}], "late": None}
    assert [p for raw in source.read(("late",)) for p in raw.rows.tolist()] == list(range(11))


@BOTH
def test_mixed_types_become_text_and_it_is_said(array: bool, tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"a": "x", "m": [{"c": "hi"}]},
        {"a": 1, "m": [{"c": ["p"]}]},
        {"a": True, "m": []},
        {"a": None, "m": None},
    ]
    source = opened(tmp_path, *written(rows, array))
    assert everything(source)[0] == [
        {"a": "x", "m": [{"c": "hi"}]},
        {"a": "1", "m": [{"c": '["p"]'}]},
        {"a": "true", "m": []},
        {"a": None, "m": None},
    ]
    assert ["'a'" in source.assumed[0], "'m'" in source.assumed[1]] == [True, True]


def test_a_cut_last_line_is_a_fault(tmp_path: Path) -> None:
    rows, positions, faults = everything(opened(tmp_path, '{"a": 1}\n\n{"a": 2}\n{"a": "thr'))
    assert [r["a"] for r in rows] == [1, 2]
    assert positions == [0, 1]
    assert [(f.kind, f.row, f.line, f.lost) for f in faults] == [("cut", 2, 4, True)]


def test_a_line_of_two_objects_is_broken(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"line 2, column 9: broken JSON \(Extra data\)"):
        opened(tmp_path, '{"a": 1}\n{"a": 2}{"a": 3}\n{"a": 4}\n')


def test_an_object_over_two_lines_is_broken(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="line 1, column 6: broken JSON"):
        opened(tmp_path, '{"a":\n1}\n{"a": 2}\n')


def test_a_broken_line_in_a_late_block_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "BLOCK", 64)
    with pytest.raises(InputError, match=r"line 51, column 7: broken JSON"):
        opened(tmp_path, '{"a": 1}\n' * 50 + '{"a": }\n' + '{"a": 1}\n' * 50)


@BOTH
def test_bytes_that_are_no_text_are_shown_and_counted(array: bool, tmp_path: Path) -> None:
    records = [
        b'{"t": "ok \\ud83d\\ude00"}',
        b'{"t": "caf\xe9"}',
        b'{"t": "n\x00l"}',
        b'{"t": "n\\u0000l"}',
        b'{"t": "half \\ud83d"}',
    ]
    text = b"[" + b",\n".join(records) + b"]" if array else b"\n".join(records) + b"\n"
    rows, _, faults = everything(opened(tmp_path, text, "a.json" if array else "a.jsonl"))
    assert [r["t"] for r in rows] == ["ok \U0001f600", "caf\ufffd", "n\ufffdl", "n\ufffdl", "half \ufffd"]
    assert [(f.row, f.lost) for f in faults] == [(1, False), (2, False), (3, False), (4, False)]
    assert [f.line for f in faults] == [2, 3, 4, 5]


def test_an_escaped_backslash_before_u_is_text(tmp_path: Path) -> None:
    rows, _, faults = everything(opened(tmp_path, '{"t": "\\\\ud83d \\\\u0000"}\n'))
    assert rows == [{"t": "\\ud83d \\u0000"}]
    assert faults == []


@BOTH
def test_numbers_beyond_every_type_are_read(array: bool, tmp_path: Path) -> None:
    text = '{"a": 123456789012345678901, "b": NaN, "c": 1e400}'
    source = opened(tmp_path, f"[{text}]" if array else text + "\n", "a.json" if array else "a.jsonl")
    (row,) = everything(source)[0]
    assert row["a"] == pytest.approx(1.2345678901234568e20)
    assert row["b"] != row["b"]
    assert row["c"] == float("inf")


def test_a_byte_order_mark_is_left_out(tmp_path: Path) -> None:
    source = opened(tmp_path, b"\xef\xbb\xbf" + b'{"a": 1}\n')
    assert everything(source)[2][0].kind == "bom"
    assert list(source.columns) == ["a"]


def test_json_lines_called_json_are_read_and_it_is_said(tmp_path: Path) -> None:
    source = opened(tmp_path, '{"a": 1}\n{"a": 2}\n', "a.json")
    assert len(everything(source)[0]) == 2
    assert "read as JSON lines" in source.assumed[0]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.text(st.sampled_from('a"\\\n,[]{}\u202e\x01é😀2-T:'), max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("pqr"), inner, max_size=2),
    max_leaves=6,
)


def as_text(value: Any) -> Any:
    """What a value must look like once a column of mixed types became text."""
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(values=st.lists(JSON, min_size=1, max_size=8), array=st.booleans(), block=st.integers(8, 60))
def test_any_column_comes_back_as_itself_or_as_its_text(
    values: list[Any], array: bool, block: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "BLOCK", block)
    source = opened(tmp_path, *written([{"i": i, "v": v} for i, v in enumerate(values)], array))
    rows = everything(source)[0]
    assert [r["i"] for r in rows] == list(range(len(values)))
    if pa.types.is_string(source.columns["v"]):
        assert [r["v"] for r in rows] == [as_text(v) for v in values]
    elif not pa.types.is_nested(source.columns["v"]):
        assert [r["v"] for r in rows] == values
