from __future__ import annotations

import gzip
import json
import os
import pickle
import stat
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

import auditor
from auditor.data.open import open_source
from auditor.rows import InputError


def parquet() -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table({"a": [1]}), sink)
    return bytes(sink.getvalue())


REFUSED: dict[str, tuple[str, bytes, str]] = {
    "empty": ("a.csv", b"", "got an empty file, want at least one record"),
    "empty packed": ("a.csv.gz", gzip.compress(b""), "got an empty file, want at least one record"),
    "blank": ("a.csv", b"\n\n", "got blank lines only, want a header and at least one record"),
    "mark alone": ("a.csv", b"\xef\xbb\xbf", "got blank lines only, want a header and at least one record"),
    "header only": ("a.csv", b"a,b\n", "got a header of 2 columns and no record, want at least one record"),
    "a name twice": (
        "a.csv",
        b"x,y,x\n1,2,3\n",
        "line 1 has the column name 'x' 2 times (columns 1, 3), want each once; rename them",
    ),
    "Parquet as CSV": ("a.csv", parquet(), "got Parquet data, want CSV; give the file its right ending or convert it"),
    "gzip as CSV": ("a.csv", gzip.compress(b"a\n1\n"), "got gzip data, want CSV; add .gz to the file's name"),
    "zip as CSV": ("a.csv", b"PK\x03\x04rest", "got zip data, want CSV; give the file its right ending or convert it"),
    "page as CSV": ("a.csv", b"\n<!DOCTYPE html><html>404", "got an HTML page, want CSV; download the data itself"),
    "page as JSON lines": ("a.jsonl", b"<html>", "got an HTML page, want JSON lines; download the data itself"),
    "binary as CSV": (
        "a.csv",
        bytes(range(256)) * 40,
        "got binary data (1,080 control bytes in the first 10,240), want CSV; convert it",
    ),
    "pickle as CSV": (
        "a.csv",
        pickle.dumps([1]),
        "got a pickle, which can run code and is never opened; save the data as Parquet",
    ),
    "pickle as Parquet": (
        "a.parquet",
        pickle.dumps([1]),
        "got a pickle, which can run code and is never opened; save the data as Parquet",
    ),
    "CSV as Parquet": (
        "a.parquet",
        b"a,b\n1,2\n",
        "got something that begins with b'a,b\\n', want Parquet as the file's ending says",
    ),
    "CSV as Arrow": ("a.arrow", b"a,b\n1,2\n", "got something that begins with b'a,b\\n', want Arrow as the file's ending says"),
    "Parquet as Arrow": ("a.arrow", parquet(), "got Parquet, want Arrow as the file's ending says"),
    "broken Parquet": ("a.parquet", parquet()[:-20], "broken Parquet ("),
    "broken Arrow": ("a.arrow", b"ARROW1\0\0rubbish", "broken Arrow data ("),
    "plain as gzip": (
        "a.csv.gz",
        b"a,b\n1,2\n",
        "its ending says gzip, its first bytes do not (b'a,b\\n'); rename it or pack it again",
    ),
    "cut gzip": ("a.csv.gz", gzip.compress(os.urandom(5000).hex().encode())[:800], "the gzip data is broken or cut ("),
    "packed Parquet": ("a.parquet.gz", gzip.compress(parquet()), "packs its columns itself; unpack the file"),
    "unknown ending": ("a.data", b"a,b\n", "got the ending '.data', want one of .csv .tsv"),
    "no ending": ("data", b"a,b\n", "or say what it is: --format arrow|csv|json|jsonl|parquet|tsv"),
    "pickle ending": (
        "a.pkl",
        b"x",
        "a .pkl file may be a pickle, which can run code, and is never opened; save the data as Parquet",
    ),
    "torch ending": ("a.pt", b"x", "a .pt file may be a pickle"),
    "joblib ending": ("a.joblib", b"x", "a .joblib file may be a pickle"),
    "JSON broken in the middle": (
        "a.jsonl",
        b'{"a":1}\n{"a":}\n{"a":2}\n',
        "line 2, column 6: broken JSON (Expecting value), want one whole object a line",
    ),
    "JSON line no object": ("a.jsonl", b'{"a":1}\n\n[1]\n', "line 3 is a list, want one object a line"),
    "JSON array as lines": (
        "a.jsonl",
        b'[{"a":1}]\n',
        "line 1 is a list, want one object a line; for one JSON array: --format json",
    ),
    "JSON object": (
        "a.json",
        b'{"train": [1], "test": [2]}',
        "got one JSON object with the keys 'train', 'test' (save each of its lists as a file of its own), want an array",
    ),
    "JSON array of lists": ("a.json", b'[["a", "b"]]', "element 1 (line 1) is no object, want an array of objects"),
    "JSON array broken": (
        "a.json",
        b'[{"a": 1},\n {"a": x}]',
        "line 2, column 8: broken JSON (Expecting value), want an array of objects",
    ),
    "JSON array cut": (
        "a.json",
        b'[{"a": 1},\n {"a": 2}',
        "line 2, column 10: broken JSON (the array is not closed), want an array of objects",
    ),
    "JSON array and more": ("a.json", b'[{"a": 1}] x', "line 1, column 12: broken JSON (something stands after the array)"),
    "JSON empty array": ("a.json", b"[]", "got no record, want at least one object with a value"),
    "JSON empty objects": ("a.jsonl", b"{}\n{}\n", "got 2 objects without a key, want at least one object with a value"),
    "JSON broken object": ("a.json", b'{"a": 1,\n', "got broken JSON at line 2, column 1 ("),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_audited_is_refused_in_one_line(name: str, tmp_path: Path) -> None:
    file, content, want = REFUSED[name]
    (tmp_path / file).write_bytes(content)
    with pytest.raises(InputError) as caught:
        list(open_source(tmp_path / file, "train", "train")[0].read())
    message = str(caught.value)
    assert want in message
    assert file in message
    assert "\n" not in message


def test_a_missing_file_names_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "train.csv").write_text("a\n1\n")
    with pytest.raises(InputError, match=r"there is no such file; did you mean '.*train\.csv'\?"):
        open_source(tmp_path / "trian.csv", "train", "train")
    with pytest.raises(InputError, match="there is no such file; check the path"):
        open_source(tmp_path / "zzz.parquet", "train", "train")
    with pytest.raises(InputError, match=r"there is no folder '.*gone'; check the path"):
        open_source(tmp_path / "gone" / "a.csv", "train", "train")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read every file")
