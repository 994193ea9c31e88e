"""JSON: one object a line, or one array of objects."""

from __future__ import annotations

import functools
import itertools
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from pyarrow import json as arrow_json

from auditor.data import jsontypes
from auditor.data.batches import sliced, with_faults_kept
from auditor.data.jsonarray import documents, elements
from auditor.data.mending import mended, without_lone_escapes
from auditor.data.records import Block, Form, blocks, spans
from auditor.data.stream import TextFile, digest_of, shown
from auditor.rows import Fault, InputError, Part, Raw

LINES = Form()
KEYS_SHOWN = 6
OBJECT_BLOCKS = 8  # blocks of 8 MB that are parsed to say what a refused file holds


@dataclass(frozen=True, slots=True)
class Piece:
    """JSON objects one after another, as text."""

    data: bytes
    count: int  # objects in it
    line: int  # 1-based line in the file where it begins
    faults: tuple[Fault, ...] = ()  # `row` counts within the piece
    lines: bool = True  # one object a line


class JsonSource:
    """A JSON file as a Source. It is read once to learn the types: those of a column are unified over the whole file."""

    def __init__(self, file: TextFile, split: str, part: Part, *, array: bool, said: tuple[str, ...] = ()) -> None:
        self.file = file
        self.split: str = split
        self.part: Part = part
        self.name = str(file.path)
        self.array = array
        self._said = (*file.said, *said)
        self.fields: dict[str, pa.DataType] = {}
        self._mixed: set[str] = set()
        count = 0
        for piece in self._pieces():
            count += piece.count
            fields, odd = self._types(piece)
            self.fields, between = jsontypes.union(self.fields, fields)
            self._mixed |= odd | between
        self.fields = {name: jsontypes.settled(kind) for name, kind in self.fields.items()}
        if not count or not self.fields:
            got = "no record" if not count else f"{count:,} objects without a key"
            raise InputError(f"{shown(file.path)}: got {got}, want at least one object with a value")

    @property
    def columns(self) -> Mapping[str, pa.DataType]:
        return dict(self.fields)

    @property
    def assumed(self) -> tuple[str, ...]:
        return self._said + tuple(
            f"column {n!r} holds values of mixed types: where they differ they are read as text" for n in sorted(self._mixed)
        )

    @functools.cached_property
    def _digest(self) -> str:
        return digest_of(self.file.path)

    def digest(self) -> str:
        return self._digest

    def read(self, columns: tuple[str, ...] | None = None) -> Iterator[Raw]:
        wanted = {n: k for n, k in self.fields.items() if columns is None or n in columns}
        order = list(wanted) if columns is None else [c for c in columns if c in wanted]
        return with_faults_kept(self._read(wanted, order), shown(self.file.path))

    def _read(self, wanted: Mapping[str, pa.DataType], order: list[str]) -> Iterator[Raw]:
        at = 0
        for piece in self._pieces():
            table = self._table(piece, wanted).select(order) if wanted else pa.table({})
            faults = [Fault(kind=f.kind, row=at + f.row, line=f.line, detail=f.detail, lost=f.lost) for f in piece.faults]
            if at == 0 and self.file.mark:
                faults.insert(0, Fault(kind="bom", row=-1, line=1, detail=self.file.said[0], lost=False))
            yield from sliced(table, np.arange(at, at + piece.count, dtype=np.int64), tuple(faults))
            at += piece.count + sum(f.lost for f in piece.faults)

    def _pieces(self) -> Iterator[Piece]:
        if self.array:
            for data, count, line, faults in elements(self.file):
                yield Piece(data, count, line, faults, False)
        else:
            for block in blocks(self.file.chunks(), LINES, 1, shown(self.file.path)):
                yield _piece(block)

    def _types(self, piece: Piece) -> tuple[dict[str, pa.DataType], set[str]]:
        table = _parsed(piece, None)
        if table is None:
            return jsontypes.fields_of(self._objects(piece))
        return {f.name: jsontypes.plain(f.type) for f in table.schema}, set()

    def _table(self, piece: Piece, fields: Mapping[str, pa.DataType]) -> pa.Table:
        table = _parsed(piece, pa.schema(list(fields.items())))
        return jsontypes.table_of(self._objects(piece), fields) if table is None else table

    def _objects(self, piece: Piece) -> list[dict[str, Any]]:
        """The objects of a piece by Python's parser: slower, but it takes all that is JSON and says where something is not."""
        if not piece.lines:
            return list(documents(piece.data))
        found = []
        for i, line in enumerate(piece.data.split(b"\n")):
            if line.strip():
                found.append(_object(line, piece.line + i, self.file))
        return found


