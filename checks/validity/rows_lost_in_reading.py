"""VAL126."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from auditor.check import Check, Specimen, Tally
from auditor.model import Effect, Reading, Table, Where
from auditor.rows import Batch, Fault, Setting
from auditor.tallies.places import Places, joined, listed

QUOTED = 20  # faults of each kind that are quoted with their line
SAID = {
    "ragged": "has too few or too many fields",
    "cut": "is cut off",
    "unbalanced-quote": "opens a quote that is not closed",
    "bom": "byte order mark",
    "unreadable": "cannot be read",
    "nul": "holds NUL bytes",
    "invalid-utf8": "holds bytes that are no UTF-8",
}


@dataclass(frozen=True, slots=True)
class Faults(Tally):
    """Faults of reading by split, kind and whether the record was lost; the first 20 of each kind with their line."""

    by: dict[tuple[str, str, bool], Places] = field(default_factory=dict)
    first: dict[tuple[str, str], tuple[Fault, ...]] = field(default_factory=dict)

    @classmethod
    def columns(cls, setting: Setting) -> Iterable[str]:
        return tuple(c.name for c in setting.columns[:1])  # faults come with any column

    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        by: dict[tuple[str, str, bool], Places] = {}
        first: dict[tuple[str, str], tuple[Fault, ...]] = {}
        for kind, lost in sorted({(f.kind, f.lost) for f in batch.faults}):
            some = [f for f in batch.faults if (f.kind, f.lost) == (kind, lost)]
            rows = np.array(sorted(f.row for f in some), np.int64)
            by[batch.split, kind, lost] = Places.of(np.ones(len(rows), np.bool_), rows)
            first[batch.split, kind] = _earliest((*first.get((batch.split, kind), ()), *some))
        return cls(by, first)

    def __add__(self, other: Self) -> Self:
        keys = {**self.first, **other.first}
        first = {k: _earliest((*self.first.get(k, ()), *other.first.get(k, ()))) for k in keys}
        return type(self)(joined(self.by, other.by), first)


def _earliest(faults: tuple[Fault, ...]) -> tuple[Fault, ...]:
    return tuple(sorted(faults, key=lambda f: (f.row, f.line, f.detail))[:QUOTED])


class RowsLostInReading(Check[Faults]):
    """Records of the file could not be read and are not part of the audit.

    ## Why
    What is lost here is lost in training too, or worse: another reader merges such records silently into one long text.

    ## Measured
    Records that were left out (too few or too many fields, a quote that is not closed, a last record cut off, broken JSON), by
    split: count, 0 to infinity, high is bad. Quotes that were mended without a loss are a note.

    ## Fix
    Write the file again with a proper writer, or name its real delimiter and quoting; a cut file: fetch it again.

    ## Known limits
    Line breaks inside quoted cells are legal and not counted, and neither is a byte order mark alone. Tables in memory, Parquet
    and Arrow lose nothing here.

    ## Source
    Own. 0, because the audit must be of all records. SMS Spam read with quotes as quotes loses 2 of its 5,574 records.
    """

    code = "VAL126"
    error_above: float | None = 0.0  # see Source
    good = (
        Specimen(train={"a": ["x", "y"]}),
        Specimen(train={}, file=("csv", 'a,b\n1,"two\nlines"\n2,x\n3,y\n')),
        Specimen(train={}, file=("csv", "\ufeffa,b\n1,x\n2,y\n")),
    )
    bad = (
        Specimen(train={}, file=("csv", "a,b\n1,x\n2\n3,y,z\n4,w\n"), found=1),
        Specimen(train={}, file=("jsonl", '{"a": 1}\n{"a": 2}\n{"a": 3'), found=1),
    )

    def judge(self, setting: Setting, faults: Faults) -> Iterator[Reading]:
        for split in setting.splits:
            found = {(kind, lost): p for (s, kind, lost), p in sorted(faults.by.items(), key=lambda i: i[0]) if s == split.name}
            gone = {f"the record {SAID[kind]}": p for (kind, lost), p in found.items() if lost}
            mended = sum(p.count for (kind, lost), p in found.items() if kind == "unbalanced-quote" and not lost)
            count = sum(p.count for p in gone.values())
            said = ", ".join(f"{p.count:,} {kind}" for (kind, lost), p in found.items() if lost)
            also = f"; {mended:,} unbalanced quotes were mended" if mended else ""
            note = mended > 0 and not count
            yield self.read(
                Where(split=split.name),
                Effect(name="lost_records", value=float(count), unit="rows"),
                f"{count:,} of {split.rows + count:,} records of {split.name} were lost in reading"
                + (f": {said}" if said else "")
                + also,
                affected=count,
                examined=split.rows + count,
                rows=listed(split.name, gone) if count else None,
                evidence=(_table(split.name, faults),) if found else (),
                level="note" if note else "",
                limit=self.error_above if note else None,
            )


def _table(split: str, faults: Faults) -> Table:
    lines = tuple(
        (kind, f.line if f.line > 0 else None, f.row if f.row >= 0 else None, f.detail[:200], "lost" if f.lost else "read")
        for (s, kind), some in sorted(faults.first.items())
        if s == split
        for f in some
    )
    return Table(title="Faults of reading", columns=("fault", "line", "record", "what", "then"), rows=lines[:60])
