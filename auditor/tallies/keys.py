"""Content hashes of rows, inputs and texts, by split: what exact and normalised copies are found with."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from auditor.check import Tally
from auditor.rows import Batch, Setting
from auditor.statistics.sampling import position_hash
from auditor.tallies.hashing import MISSING, Hashes, combined, hashed, hashed_column, mix
from auditor.tallies.normal import n1
from auditor.tallies.records import Records
from auditor.turns import text_of

Names = tuple[str, ...]

SAMPLED_ROWS = 50_000
SAMPLED_CELLS = 5_000_000
"""At most 50,000 rows and 5 million cell hashes (40 MB) a split are kept for the expected chance collisions."""

SEPARATOR = "\x1f"
"""Stands between the text columns of a row."""

RAW, CONTENT, LABEL = 2, 3, 4
"""Words of a record of `TextKeys`: after the key and the row."""

RAW_ONLY = np.uint64(0x589965CC75374CC3)
"""Salts the key of a text that N1 empties: it is compared raw."""


def content(setting: Setting) -> Names:
    """The columns that make a row what it is: all but id-like ones and the roles id, weight, prediction, probabilities."""
    roles = setting.roles
    out = {roles.id, roles.weight, roles.prediction}
    kept = (c for c in setting.columns if c.name not in out and not c.id_like)
    return tuple(c.name for c in kept if not (set(roles.of(c.name)) & {"probabilities"}))


def left_out(setting: Setting) -> Names:
    """The columns that `content` leaves out."""
    kept = set(content(setting))
    return tuple(c.name for c in setting.columns if c.name not in kept)


def common(setting: Setting, *splits: str) -> Names:
    """The content columns that all these splits have."""
    kept = set(content(setting))
    return tuple(c.name for c in setting.columns if c.name in kept and set(splits) <= set(c.splits))


def pairs(setting: Setting) -> Iterator[tuple[str, str]]:
    """(split, split it must not share rows with): held-out and reference against train, held-out against held-out."""
    before: list[str] = []
    for split in setting.splits:
        if split.part == "held-out":
            yield from ((split.name, name) for name in before)
            before.append(split.name)
        elif split.part == "train":
            before.insert(0, split.name)
        else:
            yield from ((split.name, s.name) for s in setting.splits if s.part == "train")


def shapes(setting: Setting, split: str) -> tuple[Names, ...]:
    """The choices of columns under which rows of this split are compared: its own, and those it shares with another."""
    others = [s.name for s in setting.splits]
    return tuple(sorted({common(setting, split, other) for other in others} - {()}))


def text_columns(setting: Setting) -> Names:
    """The texts that are learnt from: the role text, else prompt and response, else those of a preference or a chat."""
    roles = setting.roles
    if roles.text:
        return tuple(roles.text)
    if roles.chosen or roles.rejected:
        return tuple(n for n in (roles.prompt or roles.messages, roles.chosen, roles.rejected) if n)
    return tuple(n for n in (roles.prompt, roles.response) if n) or tuple(n for n in (roles.messages,) if n)


def texts(batch: Batch, names: Names) -> tuple[pa.Array, pa.Array] | None:
    """(raw, N1) of the text columns of every row, joined by a separator; null where all of them are null or blank.

    None where the split lacks one of the columns.
    """
    if not names or not all(batch.has(name) for name in names):
        return None
    raw = [pc.fill_null(text_of(batch.column(name)), "") for name in names]
    joined, normal = _joined(raw), _joined([n1(r) for r in raw])
    blank = pc.equal(pc.utf8_trim_whitespace(pc.replace_substring(joined, SEPARATOR, " ")), "")
    nothing = pa.scalar(None, pa.large_string())
    return pc.if_else(blank, nothing, joined), pc.if_else(blank, nothing, normal)


def _joined(columns: list[pa.Array]) -> pa.Array:
    if len(columns) == 1:
        return columns[0]
    return pc.binary_join_element_wise(*columns, pa.scalar(SEPARATOR, pa.large_string()))


def lacks_texts(setting: Setting) -> str | None:
    """Why there are no texts to compare, or None."""
    return None if text_columns(setting) else "no column has the role text, nor prompt, response, chosen, rejected or messages"


@dataclass(frozen=True, slots=True, eq=False)
class CellSample:
    """Hashes of the cells of sampled rows: all rows up to the cap, else those with the smallest position hashes."""

    names: Names = ()
    rows: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    cells: Hashes = field(default_factory=lambda: np.empty((0, 0), np.uint64))  # (rows, names)
    seed: int = 0

    def __add__(self, other: CellSample) -> CellSample:
        if not self.names:
            return other
        rows = np.concatenate([self.rows, other.rows])
        return CellSample(self.names, rows, np.concatenate([self.cells, other.cells]), self.seed).cut()

    def cut(self) -> CellSample:
        cap = min(SAMPLED_ROWS, SAMPLED_CELLS // max(1, len(self.names)))
        if len(self.rows) <= cap:
            return self
        keep = np.argpartition(position_hash(self.rows, self.seed), cap)[:cap]
        return CellSample(self.names, self.rows[keep], self.cells[keep], self.seed)


@dataclass(frozen=True, slots=True, eq=False)
class RowKeys(Tally):
    """The content hash of every row (16 bytes) by split and choice of columns, and a sample of the hashes of cells.

    Exact but for chance agreement of 64-bit hashes (7e-5 false pairs expected in 50 million rows). Kept on disk beyond a cap.
    """

    rows: Records = field(default_factory=Records)  # places (split, columns); words key, row
    samples: dict[str, CellSample] = field(default_factory=dict)  # by split

    @classmethod
    def columns(cls, setting: Setting) -> Iterable[str]:
        return content(setting)

    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        names = tuple(n for n in common(batch.setting, batch.split) if batch.has(n))
        cells = {name: hashed_column(batch, name) for name in names}
        rows = Records()
        for shape in shapes(batch.setting, batch.split):
            rows = rows + Records.of((batch.split, shape), combined(cells, shape, len(batch)), batch.rows)
        if text_columns(batch.setting) or not names:
            return cls(rows)
        stacked = np.stack([cells[n] for n in names], axis=1)
        return cls(rows, {batch.split: CellSample(names, batch.rows, stacked, batch.setting.seed).cut()})

    def __add__(self, other: Self) -> Self:
        samples = dict(self.samples)
        for split, sample in other.samples.items():
            samples[split] = samples[split] + sample if split in samples else sample
        return type(self)(self.rows + other.rows, samples)


@dataclass(frozen=True, slots=True, eq=False)
class InputKeys(Tally):
    """Of tables with a label: the hash of every row without label and entity, with that of the label (24 bytes a row).

    Rows without a label are in it with the hash of a null. Kept on disk beyond a cap.
    """

    rows: Records = field(default_factory=Records)  # places (split, columns); words key, row, label

    @classmethod
    def columns(cls, setting: Setting) -> Iterable[str]:
        return content(setting) if cls.wanted(setting) else ()

    @staticmethod
    def wanted(setting: Setting) -> bool:
        return setting.roles.label is not None and not text_columns(setting)

    @staticmethod
    def inputs(setting: Setting, shape: Names) -> Names:
        """The columns of `shape` that are inputs."""
        return tuple(n for n in shape if n not in (setting.roles.label, setting.roles.group))

    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        setting = batch.setting
        if not cls.wanted(setting):
            return cls()
        cells = {name: hashed_column(batch, name) for name in content(setting) if batch.has(name)}
        label = cells.get(setting.roles.label or "", np.full(len(batch), MISSING, np.uint64))
        rows = Records()
        for shape in sorted({cls.inputs(setting, shape) for shape in shapes(setting, batch.split)} - {()}):
            rows = rows + Records.of((batch.split, shape), combined(cells, shape, len(batch)), batch.rows, label)
        return cls(rows)

    def __add__(self, other: Self) -> Self:
        return type(self)(self.rows + other.rows)


@dataclass(frozen=True, slots=True, eq=False)
class TextKeys(Tally):
    """Hashes of every text under N1 and raw, with those of its row and its label (40 bytes a row).

    A text that N1 empties has a key of its raw form, and is counted; blank and missing texts have none. Kept on disk
    beyond a cap.
    """

    rows: Records = field(default_factory=Records)  # places: splits; words N1, row, raw, content, label
    emptied: Counter[str] = field(default_factory=Counter)  # texts that N1 empties, by split
    blank: Counter[str] = field(default_factory=Counter)  # blank or missing texts, by split

    @classmethod
    def columns(cls, setting: Setting) -> Iterable[str]:
        return content(setting) if text_columns(setting) else ()

    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        setting = batch.setting
        both = texts(batch, text_columns(setting))
        if both is None:
            return cls()
        raw, normal = both
        keep = raw.is_valid().to_numpy(zero_copy_only=False)
        keys, plain = hashed(normal), hashed(raw)
        emptied = pc.equal(pc.replace_substring(normal, SEPARATOR, ""), "").fill_null(False).to_numpy(zero_copy_only=False)
        keys[emptied] = mix(plain[emptied] ^ RAW_ONLY)
        own = tuple(n for n in common(setting, batch.split) if batch.has(n))
        cells = {name: hashed_column(batch, name) for name in own}
        label = cells.get(setting.roles.label or "", np.full(len(batch), MISSING, np.uint64))
        words = (keys, batch.rows, plain, combined(cells, own, len(batch)), label)
        rows = Records.of(batch.split, *(np.ascontiguousarray(w[keep]) for w in words))
        return cls(rows, Counter({batch.split: int(emptied.sum())}), Counter({batch.split: int((~keep).sum())}))

    def __add__(self, other: Self) -> Self:
        return type(self)(self.rows + other.rows, self.emptied + other.emptied, self.blank + other.blank)