def test_a_file_without_permission_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a\n1\n")
    path.chmod(0)
    with pytest.raises(InputError, match="cannot be read"):
        open_source(path, "train", "train")


def test_a_denied_file_is_refused_whoever_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.csv"
    path.write_text("a\n1\n")

    def denied(self: Path, *_: object, **__: object) -> None:
        raise PermissionError(13, "Permission denied", str(self))

    monkeypatch.setattr(Path, "open", denied)
    with pytest.raises(InputError, match=r"cannot be read \(Permission denied\)"):
        open_source(path, "train", "train")


def test_a_pipe_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    os.mkfifo(path)
    assert stat.S_ISFIFO(path.stat().st_mode)
    with pytest.raises(InputError, match="got no regular file, want one that can be read more than once"):
        open_source(path, "train", "train")


def test_an_unknown_format_names_the_nearest(tmp_path: Path) -> None:
    (tmp_path / "a.data").write_text("a\n1\n")
    with pytest.raises(InputError, match=r"got the format 'parket', want one of arrow, csv.*; did you mean 'parquet'"):
        open_source(tmp_path / "a.data", "train", "train", "parket")


def test_a_format_opens_what_no_ending_tells(tmp_path: Path) -> None:
    (tmp_path / "a.data").write_text("a,b\n1,2\n")
    assert list(open_source(tmp_path / "a.data", "train", "train", "csv")[0].columns) == ["a", "b"]


def test_a_hostile_file_name_is_inert(tmp_path: Path) -> None:
    path = tmp_path / "a'\"\x1b[31m\u202e\n.csv"
    path.write_text("a,a\n1,2\n")
    with pytest.raises(InputError) as caught:
        open_source(path, "train", "train")
    assert all(c.isprintable() for c in str(caught.value))


def test_a_file_and_a_frame_give_the_same_findings(tmp_path: Path) -> None:
    labels = ["x"] * 200 + ["y"]
    pd.DataFrame({"text": [f"some words {i}" for i in range(201)], "label": labels}).to_csv(tmp_path / "a.csv", index=False)
    of_file = auditor.check(tmp_path / "a.csv", data="d", select=("IMB101",))
    of_frame = auditor.check(pd.read_csv(tmp_path / "a.csv"), data="d", select=("IMB101",))
    assert of_file.findings == of_frame.findings
    assert len(of_file.findings) == 1


def test_the_digest_is_that_of_the_bytes(tmp_path: Path) -> None:
    import hashlib

    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps({"a": 1}))
    (source,) = open_source(path, "train", "train")
    assert source.digest() == hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.mark.parametrize("write", [pq.write_table, feather.write_feather])
def test_columns_without_rows_are_refused(write: object, tmp_path: Path) -> None:
    path = tmp_path / ("a.parquet" if write is pq.write_table else "a.feather")
    write(pa.table({"a": pa.array([], pa.int64())}), path)  # type: ignore[operator]  # either writer
    with pytest.raises(InputError, match="got 1 columns and no rows, want at least one row"):
        open_source(path, "train", "train")
