"""Tables that are in memory already: Arrow, pandas, polars."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from auditor.rows import InputError, Part, Raw

BATCH_ROWS = 65_536


@dataclass(frozen=True, slots=True, eq=False)
class TableSource:
    """An Arrow table as a Source."""

    split: str
    part: Part
    name: str
    table: pa.Table

    @property
    def columns(self) -> Mapping[str, pa.DataType]:
        return dict(zip(self.table.schema.names, self.table.schema.types, strict=True))

    def read(self, columns: tuple[str, ...] | None = None) -> Iterator[Raw]:
        table = self.table if columns is None else self.table.select([c for c in columns if c in self.columns])
        for start in range(0, table.num_rows, BATCH_ROWS):
            part = table.slice(start, BATCH_ROWS)
            yield Raw(table=part, rows=np.arange(start, start + part.num_rows, dtype=np.int64))

    def digest(self) -> str:
        sha = hashlib.sha256(str(self.table.schema.remove_metadata()).encode())
        sink = _Hash(sha)
        with pa.ipc.new_stream(pa.PythonFile(sink, "w"), self.table.schema.remove_metadata()) as writer:
            writer.write_table(self.table.combine_chunks(), max_chunksize=BATCH_ROWS)
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
    """A pandas or polars frame or an Arrow table. Raises InputError for anything else, no rows, or a column name twice."""
    kind = f"{type(frame).__module__.split('.')[0]} {type(frame).__name__}"
    if isinstance(frame, pa.Table):
        table = frame
    elif isinstance(frame, Mapping):
        table = pa.table({k: _array(v) for k, v in frame.items()})
    elif kind.startswith("pandas "):
        table = _from_pandas(frame)
    elif kind.startswith("polars "):
        table = frame.to_arrow()
    else:
        raise InputError(f"{split}: got {kind}, want a path, a pandas or polars frame, an Arrow table or a datasets object")
    twice = sorted({n for n in table.column_names if table.column_names.count(n) > 1})
    if twice:
        raise InputError(f"{split}: the column name {twice[0]!r} stands {table.column_names.count(twice[0])} times; rename one")
    if table.num_rows == 0:
        raise InputError(f"{split}: the {kind} has no rows")
    return TableSource(split, part, kind, table)


def _array(values: Any) -> pa.Array:
    try:
        return pa.array(values, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError):  # kinds are mixed: keep them as text
        return pa.array([None if v is None else str(v) for v in values], pa.string())


def _from_pandas(frame: Any) -> pa.Table:
    names = [str(c) for c in frame.columns]
    arrays = [_array(frame.iloc[:, i]) for i in range(len(names))]
    return pa.Table.from_arrays(arrays, names=names)
