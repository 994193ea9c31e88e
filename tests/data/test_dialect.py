from __future__ import annotations

from pathlib import Path

import pytest

from auditor.data.dialect import dialect, headerless
from auditor.data.open import open_source
from auditor.data.stream import open_text
from auditor.rows import InputError


def told(tmp_path: Path, content: str, own: bytes = b",") -> tuple[bytes, tuple[str, ...], tuple[str, ...]]:
    path = tmp_path / "a.csv"
    path.write_text(content, "utf-8")
    found = dialect(open_text(path, "", "CSV"), own)
    return found.form.delimiter, found.names, found.said


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_another_delimiter_is_used_where_the_records_agree_on_it(delimiter: str, tmp_path: Path) -> None:
    text = "a,b,c\n1,2,x\n3,4,y\n".replace(",", delimiter)
    found, names, said = told(tmp_path, text)
    assert (found, names) == (delimiter.encode(), ("a", "b", "c"))
    assert "the first line has no comma" in said[0]


def test_a_semicolon_in_one_line_is_no_delimiter(tmp_path: Path) -> None:
    assert told(tmp_path, "text; or so\nhello\nworld\nthere\n")[:2] == (b",", ("text; or so",))


@pytest.mark.parametrize(
    ("first", "rest"),
    [
        (["ham", "Go until"], [["ham", "Ok lar"], ["spam", "Free entry"], ["ham", "U dun say"]]),
        (
            ["5.1", "3.5", "1.4", "setosa"],
            [["4.9", "3.0", "1.4", "setosa"], ["4.7", "3.2", "1.3", "setosa"], ["7", "3", "4", "virginica"]],
        ),
        (["5.1", "3.5", "1.4"], [["4.9", "3.0", "1.4"], ["4.7", "3.2", "1.3"]]),
    ],
)
def test_values_in_the_first_line_are_no_names(first: list[str], rest: list[list[str]]) -> None:
    assert headerless(first, rest)


@pytest.mark.parametrize(
    ("first", "rest"),
    [
        (["text", "label"], [["a", "x"], ["b", "y"], ["c", "x"]]),
        (["country", "2019", "2020", "2021"], [["de", "1", "2", "3"], ["fr", "4", "5", "6"]]),  # years as names
        (["0", "1", "2"], [["0", "1", "2"], ["0", "5", "2"], ["0", "1", "2"]]),  # positions as names
        (["age", "job"], [["39", "job"], ["40", "job"], ["41", "other"]]),  # a name above numbers
        (["Python", "R"], [["Python", ""], ["Python", "R"], ["", "R"]]),  # tick columns
        (["text", "label"], [["a", "x"], ["text", "label"], ["b", "y"], ["text", "label"], ["c", "x"]]),  # joined files
        (["x"], [["x"]]),
    ],
)
def test_names_are_names_unless_it_is_certain(first: list[str], rest: list[list[str]]) -> None:
    assert not headerless(first, rest)


def test_numbers_as_names_are_said(tmp_path: Path) -> None:
    assert "some of them are numbers" in told(tmp_path, "country,2019,2020\nde,1,2\nfr,2,1\n")[2][0]


def test_a_nameless_column_is_named_by_its_place(tmp_path: Path) -> None:
    _, names, said = told(tmp_path, ",a\n0,x\n1,y\n")
    assert names == ("column_1", "a")
    assert said == ("column 1 has no name: it is called 'column_1'",)


def test_a_column_name_twice_is_refused_with_its_places(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"column name 'b' 2 times \(columns 2, 4\), want each once; rename them"):
        told(tmp_path, "a,b,c,b\n1,2,3,x\n")


def test_a_header_alone_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="got a header of 2 columns and no record, want at least one record"):
        told(tmp_path, "a,b\n\n")


def test_a_sample_that_ends_in_a_quoted_cell_does_not_turn_quoting_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auditor.data.stream.BLOCK", 64)
    path = tmp_path / "a.tsv"
    path.write_text("label\ttext\n" + 'ham\t"one\ntwo three four"\n' * 20)
    (source,) = open_source(path, "train", "train")
    assert sum(len(raw.rows) for raw in source.read()) == 20
