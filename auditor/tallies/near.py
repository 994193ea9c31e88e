"""Texts under N1 with the bands of their MinHash: what near copies are sought in."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from auditor.check import Tally
from auditor.rows import Batch, Setting
from auditor.statistics.sampling import chosen
from auditor.tallies.hashing import Hashes, hashed
from auditor.tallies.keys import SEPARATOR, text_columns, texts
from auditor.tallies.look import Look
from auditor.tallies.minhash import bands
from auditor.tallies.shingles import Unit, jaccard, shingled, unit

Positions = NDArray[np.int64]

SAMPLED_ROWS = 200_000
SAMPLED_CHARACTERS = 256_000_000
"""A train split of more rows or characters is sampled for near-duplicates inside it: whole, its texts would not fit memory."""
UNMEASURED = 4_000
"""Characters taken for a row whose length the first look does not measure (chats)."""
HELD_BYTES = 256 * 2**20
"""Bytes of texts kept in memory; beyond it they are read back from a temporary file as they are needed."""

VERIFIED_BYTES = 16 * 2**20
"""Bytes of different texts whose pairs are verified at once: their sets take some 30 times that."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Texts:
    """Texts of one split under N1, none of them empty, each with its row, its hash and its bands."""

    rows: Positions
    keys: Hashes
    bands: Hashes  # (n, 21)
    sizes: NDArray[np.int64]  # (n,) bytes
    pieces: tuple[pa.Array, ...]  # large strings, together n
    kept: tuple[Any, ...] = ()  # what keeps files of mapped pieces alive

    def __reduce__(self) -> tuple[Any, ...]:
        """Texts that travel take along what lies in files."""
        return _plain, (self.rows, self.keys, self.bands, self.sizes, self.pieces)

    def take(self, which: Positions) -> pa.Array:
        """These texts, in this order; only the pieces that hold them are touched."""
        starts = np.concatenate([[0], np.cumsum([len(p) for p in self.pieces])]).astype(np.int64)
        home = np.searchsorted(starts, which, side="right") - 1
        found, places = [], []
        for i in np.unique(home).tolist():
            here = np.flatnonzero(home == i)
            found.append(self.pieces[i].take(pa.array(which[here] - starts[i])))
            places.append(here)
        back = np.empty(len(which), np.int64)
        back[np.concatenate(places)] = np.arange(len(which))
        return pa.concat_arrays(found).take(pa.array(back))

    def firsts(self) -> Positions:
        """Index of the first row of every different text, in row order."""
        order = np.argsort(self.rows, kind="stable")
        _, first = np.unique(self.keys[order], return_index=True)
        return order[np.sort(first)]

    def mapped(self) -> Texts:
        """The same with the texts in a temporary file."""
        folder = tempfile.TemporaryDirectory(prefix="auditor-texts-")
        path = str(Path(folder.name) / "texts.arrow")
        schema = pa.schema([("text", pa.large_string())])
        with pa.OSFile(path, "wb") as sink, pa.ipc.new_file(sink, schema) as writer:
            for piece in self.pieces:
                writer.write_batch(pa.record_batch([piece], schema=schema))
        reader = pa.ipc.open_file(pa.memory_map(path))
        pieces = tuple(reader.get_batch(i).column(0) for i in range(reader.num_record_batches))
        return replace(self, pieces=pieces, kept=(folder,))


def _plain(rows: Positions, keys: Hashes, bands: Hashes, sizes: NDArray[np.int64], pieces: tuple[pa.Array, ...]) -> Texts:
    return Texts(rows=rows, keys=keys, bands=bands, sizes=sizes, pieces=pieces)


def _mapped(parts: tuple[Texts, ...]) -> tuple[Texts, ...]:
    """The parts with those in memory moved to one file."""
    loose = [p for p in parts if not p.kept]
    return (*(p for p in parts if p.kept), *([gathered(loose).mapped()] if loose else []))


def gathered(parts: Iterable[Texts]) -> Texts:
    """All parts as one."""
    listed = list(parts)
    return Texts(
        rows=np.concatenate([p.rows for p in listed]),
        keys=np.concatenate([p.keys for p in listed]),
        bands=np.concatenate([p.bands for p in listed]),
        sizes=np.concatenate([p.sizes for p in listed]),
        pieces=tuple(piece for p in listed for piece in p.pieces),
        kept=tuple(k for p in listed for k in p.kept),
    )


