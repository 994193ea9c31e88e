"""Tables that are in memory already: Arrow, pandas, polars, `datasets`."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa

from auditor.data.batches import BATCH_BYTES, BATCH_ROWS
from auditor.data.classes import class_names, named
from auditor.rows import InputError, Part, Raw

DIGEST_ROWS = 65_536  # rows hashed at a time, whatever the batches

Slice = Callable[[int, int, tuple[str, ...]], pa.Table]


class TableSource:
    """Rows that can be sliced as Arrow, as a Source."""

    def __init__(self, split: str, part: Part, name: str, schema: pa.Schema, rows: int, size: int, cut: Slice) -> None:
        self.split: str = split
        self.part: Part = part
        self.name = name
        self._schema = schema
        self._rows = rows
        self._size = size  # bytes of all rows
        self._cut = cut
        self._classes = class_names(schema)

    @property
    def columns(self) -> Mapping[str, pa.DataType]:
        return {f.name: pa.string() if f.name in self._classes else f.type for f in self._schema}

    @property
    def assumed(self) -> tuple[str, ...]:
        return tuple(f"column {name!r} holds class numbers: their names are shown" for name in self._classes)

    def read(self, columns: tuple[str, ...] | None = None) -> Iterator[Raw]:
        wanted = tuple(self._schema.names) if columns is None else tuple(c for c in columns if c in self.columns)
        each = max(1, min(BATCH_ROWS, BATCH_BYTES * self._rows // max(self._size, 1)))
        for start in range(0, self._rows, each):
            count = min(each, self._rows - start)
            table = named(self._cut(start, count, wanted), self._classes) if wanted else pa.table({})
            yield Raw(table=table, rows=np.arange(start, start + count, dtype=np.int64))

    @functools.cached_property
    def _digest(self) -> str:
        names = tuple(self._schema.names)
        return digest_of_tables(self._cut(at, DIGEST_ROWS, names) for at in range(0, self._rows, DIGEST_ROWS))

    def digest(self) -> str:
        return self._digest


def digest_of_tables(tables: Iterable[pa.Table]) -> str:
    """SHA-256 of Arrow data in the IPC stream format, without metadata."""
    sha = hashlib.sha256()
    for table in tables:
        plain = table.replace_schema_metadata(None).combine_chunks()
        with pa.ipc.new_stream(pa.PythonFile(_Hash(sha), "w"), plain.schema) as writer:
            writer.write_table(plain)
    return sha.hexdigest()


class _Hash:
    """A writable that hashes what it is given."""

    closed = False

    def __init__(self, sha: Any) -> None:
        self.sha = sha

    def write(self, data: Any) -> int:
        self.sha.update(data)
        return len(data)

    def flush(self) -> None: ...

    def close(self) -> None: ...

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def readable(self) -> bool:
        return False


def open_frame(frame: Any, split: str, part: Part) -> TableSource:
    """A pandas or polars frame, an Arrow table or stream, or columns by name.

    Raises InputError for anything else, no rows, or a column name twice.
    """
    kind = f"{type(frame).__module__.split('.')[0]} {type(frame).__name__}"
    table = _table(frame, kind)
    if table is None:
        raise InputError(f"{split}: got {kind}, want a path, a pandas or polars frame, an Arrow table or a datasets object")
    twice = next((n for n in table.column_names if table.column_names.count(n) > 1), None)
    if twice is not None:
        raise InputError(
            f"{split}: the column name {twice!r} stands {table.column_names.count(twice)} times, want each once; rename one"
        )
    if table.num_rows == 0 or table.num_columns == 0:
        lack = "rows" if table.num_rows == 0 else "columns"
        raise InputError(f"{split}: the {kind} has no {lack}, want at least one")
    return TableSource(
        split, part, kind, table.schema, table.num_rows, table.nbytes, lambda at, n, names: table.slice(at, n).select(names)
    )


def _table(frame: Any, kind: str) -> pa.Table | None:
    if isinstance(frame, pa.Table):
        return frame
    if isinstance(frame, Mapping):
        return _from_columns(frame)
    if kind == "pandas DataFrame":
        columns = [_array(frame.iloc[:, i]) for i in range(frame.shape[1])]
        return pa.Table.from_arrays(columns, names=[str(c) for c in frame.columns])
    if kind == "polars LazyFrame":
        return frame.collect().to_arrow()
    if kind == "polars DataFrame":
        return frame.to_arrow()
    if isinstance(frame, pa.RecordBatch):
        return pa.Table.from_batches([frame])
    if hasattr(frame, "__arrow_c_stream__"):  # readers are used up by one reading, and an audit reads again and again
        try:
            return pa.RecordBatchReader.from_stream(frame).read_all()
        except pa.ArrowInvalid:  # one column, no table
            return None
    return None


def _from_columns(frame: Mapping[Any, Any]) -> pa.Table:
    for name, values in frame.items():
        if isinstance(values, (str, bytes)) or not hasattr(values, "__len__") or not hasattr(values, "__iter__"):
            raise InputError(f"got {type(values).__name__} for the column {str(name)!r}, want a list of values")
    lengths = {str(name): len(values) for name, values in frame.items()}
    if len(set(lengths.values())) > 1:
        some = ", ".join(f"{name}: {count:,}" for name, count in list(lengths.items())[:4])
        raise InputError(f"got columns of different lengths ({some}), want one length; make them equal")
    return pa.table({str(name): _array(values) for name, values in frame.items()})


def _array(values: Any) -> pa.Array | pa.ChunkedArray:
    """A column as Arrow; as text where its kinds are mixed or Arrow has none for it."""
    if str(getattr(values, "dtype", "")).startswith("Sparse"):
        values = values.sparse.to_dense() if hasattr(values, "sparse") else values.to_dense()
    try:
        found = pa.array(values, from_pandas=True)
        if not isinstance(found.type, pa.BaseExtensionType):
            return found
    except (pa.ArrowException, TypeError, ValueError, OverflowError):
        pass
    return pa.array([None if _missing(v) else _text(v) for v in values], pa.string())


def _missing(value: Any) -> bool:
    if value is None or type(value).__name__ in ("NAType", "NaTType"):
        return True
    return isinstance(value, float) and value != value


def _text(value: Any) -> str:
    """The value as text; halves of surrogate pairs, which are no Unicode text, become U+FFFD."""
    return str(value).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
