"""VAL121."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from auditor.check import Check, Specimen, Tally
from auditor.model import Affected, Reading, Table, Where
from auditor.rows import Batch, Setting
from auditor.statistics.proportions import share
from auditor.tallies.encoding import KINDS, broken
from auditor.tallies.normal import texts
from auditor.tallies.places import Places, joined, listed

READ = {"invalid-utf8": "invalid UTF-8", "nul": "NUL"}  # faults that a reader mends and reports


@dataclass(frozen=True, slots=True)
class BrokenTexts(Tally):
    """Rows by split, column and kind of damage (and any damage); column "" holds what the reader had to mend."""

    by: dict[tuple[str, str, str], Places] = field(default_factory=dict)

    @classmethod
    def columns(cls, setting: Setting) -> Iterable[str]:
        return tuple(c.name for c in setting.columns if c.kind in ("category", "text"))

    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        by = {}
        for name in cls.columns(batch.setting):
            values = texts(batch, name)
            masks = {} if values is None else broken(values)
            for kind, mask in masks.items():
                by[batch.split, name, kind] = Places.of(mask, batch.rows)
            if masks:
                by[batch.split, name, "any"] = Places.of(np.logical_or.reduce(list(masks.values())), batch.rows)
        for fault, kind in READ.items():
            rows = np.unique([f.row for f in batch.faults if f.kind == fault and f.row >= 0]).astype(np.int64)
            if len(rows):
                by[batch.split, "", kind] = Places(len(rows), rows)
        return cls(by)

    def __add__(self, other: Self) -> Self:
        return type(self)(joined(self.by, other.by))

    def kinds(self, split: str, column: str) -> dict[str, Places]:
        """Kind of damage -> where, of one column."""
        order = (*KINDS, *READ.values())
        found = {k: self.by[split, column, k] for k in dict.fromkeys(order) if (split, column, k) in self.by}
        return found


class BrokenEncoding(Check[BrokenTexts]):
    """Texts were decoded with the wrong encoding, or hold bytes that are no text.

    ## Why
    "cafÃ©" costs more tokens than "café", never occurs in good text, and the model learns to write it.

    ## Measured
    Rows with U+FFFD, a C1 control (U+0080 to U+009F), NUL or mojibake / rows, by split and column: share, 0 to 1, high is bad.
    Mojibake: the whole text goes back through Windows-1252 to valid UTF-8 that is shorter and reads as letters, punctuation or
    emoji. Invalid UTF-8 and NUL bytes that the reader replaced are counted by row beside the columns.

    ## Fix
    Read the file with its true encoding; where that is lost, repair the texts whose way back is exact.

    ## Known limits
    Texts about encodings. Texts that mix mojibake with correct characters beyond ASCII are missed, because they do not go back
    as a whole; a capital before a sign ("AMANHÃ…") is taken as correct. Texts inside lists and structs are not read.

    ## Source
    The idea is ftfy's (Speer 2019, doi:10.5281/zenodo.2591652). The limits were chosen by us: of the damage planted in 50 sets
    of 5,000 sentences with é ß ñ every row was found and no other; 50 clean tables gave no alarm: benchmarks/README.md.
    """

    code = "VAL121"
    warn_above: float | None = 0.0  # one such text is a sign of a wrong turn in reading
    error_above: float | None = 0.001  # by the interval: it is no stray any more
    good = Specimen(train={"text": ["Ein grüner Hügel", "Où est le café ?", "AMANHÃ… “Spaß”", "Привет", None] * 20})
    bad = (
        Specimen(train={"text": ["Ein grÃ¼ner HÃ¼gel", "a good one", "Où est le café ?"] * 20}, found=1),
        Specimen(train={"text": ["lost \ufffd here", "gone\x92t", "zero\x00", "fine as it is"] * 20}, found=1),
    )

    def lacks(self, setting: Setting) -> str | None:
        return None if any(c.kind in ("category", "text") for c in setting.columns) else "there is no column of texts"

    def judge(self, setting: Setting, damage: BrokenTexts) -> Iterator[Reading]:
        for split in setting.splits:
            seen: list[np.ndarray[Any, np.dtype[np.int64]]] = []
            for column in setting.columns:
                if column.kind in ("category", "text") and split.name in column.splits:
                    whole = damage.by.get((split.name, column.name, "any"), Places())
                    seen.append(whole.rows)
                    found = damage.kinds(split.name, column.name)
                    yield self._reading(split.name, column.name, split.rows, whole.count, found, _first(split.name, found))
            mended = damage.kinds(split.name, "")
            if mended:
                rows = np.setdiff1d(
                    np.concatenate([p.rows for p in mended.values()]), np.concatenate([np.empty(0, np.int64), *seen])
                )
                affected = Affected(split=split.name, row=rows, detail=np.full(len(rows), "mended by the reader", object))
                yield self._reading(split.name, "", split.rows, len(rows), mended, affected)

    def _reading(
        self, split: str, column: str, rows: int, count: int, found: dict[str, Places], affected: Affected | None
    ) -> Reading:
        said = ", ".join(f"{p.count:,} {kind}" for kind, p in found.items())
        place = f"texts of {column!r}" if column else "records beside those of broken columns"
        lines = tuple((kind, p.count) for kind, p in found.items())
        return self.read(
            Where(split=split, columns=(column,) if column else ()),
            share("broken_share", count, rows),
            f"{count:,} of {rows:,} {place} in {split} are decoded wrongly" + (f": {said}" if said else ""),
            affected=count,
            examined=rows,
            rows=affected if count else None,
            evidence=(Table(title="Damage by kind", columns=("kind", "rows"), rows=lines),) if count else (),
        )


def _first(split: str, found: dict[str, Places]) -> Affected | None:
    """Each row once, under the first kind of damage it has."""
    if not found:
        return None
    every = listed(split, found)
    _, places = np.unique(every.row, return_index=True)
    details = every.detail[places] if every.detail is not None else None
    return Affected(split=split, row=every.row[places], detail=details)