def _object(line: bytes, number: int, file: TextFile) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except json.JSONDecodeError as cause:
        hint = "" if not line.lstrip().startswith(b"[") else "; for one JSON array: --format json"
        where = f"{shown(file.path)}: line {number}, column {cause.colno}"
        raise InputError(f"{where}: broken JSON ({cause.msg}), want one whole object a line{hint}") from None
    except RecursionError:
        raise InputError(f"{shown(file.path)}: line {number}: JSON nested too deep; flatten it") from None
    if not isinstance(value, dict):
        hint = "; for one JSON array: --format json" if isinstance(value, list) else ""
        raise InputError(f"{shown(file.path)}: line {number} is a {_kind(value)}, want one object a line{hint}")
    return value


def _kind(value: Any) -> str:
    return {list: "list", str: "string", bool: "truth value", type(None): "null"}.get(type(value), "number")


def _parsed(piece: Piece, schema: pa.Schema | None) -> pa.Table | None:
    """The piece by Arrow's parser, or None where it does not take it or sees other records than there are lines."""
    if not piece.count:
        return None if schema is None else schema.empty_table()
    try:
        table = arrow_json.read_json(
            pa.BufferReader(piece.data),
            arrow_json.ReadOptions(use_threads=False, block_size=len(piece.data) + 1),
            arrow_json.ParseOptions(
                explicit_schema=schema,
                newlines_in_values=not piece.lines,
                unexpected_field_behavior="infer" if schema is None else "ignore",
            ),
        )
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        return None
    return table if table.num_rows == piece.count else None


def _piece(block: Block) -> Piece:
    """The lines of a block; a last line that was cut is left out and counted."""
    data, faults = mended(block, LINES)
    whole = without_lone_escapes(data)
    if whole is not data:
        for i, (start, end) in enumerate(spans(data, LINES)):
            line = data[start:end]
            if without_lone_escapes(line) is not line:
                number = block.line + data.count(b"\n", 0, start)
                faults.append(Fault(kind="invalid-utf8", row=i, line=number, lost=False))
        data = whole
    count = _count(data)
    start = data.rfind(b"\n") + 1
    if block.last and data[start:].strip() and not _whole(data[start:]):
        number = block.line + data.count(b"\n")
        faults.append(Fault(kind="cut", row=count - 1, line=number, detail="the last line is no whole object"))
        data, count = data[:start], count - 1
    return Piece(data, count, block.line, tuple(sorted(faults, key=lambda f: f.row)))


def _count(data: bytes) -> int:
    """Lines that are not blank."""
    octets = np.frombuffer(data, np.uint8)
    starts = np.concatenate([[0], np.flatnonzero(octets == 10) + 1])
    starts = starts[starts < len(data)]
    if (octets[starts] <= 32).any():  # such a line begins with a blank, or is one
        return sum(1 for line in data.split(b"\n") if line.strip())
    return len(starts)


def _whole(line: bytes) -> bool:
    try:
        json.loads(line)
    except json.JSONDecodeError:
        return False
    return True


def open_json(file: TextFile, split: str, part: Part, *, array: bool) -> JsonSource:
    """A JSON lines file, or an array of objects. Raises InputError for broken JSON, no records, or one object."""
    head = file.head().lstrip()
    if not head:
        raise InputError(f"{shown(file.path)}: got blank lines only, want at least one object")
    if not array or head.startswith(b"["):
        return JsonSource(file, split, part, array=array)
    lines = [line for line in head.split(b"\n", 2) if line.strip()][:2]
    if len(lines) == 2 and _whole(lines[0]) and lines[1].lstrip().startswith(b"{"):
        return JsonSource(file, split, part, array=False, said=("read as JSON lines: it holds one object a line, no array",))
    raise InputError(f"{shown(file.path)}: got {_document(file)}, want an array of objects, or one object a line")


def _document(file: TextFile) -> str:
    """What a JSON document that is no array is."""
    chunks = file.chunks()
    text = b"".join(itertools.islice(chunks, OBJECT_BLOCKS)).decode("utf-8", "replace")
    if next(chunks, None) is not None:
        return f"a JSON document that begins with {text.lstrip()[:1]!r}"
    try:
        value = json.loads(text)
    except json.JSONDecodeError as cause:
        return f"broken JSON at line {cause.lineno}, column {cause.colno} ({cause.msg})"
    if not isinstance(value, dict):
        return f"a JSON {_kind(value)}"
    names = ", ".join(repr(n) for n in list(value)[:KEYS_SHOWN]) + (" ..." if len(value) > KEYS_SHOWN else "")
    lists = sum(isinstance(v, list) for v in value.values())
    return f"one JSON object with the keys {names}" + (" (save each of its lists as a file of its own)" if lists else "")
