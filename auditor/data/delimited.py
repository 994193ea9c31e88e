"""CSV and TSV: every cell a string, as it stands in the file."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import csv

from auditor.data.batches import sliced, with_faults_kept
from auditor.data.dialect import Dialect, dialect, is_padded, unpadded
from auditor.data.mending import mended
from auditor.data.records import Block, Form, blocks, spans
from auditor.data.stream import TextFile, digest_of, one_line, shown
from auditor.rows import Fault, InputError, Part, Raw


class DelimitedSource:
    """One CSV or TSV file as a Source. Records that could not be read keep their positions: `rows` has gaps there."""

    def __init__(self, file: TextFile, split: str, part: Part, own: bytes) -> None:
        self.file = file
        self.split: str = split
        self.part: Part = part
        self.name = str(file.path)
        self.dialect: Dialect = dialect(file, own)

    @property
    def columns(self) -> Mapping[str, pa.DataType]:
        return dict.fromkeys(self.dialect.names, pa.string())

    @functools.cached_property
    def padded(self) -> bool:
        """True where a blank follows every delimiter of the whole file; asked of the file only if its first block says so."""
        if not self.dialect.padded:
            return False
        return all(is_padded(block.data, self.dialect.form) for block in self._blocks() if block.data.strip())

    @property
    def assumed(self) -> tuple[str, ...]:
        said = (*self.file.said, *self.dialect.said)
        return (*said, "blanks after the delimiters are left out: every record has them") if self.padded else said

    @functools.cached_property
    def _digest(self) -> str:
        return digest_of(self.file.path)

    def digest(self) -> str:
        return self._digest

    def _blocks(self) -> Iterator[Block]:
        return blocks(self.file.chunks(self.dialect.skip), self.dialect.form, self.dialect.line, shown(self.file.path))

    def read(self, columns: tuple[str, ...] | None = None) -> Iterator[Raw]:
        wanted = self.dialect.names if columns is None else tuple(c for c in columns if c in self.dialect.names)
        return with_faults_kept(self._read(wanted), shown(self.file.path))

    def _read(self, wanted: tuple[str, ...]) -> Iterator[Raw]:
        at = 0
        for block in self._blocks():
            text, faults = mended(block, self.dialect.form)
            if self.padded:
                text = unpadded(text, self.dialect.form)
            try:
                table, ragged = parse(text, self.dialect, wanted)
            except pa.ArrowInvalid as cause:
                where = f"{shown(self.file.path)}: the block that begins at line {block.line:,}"
                raise InputError(f"{where} cannot be read ({one_line(cause)}), want records in lines; check the format") from None
            rows, more = positions(block, text, table.num_rows, ragged, self.dialect.form, at)
            faults = [Fault(kind=f.kind, row=at + f.row, line=f.line, detail=f.detail, lost=False) for f in faults]
            if at == 0 and self.file.mark:
                faults.insert(0, Fault(kind="bom", row=-1, line=1, detail=self.file.said[0], lost=False))
            yield from sliced(
                table.select(wanted) if wanted else pa.table({}), rows, tuple(sorted(faults + more, key=lambda f: f.row))
            )
            at += table.num_rows + len(ragged) + len(block.lost)


def parse(text: bytes, dialect: Dialect, wanted: tuple[str, ...]) -> tuple[pa.Table, list[Any]]:
    """The wanted columns of a block, and its records with too few or too many fields, in order."""
    ragged: list[Any] = []
    read = wanted or dialect.names[:1]

    def skip(row: Any) -> str:
        ragged.append(row)
        return "skip"

    if not text.strip(b"\r\n"):
        return pa.table({n: pa.array([], pa.string()) for n in read}), []
    return csv.read_csv(
        pa.BufferReader(text),
        csv.ReadOptions(use_threads=False, column_names=list(dialect.names), block_size=len(text) + 1),
        csv.ParseOptions(
            delimiter=dialect.form.delimiter.decode(),
            quote_char='"' if dialect.form.quoting else False,
            newlines_in_values=dialect.form.quoting and b'"' in text,
            invalid_row_handler=skip,
        ),
        csv.ConvertOptions(
            check_utf8=False,  # the whole block has been looked at already
            column_types=dict.fromkeys(read, pa.string()),
            include_columns=list(read),
            strings_can_be_null=False,
        ),
    ), ragged


def positions(
    block: Block, text: bytes, parsed: int, ragged: list[Any], form: Form, at: int
) -> tuple[NDArray[np.int64], list[Fault]]:
    """The positions of the parsed records, and a Fault for each record of the block that is left out."""
    total = parsed + len(ragged) + len(block.lost)
    place = np.delete(np.arange(at, at + total, dtype=np.int64), [one.index for one in block.lost])
    faults = [
        Fault(kind="cut" if one.last else "unbalanced-quote", row=at + one.index, line=one.line, detail="a quote is not closed")
        for one in block.lost
    ]
    if not ragged:
        return place, faults
    numbers = np.array([row.number - 1 for row in ragged], np.int64)
    starts = [start for start, _ in spans(text, form)]
    open_end = block.last and not text.endswith((b"\n", b"\r"))
    for row, number in zip(ragged, numbers, strict=True):
        cut = open_end and number == len(place) - 1 and row.actual_columns < row.expected_columns
        line = block.line + text.count(b"\n", 0, starts[number])
        detail = f"{row.actual_columns} fields, want {row.expected_columns}"
        faults.append(Fault(kind="cut" if cut else "ragged", row=int(place[number]), line=line, detail=detail))
    return np.delete(place, numbers), faults


def open_delimited(file: TextFile, split: str, part: Part, own: bytes) -> DelimitedSource:
    """A CSV (`own` is a comma) or TSV (a tab). Raises InputError for what has no records, or a column name twice."""
    if not file.head().strip():
        raise InputError(f"{shown(file.path)}: got blank lines only, want a header and at least one record")
    return DelimitedSource(file, split, part, own)
