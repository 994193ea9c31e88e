from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from auditor.data import stream
from auditor.data.delimited import DelimitedSource
from auditor.data.open import open_source
from auditor.rows import Fault, InputError, Raw


def opened(tmp_path: Path, content: bytes | str, name: str = "a.csv") -> DelimitedSource:
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    (source,) = open_source(path, "train", "train")
    assert isinstance(source, DelimitedSource)
    return source


def everything(source: DelimitedSource) -> tuple[list[dict[str, str]], list[int], list[Fault]]:
    parts: list[Raw] = list(source.read())
    cells = [row for part in parts for row in part.table.to_pylist()]
    return cells, [p for part in parts for p in part.rows.tolist()], [f for part in parts for f in part.faults]


def test_ragged_records_are_left_out_and_keep_their_positions(tmp_path: Path) -> None:
    source = opened(tmp_path, 'a,b\n1,2\n\n3\n"4\n4",5\n6,7,8\n9,10\n')
    cells, rows, faults = everything(source)
    assert [c["a"] for c in cells] == ["1", "4\n4", "9"]
    assert rows == [0, 2, 4]
    assert [(f.kind, f.row, f.line, f.lost) for f in faults] == [("ragged", 1, 4, True), ("ragged", 3, 7, True)]
    assert faults[0].detail == "1 fields, want 2"


def test_faults_are_the_same_whatever_columns_are_read(tmp_path: Path) -> None:
    source = opened(tmp_path, b"a,b\n1,2\n3\n4,\xff\n5,6\x00\n")
    kinds = [[f.kind for raw in source.read(c) for f in raw.faults] for c in (None, ("a",), ())]
    assert kinds == [["ragged", "invalid-utf8", "nul"]] * 3


def test_a_cut_last_record_is_told_from_a_ragged_one(tmp_path: Path) -> None:
    _, rows, faults = everything(opened(tmp_path, "a,b\n1,2\n3,4\n5"))
    assert rows == [0, 1]
    assert [(f.kind, f.row, f.line) for f in faults] == [("cut", 2, 4)]
    assert everything(opened(tmp_path, "a,b\n1,2\n3\n"))[2][0].kind == "ragged"
    assert everything(opened(tmp_path, 'a,b\n1,2\n3,"x'))[2][0].kind == "cut"


def test_a_last_record_without_a_line_end_is_kept(tmp_path: Path) -> None:
    cells, _, faults = everything(opened(tmp_path, "a,b\n1,2\n3,4"))
    assert cells[-1] == {"a": "3", "b": "4"}
    assert faults == []


def test_a_quote_that_nobody_closes_loses_its_line_alone(tmp_path: Path) -> None:
    text = 'a,b\n1,"ok"\n2,"open\n3,"x"\n4,"y\nz"\n5,"w"\n'
    cells, rows, faults = everything(opened(tmp_path, text))
    assert [c["a"] for c in cells] == ["1", "3", "4", "5"]
    assert cells[2]["b"] == "y\nz"
    assert rows == [0, 2, 3, 4]
    assert [(f.kind, f.row, f.line) for f in faults] == [("unbalanced-quote", 1, 3)]


def test_quotes_inside_of_a_field_are_text(tmp_path: Path) -> None:
    cells, _, faults = everything(opened(tmp_path, 'a,b\n5" disk,"say ""hi"""\n6" disk,"he "so" said"\n'))
    assert cells == [{"a": '5" disk', "b": 'say "hi"'}, {"a": '6" disk', "b": 'he so" said"'}]
    assert faults == []


def test_unbalanced_quotes_of_a_tsv_are_text(tmp_path: Path) -> None:
    text = 'label\ttext\nham\t"open\nspam\tx\nham\ty" no end\nspam\t"well"\n'
    source = opened(tmp_path, text, "a.tsv")
    cells, _, faults = everything(source)
    assert [c["text"] for c in cells] == ['"open', "x", 'y" no end', '"well"']
    assert faults == []
    assert any("quotes are taken as text" in said for said in source.assumed)


def test_well_formed_quotes_of_a_tsv_enclose(tmp_path: Path) -> None:
    source = opened(tmp_path, 'label\ttext\nham\t"two\nlines"\nspam\tx\n', "a.tsv")
    assert everything(source)[0][0]["text"] == "two\nlines"
    assert source.assumed == ()