def similarities(one: Texts, left: Positions, other: Texts, right: Positions, by: Unit) -> NDArray[np.float64]:
    """Exact Jaccard similarity of text left[i] of `one` and text right[i] of `other`; halved until the texts fit."""
    mine, my_place = np.unique(left, return_inverse=True)
    theirs, their_place = np.unique(right, return_inverse=True)
    if len(left) > 1 and int(one.sizes[mine].sum() + other.sizes[theirs].sum()) > VERIFIED_BYTES:
        half = len(left) // 2
        parts = (similarities(one, left[:half], other, right[:half], by), similarities(one, left[half:], other, right[half:], by))
        return np.concatenate(parts)
    return jaccard(shingled(one.take(mine), by).sets(), shingled(other.take(theirs), by).sets(), my_place, their_place)


def normal_texts(batch: Batch, keep: NDArray[np.bool_] | None = None) -> Texts | None:
    """The texts of a batch with their bands, or None where the split has none. Texts that N1 empties are left out."""
    names = text_columns(batch.setting)
    rows = batch.rows
    if keep is not None:
        mask = pa.array(keep)
        batch = Batch(split=batch.split, table=batch.table.filter(mask), rows=rows[keep], setting=batch.setting)
    both = texts(batch, names)
    if both is None:
        return None
    normal = pc.fill_null(pc.utf8_trim_whitespace(pc.replace_substring(both[1], SEPARATOR, " ")), "")
    full = pc.not_equal(normal, "")
    normal = normal.filter(full)
    return Texts(
        rows=batch.rows[full.to_numpy(zero_copy_only=False)],
        keys=hashed(normal),
        bands=bands(normal, unit(batch.setting, names)),
        sizes=pc.binary_length(normal).to_numpy(zero_copy_only=False).astype(np.int64),
        pieces=(normal,),
    )


@dataclass(frozen=True, slots=True, eq=False)
class NearTexts(Tally):
    """Texts under N1 with 21 band keys: of held-out and reference splits all, of train all up to 200,000 rows or 256 million
    characters, beyond that a sample by a hash of the position, of the share that meets these caps.

    Holds 184 bytes a text, and the texts themselves up to 256 MB (beyond, in a temporary file).
    """

    after = (Look,)
    by: dict[str, tuple[Texts, ...]] = field(default_factory=dict)
    shares: dict[str, float] = field(default_factory=dict)  # share of the rows that was taken, by split
    held: int = 0  # bytes of texts in memory
    made: dict[str, Any] = field(default_factory=dict)  # made when first asked for, by split

    @classmethod
    def columns(cls, setting: Setting) -> Iterable[str]:
        return text_columns(setting)

    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        look: Look = after[0]
        share = sampled_share(batch.setting, look, batch.split)
        keep = None if share >= 1 else chosen(batch.rows, batch.setting.seed, share)
        found = normal_texts(batch, keep)
        if found is None:
            return cls()
        return cls({batch.split: (found,)}, {batch.split: share}, sum(p.nbytes for p in found.pieces))

    def __add__(self, other: Self) -> Self:
        by = dict(self.by)
        for split, parts in other.by.items():
            by[split] = (*by.get(split, ()), *parts)
        held = self.held + other.held
        if held > HELD_BYTES:
            by = {split: _mapped(parts) for split, parts in by.items()}
            held = 0
        return type(self)(by, {**self.shares, **other.shares}, held)

    def split(self, name: str) -> Texts | None:
        """All texts of a split, or None where it has no text column."""
        if name not in self.by:
            return None
        if name not in self.made:
            self.made[name] = gathered(self.by[name])
        found: Texts = self.made[name]
        return found

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.by, self.shares, self.held)


def sampled_share(setting: Setting, look: Look, split: str) -> float:
    """The share of the rows of a split that is looked at for near-duplicates inside it, 0..1; all but train are taken whole."""
    told = next(s for s in setting.splits if s.name == split)
    if told.part != "train":
        return 1.0
    measured = [look.by.get((split, name)) for name in text_columns(setting)]
    characters = sum(c.characters or UNMEASURED * c.n for c in measured if c is not None)
    return min(1.0, SAMPLED_ROWS / max(1, told.rows), SAMPLED_CHARACTERS / max(1, characters))
