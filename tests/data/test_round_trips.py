"""Every format gives back the table that was written."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest

from auditor.data.open import open_source
from auditor.rows import Source

ROWS = [
    {"text": "plain", "n": "1", "label": "a"},
    {"text": 'quoted "so", with\nline break', "n": "2", "label": "b"},
    {"text": "tab\tand ünïcode \u202e", "n": "-3", "label": "a"},
    {"text": " blanks ", "n": "4", "label": "c"},
]


def rows_of(source: Source, columns: tuple[str, ...] | None = None) -> list[dict[str, object]]:
    return [row for raw in source.read(columns) for row in raw.table.to_pylist()]


def csv_text(delimiter: str) -> bytes:
    return pd.DataFrame(ROWS).to_csv(index=False, sep=delimiter).encode()


def lines() -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in ROWS)


def stream(table: pa.Table, path: Path) -> None:
    with pa.OSFile(str(path), "w") as sink, pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table, max_chunksize=3)


def zstd(data: bytes) -> bytes:
    return bytes(pa.compress(data, "zstd", asbytes=True))


TABLE = pa.Table.from_pylist(ROWS)
WRITERS: dict[str, Callable[[Path], object]] = {
    "a.csv": lambda p: p.write_bytes(csv_text(",")),
    "a.csv.gz": lambda p: p.write_bytes(gzip.compress(csv_text(","))),
    "a.csv.zst": lambda p: p.write_bytes(zstd(csv_text(","))),
    "a.tsv": lambda p: p.write_bytes(csv_text("\t")),
    "a.tsv.gz": lambda p: p.write_bytes(gzip.compress(csv_text("\t"))),
    "a.jsonl": lambda p: p.write_bytes(lines()),
    "a.jsonl.gz": lambda p: p.write_bytes(gzip.compress(lines()[:50]) + gzip.compress(lines()[50:])),
    "a.ndjson.zst": lambda p: p.write_bytes(zstd(lines())),
    "a.json": lambda p: p.write_text(json.dumps(ROWS, indent=2, ensure_ascii=False), "utf-8"),
    "flat.json": lambda p: p.write_text(json.dumps(ROWS)),
    "a.json.gz": lambda p: p.write_bytes(gzip.compress(json.dumps(ROWS).encode())),
    "lines.json": lambda p: p.write_bytes(lines()),
    "a.parquet": lambda p: pq.write_table(TABLE, p, row_group_size=3),
    "a.feather": lambda p: feather.write_feather(TABLE, p, chunksize=3),
    "stream.arrow": lambda p: stream(TABLE, p),
    "a.arrow": lambda p: feather.write_feather(TABLE, p, compression="uncompressed"),
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_file_gives_back_the_rows_that_were_written(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    WRITERS[name](path)
    (source,) = open_source(path, "train", "train")
    assert list(source.columns) == ["text", "n", "label"]
    assert rows_of(source) == ROWS
    assert [p for raw in source.read() for p in raw.rows.tolist()] == [0, 1, 2, 3]


@pytest.mark.parametrize("name", WRITERS)
def test_columns_are_read_alone_and_again(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    WRITERS[name](path)
    (source,) = open_source(str(path), "train", "train")
    assert rows_of(source, ("label", "gone", "text")) == [{"label": r["label"], "text": r["text"]} for r in ROWS]
    assert [len(raw.rows) for raw in source.read(())] == [len(raw.rows) for raw in source.read()]
    assert sum(len(raw.rows) for raw in source.read(())) == 4


FRAMES: dict[str, Callable[[], object]] = {
    "pandas": lambda: pd.DataFrame(ROWS),
    "pandas objects": lambda: pd.DataFrame(ROWS).astype(object),
    "pandas categories": lambda: pd.DataFrame(ROWS).astype("category"),
    "polars": lambda: pl.DataFrame(ROWS),
    "polars lazy": lambda: pl.DataFrame(ROWS).lazy(),
    "Arrow table": lambda: TABLE,
    "Arrow batch": lambda: TABLE.to_batches()[0],
    "Arrow reader": lambda: TABLE.to_reader(),
    "columns by name": lambda: TABLE.to_pydict(),
}


@pytest.mark.parametrize("name", FRAMES)
def test_a_frame_gives_its_rows_twice(name: str) -> None:
    (source,) = open_source(FRAMES[name](), "train", "train")
    assert rows_of(source) == ROWS == rows_of(source)
    assert len(source.digest()) == 64


@pytest.mark.parametrize("name", ["a.jsonl", "a.json", "a.parquet", "a.arrow"])
def test_messages_pass_as_lists_of_structs(name: str, tmp_path: Path) -> None:
    chats = [{"messages": [{"role": "user", "content": "hi"}, {"role": "assistant", "content": "ho"}]}, {"messages": []}]
    path, table = tmp_path / name, pa.Table.from_pylist(chats)
    if name == "a.jsonl":
        path.write_text("".join(json.dumps(c) + "\n" for c in chats))
    elif name == "a.json":
        path.write_text(json.dumps(chats, indent=1))
    else:
        pq.write_table(table, path) if name == "a.parquet" else feather.write_feather(table, path)
    (source,) = open_source(path, "train", "train")
    assert rows_of(source) == chats
    assert pa.types.is_struct(source.columns["messages"].value_type)