def test_bytes_that_are_no_text_are_shown_and_counted(tmp_path: Path) -> None:
    cells, rows, faults = everything(opened(tmp_path, b"a,b\n1,x\n2,caf\xe9\n3\n4,n\x00l\n"))
    assert [c["b"] for c in cells] == ["x", "caf\ufffd", "n\ufffdl"]
    assert rows == [0, 1, 3]
    assert [(f.kind, f.row, f.line, f.lost) for f in faults] == [
        ("invalid-utf8", 1, 3, False),
        ("ragged", 2, 4, True),
        ("nul", 3, 5, False),
    ]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_byte_order_marks_are_understood_and_said(encoding: str, tmp_path: Path) -> None:
    source = opened(tmp_path, "naïve,b\n1,\U0001f600\n".encode(encoding))
    cells, _, faults = everything(source)
    assert cells == [{"naïve": "1", "b": "\U0001f600"}]
    assert [(f.kind, f.row, f.lost) for f in faults] == [("bom", -1, False)]
    assert "byte order mark" in source.assumed[0]


def test_other_line_ends_are_understood(tmp_path: Path) -> None:
    want = [{"a": "1", "b": "2"}, {"a": "3", "b": "4"}]
    assert everything(opened(tmp_path, "a,b\r\n1,2\r\n3,4\r\n"))[0] == want
    assert everything(opened(tmp_path, "a,b\r1,2\r3,4\r"))[0] == want


def test_a_cell_of_ten_megabytes_is_read(tmp_path: Path) -> None:
    big = "x\n" * 5_000_000
    cells, _, faults = everything(opened(tmp_path, f'a,b\n1,"{big}"\n2,y\n'))
    assert [len(c["b"]) for c in cells] == [10_000_000, 1]
    assert faults == []


def test_blanks_after_every_delimiter_are_left_out_and_said(tmp_path: Path) -> None:
    source = opened(tmp_path, 'a, b, c\n1, x, "p, q"\n2, y, z\n')
    assert everything(source)[0] == [{"a": "1", "b": "x", "c": "p, q"}, {"a": "2", "b": "y", "c": "z"}]
    assert "blanks after the delimiters" in source.assumed[-1]


def test_blanks_stay_where_one_record_lacks_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "BLOCK", 16)
    source = opened(tmp_path, "a, b\n" + "1, x\n" * 20 + "2,y\n")
    assert everything(source)[0][0] == {"a": "1", "b": " x"}
    assert source.assumed == ()


def test_the_same_batches_come_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "BLOCK", 64)
    source = opened(tmp_path, "a,b\n" + "".join(f'{i},"{"x" * (i % 7)}"\n' for i in range(300)))
    first = [(raw.rows.tolist(), raw.table.column("a").to_pylist()) for raw in source.read()]
    assert len(first) > 10
    assert [(raw.rows.tolist(), raw.table.column("a").to_pylist()) for raw in source.read()] == first
    assert [raw.rows.tolist() for raw in source.read(("b",))] == [rows for rows, _ in first]
    assert [p for rows, _ in first for p in rows] == list(range(300))


def test_no_batch_has_more_than_65536_rows(tmp_path: Path) -> None:
    source = opened(tmp_path, "a\n" + "1\n" * 200_000)
    sizes = [len(raw.rows) for raw in source.read()]
    assert sum(sizes) == 200_000
    assert max(sizes) <= 65_536


def test_a_file_of_faults_alone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none of its records could be read: line 2 is ragged \(2 fields, want 3\)"):
        everything(opened(tmp_path, "a,b,c\n1,2\n3,4\n"))


CELL = st.text(st.sampled_from('ab",;\n\r\t \\\ufeff\u202e\u00e9\U0001f600\x1b=<'), max_size=6)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(rows=st.lists(st.tuples(CELL, CELL), min_size=1, max_size=12), block=st.integers(1, 40))
def test_any_cell_comes_back_from_a_quoted_csv(
    rows: list[tuple[str, str]], block: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
    writer.writerow(("first name", "second name"))
    writer.writerows(rows)
    monkeypatch.setattr(stream, "BLOCK", 1 << 20)
    source = opened(tmp_path, text.getvalue())
    monkeypatch.setattr(stream, "BLOCK", block)
    cells, _, faults = everything(source)
    assert [tuple(c.values()) for c in cells] == rows
    assert faults == []


DIRTY = st.text(st.sampled_from('a",\n'), max_size=60)


@settings(max_examples=120, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=DIRTY, block=st.integers(1, 30))
def test_any_cutting_of_a_broken_file_reads_as_the_whole(
    text: str, block: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "BLOCK", 1 << 20)
    source = opened(tmp_path, "one,two\n1,2\n" + text)
    whole = everything(source)
    monkeypatch.setattr(stream, "BLOCK", block)
    assert everything(source) == whole
