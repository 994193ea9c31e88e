"""Parquet and Arrow files: columns as they lie there."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from auditor.data.batches import BATCH_BYTES, BATCH_ROWS, sliced, with_faults_kept
from auditor.data.classes import class_names, named
from auditor.data.stream import digest_of, first_bytes, one_line, shown, what_it_is
from auditor.rows import InputError, Part, Raw

Batches = Callable[[tuple[str, ...]], Iterator[pa.Table]]


class ColumnarSource:
    """A Parquet or Arrow file as a Source."""

    def __init__(self, path: Path, split: str, part: Part, schema: pa.Schema, batches: Batches) -> None:
        self.split: str = split
        self.part: Part = part
        self.name = str(path)
        self.path = path
        self.schema: pa.Schema = schema
        self._batches = batches
        self.classes = class_names(schema)
        twice = next((n for n in schema.names if schema.names.count(n) > 1), None)
        if twice is not None:
            raise InputError(
                f"{shown(path)}: the column name {twice!r} stands {schema.names.count(twice)} times, want each once; rename them"
            )

    @property
    def columns(self) -> Mapping[str, pa.DataType]:
        return {f.name: pa.string() if f.name in self.classes else f.type for f in self.schema}

    @property
    def assumed(self) -> tuple[str, ...]:
        return tuple(f"column {name!r} holds class numbers: their names are shown" for name in self.classes)

    @functools.cached_property
    def _digest(self) -> str:
        return digest_of(self.path)

    def digest(self) -> str:
        return self._digest

    def read(self, columns: tuple[str, ...] | None = None) -> Iterator[Raw]:
        wanted = tuple(self.schema.names) if columns is None else tuple(c for c in columns if c in self.schema.names)
        return with_faults_kept(self._read(wanted), shown(self.path))

    def _read(self, wanted: tuple[str, ...]) -> Iterator[Raw]:
        at = 0
        try:
            for table in self._batches(wanted):
                count = table.num_rows
                rows = np.arange(at, at + count, dtype=np.int64)
                yield from sliced(
                    named(table.select(wanted), self.classes) if wanted else pa.table({}), rows, (), pieces_of(table)
                )
                at += count
        except (pa.ArrowException, OSError) as cause:
            raise InputError(
                f"{shown(self.path)}: broken after {at:,} rows ({one_line(cause)}); fetch or write it again"
            ) from None


def pieces_of(table: pa.Table) -> int:
    """Into how many slices a table goes so that none has more than 32 MB."""
    return -(-int(table.nbytes) // BATCH_BYTES)


def open_parquet(path: Path, split: str, part: Part) -> ColumnarSource:
    """A Parquet file. Raises InputError for what is none, and for one without rows."""
    _want(path, "Parquet", ("Parquet",))
    try:
        file = pq.ParquetFile(path)
    except (pa.ArrowException, OSError) as cause:
        raise InputError(f"{shown(path)}: broken Parquet ({one_line(cause)}); fetch or write it again") from None
    with file:
        meta, schema = file.metadata, file.schema_arrow
        if meta.num_rows == 0:
            raise InputError(f"{shown(path)}: got {meta.num_columns} columns and no rows, want at least one row")
        size = sum(meta.row_group(i).total_byte_size for i in range(meta.num_row_groups))
    each = max(1, min(BATCH_ROWS, BATCH_BYTES * meta.num_rows // max(size, 1)))

    def batches(wanted: tuple[str, ...]) -> Iterator[pa.Table]:
        with pq.ParquetFile(path, pre_buffer=False) as file:
            if not wanted:
                yield from (pa.table({"": pa.nulls(n)}) for n in _cuts(meta.num_rows, each))
                return
            for batch in file.iter_batches(each, columns=list(wanted), use_threads=False):
                yield pa.Table.from_batches([batch])

    return ColumnarSource(path, split, part, schema, batches)


def _cuts(total: int, each: int) -> Iterator[int]:
    for start in range(0, total, each):
        yield min(each, total - start)


def open_arrow(path: Path, split: str, part: Part) -> ColumnarSource:
    """An Arrow IPC file (Feather version 2) or stream. Raises InputError for what is none, and for one without rows."""
    kind = _want(path, "Arrow", ("Arrow", "Arrow stream"))

    def batches(wanted: tuple[str, ...]) -> Iterator[pa.Table]:
        with pa.OSFile(str(path)) as mapped:
            if kind == "Arrow":
                file = pa.ipc.open_file(mapped)
                parts = (file.get_batch(i) for i in range(file.num_record_batches))
            else:
                parts = iter(pa.ipc.open_stream(mapped))
            yield from gathered(parts)

    try:
        with pa.OSFile(str(path)) as mapped:
            reader: Any = pa.ipc.open_file(mapped) if kind == "Arrow" else pa.ipc.open_stream(mapped)
            schema = reader.schema
            empty = next((False for t in batches(()) if t.num_rows), True)
    except (pa.ArrowException, OSError) as cause:
        raise InputError(f"{shown(path)}: broken Arrow data ({one_line(cause)}); fetch or write it again") from None
    if empty:
        raise InputError(f"{shown(path)}: got {len(schema)} columns and no rows, want at least one row")
    return ColumnarSource(path, split, part, schema, batches)


def gathered(parts: Iterator[pa.RecordBatch]) -> Iterator[pa.Table]:
    """Small record batches put together until they reach the size of a batch."""
    held: list[pa.RecordBatch] = []
    rows = size = 0
    for part in parts:
        if held and (rows + part.num_rows > BATCH_ROWS or size + part.nbytes > BATCH_BYTES):
            yield pa.Table.from_batches(held)
            held, rows, size = [], 0, 0
        held.append(part)
        rows += part.num_rows
        size += part.nbytes
    if held:
        yield pa.Table.from_batches(held)


def _want(path: Path, want: str, kinds: tuple[str, ...]) -> str:
    head = first_bytes(path)
    found = what_it_is(head)
    if found == "pickle":
        raise InputError(f"{shown(path)}: got a pickle, which can run code and is never opened; save the data as Parquet")
    if found not in kinds:
        got = found or f"something that begins with {head[:4]!r}"
        raise InputError(f"{shown(path)}: got {got}, want {want} as the file's ending says; rename or convert it")
    return found
