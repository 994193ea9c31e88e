"""A copy of one file with some rows, columns and values changed; what is not changed stays as it was written."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from auditor.data.jsonlines import JsonSource
from auditor.data.open import PACKINGS, WANTED, format_of
from auditor.data.stream import open_text
from auditor.rows import InputError, Source

Fill = Callable[[int], Any]


@dataclass(slots=True)
class Changes:
    """What to change in the rows of one split, by position."""

    dropped: set[int] = field(default_factory=set)
    dropped_columns: set[str] = field(default_factory=set)
    values: dict[str, dict[int, str]] = field(default_factory=dict)  # column -> row -> new value
    added: dict[str, Fill] = field(default_factory=dict)  # new column -> its value by row
    copies: Callable[[dict[str, str | None]], dict[str, str] | None] | None = None  # texts of a row -> those of its copy
    copied: tuple[str, ...] = ()  # the columns that `copies` reads

    def of(self, remedy: str, row: int, columns: tuple[str, ...], suggestion: object) -> int:
        """Notes one row of a finding; returns how many changes that are new it makes."""
        if remedy == "drop rows":
            new = row not in self.dropped
            self.dropped.add(row)
            return int(new)
        if not isinstance(suggestion, str) or not suggestion or not columns:
            return 0
        self.values.setdefault(columns[0], {})[row] = suggestion
        return 1


AUGMENTED, GROUP = "augmented", "augment_group"


def ending(path: Path) -> str:
    """All endings of the name that tell a format: `.csv.gz`."""
    return "".join(path.suffixes[-2:]) if path.suffix in PACKINGS else path.suffix


def write(source: Source, changes: Changes, target: Path, format: str | None) -> dict[str, int]:
    """Writes the copy without the records that could not be read; counts rows before and after, values changed, copies."""
    if isinstance(source, JsonSource):
        return _json(source, changes, target, array=source.array)
    return _tables(source, changes, target, format_of(Path(source.name), format)[0])


def _tables(source: Source, changes: Changes, target: Path, kind: str) -> dict[str, int]:
    counts = {"rows_before": 0, "rows_after": 0, "values_changed": 0, "copies_added": 0}
    dropped = np.sort(np.fromiter(changes.dropped, np.int64, len(changes.dropped)))
    with _sink(target) as sink:
        writer: Any = None
        for raw in source.read():
            first, last = np.searchsorted(dropped, [raw.rows[0], raw.rows[-1] + 1]) if len(raw.rows) else (0, 0)
            table = _changed(raw.table, raw.rows, dropped[first:last], changes, counts)
            if writer is None:
                writer = _writer(sink, table.schema, kind)
            writer.write_table(table)
        if writer is not None:
            writer.close()
    return counts


def _writer(sink: Any, schema: pa.Schema, kind: str) -> Any:
    if kind == "parquet":
        import pyarrow.parquet as pq

        return pq.ParquetWriter(sink, schema)
    if kind == "arrow":
        return pa.ipc.new_file(sink, schema)
    return Lines(sink, schema, "\t" if kind == "tsv" else ",")


class Lines:
    """Writes tables as CSV, quoted only where a cell needs it; null is an empty cell."""

    def __init__(self, sink: BinaryIO, schema: pa.Schema, delimiter: str) -> None:
        self.text = io.TextIOWrapper(sink, "utf-8", newline="")
        self.rows = csv.writer(self.text, delimiter=delimiter, lineterminator="\n")
        self.rows.writerow(schema.names)

    def write_table(self, table: pa.Table) -> None:
        """Writes the rows of a table."""
        self.rows.writerows(zip(*(c.to_pylist() for c in table.columns), strict=True))

    def close(self) -> None:
        """Hands the last bytes on and leaves the sink open."""
        self.text.detach()


@contextmanager
def _sink(target: Path) -> Iterator[BinaryIO]:
    if target.suffix == ".gz":
        with gzip.open(target, "wb") as packed:
            yield packed  # type: ignore[misc]  # a GzipFile is a binary file in all but name
    elif target.suffix == ".zst":
        with pa.output_stream(str(target), compression="zstd") as packed:
            yield packed
    else:
        with target.open("wb") as plain:
            yield plain


def _changed(table: pa.Table, rows: Any, dropped: Any, changes: Changes, counts: dict[str, int]) -> pa.Table:
    counts["rows_before"] += len(rows)
    keep = ~np.isin(rows, dropped)
    table, rows = table.filter(pa.array(keep)), rows[keep]
    for name, by in changes.values.items():
        if name in table.column_names:
            told = np.isin(rows, np.fromiter(by, np.int64, len(by)))
            if told.any():
                new = [by[row] for row in rows[told].tolist()]
                place = table.column_names.index(name)
                table = table.set_column(place, table.schema.field(name), _replaced(table.column(name), told, new, name))
                counts["values_changed"] += len(new)
    table = table.drop_columns([c for c in table.column_names if c in changes.dropped_columns])
    for name, fill in changes.added.items():
        table = table.append_column(name, pa.array([fill(int(r)) for r in rows.tolist()]))
    if changes.copies is not None:
        table = _with_copies(table, rows, changes, counts)
    counts["rows_after"] += len(table)
    return table


def _replaced(column: pa.ChunkedArray, told: NDArray[np.bool_], new: list[str], name: str) -> pa.Array:
    """The column with the values at `told` replaced by new ones, which are spelled as text. Keeps its type."""
    kind = column.type
    plain = kind.value_type if pa.types.is_dictionary(kind) else kind
    try:
        values = pa.array(new, pa.string()).cast(plain)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise InputError(
            f"column {name!r} holds {plain}, to which {new[0]!r} cannot be cast; leave this fix out (--select)"
        ) from None
    whole = pc.replace_with_mask(column.cast(plain).combine_chunks(), pa.array(told), values)
    return whole.dictionary_encode().cast(kind) if plain is not kind else whole


def _with_copies(table: pa.Table, rows: Any, changes: Changes, counts: dict[str, int]) -> pa.Table:
    assert changes.copies is not None
    copied = [c for c in changes.copied if c in table.column_names]
    read = [table.column(c).to_pylist() for c in copied]
    made = [changes.copies(dict(zip(copied, texts, strict=True))) for texts in zip(*read, strict=True)]
    which = [i for i, m in enumerate(made) if m]
    groups = pa.array(rows, pa.int64())
    own = table.append_column(AUGMENTED, pa.array(["no"] * len(table))).append_column(GROUP, groups)
    if not which:
        return own
    copy = own.take(pa.array(which))
    for name, before in zip(copied, read, strict=True):
        texts = [(made[i] or {}).get(name, before[i]) for i in which]
        copy = copy.set_column(copy.column_names.index(name), name, pa.array(texts, copy.schema.field(name).type))
    copy = copy.set_column(copy.column_names.index(AUGMENTED), AUGMENTED, pa.array(["yes"] * len(which)))
    counts["copies_added"] += len(which)
    return pa.concat_tables([own, copy])


def _json(source: Source, changes: Changes, target: Path, *, array: bool) -> dict[str, int]:
    counts = {"rows_before": 0, "rows_after": 0, "values_changed": 0, "copies_added": 0}
    readable = {int(r) for raw in source.read(()) for r in raw.rows.tolist()}
    with _sink(target) as sink:
        sink.write(b"[\n" if array else b"")
        for position, (record, line) in enumerate(_records(source, array)):
            if position not in readable:
                continue
            counts["rows_before"] += 1
            if position in changes.dropped:
                continue
            for value in _of_record(position, record, changes, counts):
                text = line if value is record else json.dumps(value, ensure_ascii=False).encode()
                between = b",\n" if array and counts["rows_after"] else b""
                sink.write(between + text + (b"" if array else b"\n"))
                counts["rows_after"] += 1
        sink.write(b"\n]\n" if array else b"")
    return counts


def _records(source: Source, array: bool) -> Iterator[tuple[Any, bytes]]:
    """Every record and how it was written. An array is held in memory whole."""
    path = Path(source.name)
    chunks = open_text(path, PACKINGS.get(path.suffix, ""), WANTED["json" if array else "jsonl"]).chunks()
    if array:
        for record in json.loads(b"".join(chunks)):
            yield record, json.dumps(record, ensure_ascii=False).encode()
        return
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        yield from ((_parsed(line), line) for line in lines if line.strip())
    if rest.strip():
        yield _parsed(rest), rest


def _parsed(line: bytes) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None


def _of_record(position: int, record: Any, changes: Changes, counts: dict[str, int]) -> Iterator[Any]:
    values = {n: _like(record.get(n), by[position]) for n, by in changes.values.items() if position in by}
    added = {name: fill(position) for name, fill in changes.added.items()}
    if not (values or added or changes.copies or changes.dropped_columns & set(record)):
        yield record
        return
    counts["values_changed"] += len(values)
    whole = {k: v for k, v in {**record, **values, **added}.items() if k not in changes.dropped_columns}
    if changes.copies is None:
        yield whole
        return
    yield {**whole, AUGMENTED: "no", GROUP: position}
    texts = changes.copies({c: v if isinstance(v := whole.get(c), str) else None for c in changes.copied})
    if texts:
        counts["copies_added"] += 1
        yield {**whole, **texts, AUGMENTED: "yes", GROUP: position}


def _like(old: Any, new: str) -> Any:
    """The new value, spelled as text, as the kind of value that it replaces; as text where it is none of that kind."""
    if not isinstance(old, bool | int | float):
        return new
    try:
        value = json.loads(new)
        return type(old)(value) if isinstance(value, int | float) and type(old)(value) == value else value
    except ValueError:
        return new
