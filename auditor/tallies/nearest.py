"""The held-out texts that come near a text of another split, each with its nearest."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from auditor.check import Tally
from auditor.rows import Batch, Setting
from auditor.tallies.hashing import Hashes, mix
from auditor.tallies.keys import pairs, text_columns
from auditor.tallies.minhash import BANDS
from auditor.tallies.near import NearTexts, Positions, Texts, normal_texts, similarities
from auditor.tallies.shingles import Unit, unit

LOWEST = 0.7
"""Pairs below this similarity are not kept: 21 bands of 6 minima miss too many of them."""
BUCKET = 100
"""Held-out texts of one band that a text is compared with; of fuller buckets NEIGHBOURS in row order. Own: every row pays."""
NEIGHBOURS = 10
BLOCK = 4_096
"""Texts looked up at once: at most BLOCK * BUCKET * 21 candidates are in memory."""
ROUNDING = 1e-12
"""Below a limit by no more than this counts as at the limit."""


@dataclass(frozen=True, slots=True, eq=False)
class Matches:
    """Rows with their nearest partner: the highest similarity, among equals the first row."""

    row: Positions = field(default_factory=lambda: np.empty(0, np.int64))
    similarity: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))  # exact Jaccard, LOWEST..1
    twin: Positions = field(default_factory=lambda: np.empty(0, np.int64))

    def over(self, limit: float) -> Matches:
        """Those of at least this similarity."""
        keep = self.similarity >= limit - ROUNDING
        return Matches(self.row[keep], self.similarity[keep], self.twin[keep])

    def __add__(self, other: Matches) -> Matches:
        row = np.concatenate([self.row, other.row])
        similarity = np.concatenate([self.similarity, other.similarity])
        twin = np.concatenate([self.twin, other.twin])
        order = np.lexsort((twin, -similarity, row))
        best = order[np.unique(row[order], return_index=True)[1]]
        return Matches(row[best], similarity[best], twin[best])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Index:
    """The different texts of a split by band."""

    texts: Texts
    firsts: Positions  # index into the texts, in row order
    keys: tuple[Hashes, ...]  # 21 times: the band keys, ascending
    order: tuple[NDArray[np.int32], ...]  # 21 times: which of `firsts` has them; in row order among equals

    @classmethod
    def of(cls, whole: Texts) -> Self:
        firsts = whole.firsts()
        keys, order = [], []
        for band in range(BANDS):
            column = whole.bands[firsts, band]
            by = np.argsort(column, kind="stable").astype(np.int32)
            keys.append(column[by])
            order.append(by)
        return cls(texts=whole, firsts=firsts, keys=tuple(keys), order=tuple(order))

    def near(self, others: Texts, by: Unit) -> Matches:
        """For every different text here the nearest of `others`, from LOWEST on."""
        which = others.firsts()
        total = Matches()
        for start in range(0, len(which), BLOCK):
            total = total + self._block(others, which[start : start + BLOCK], by)
        return total

    def crowded(self) -> int:
        """Texts in a bucket over its cap."""
        texts = np.zeros(len(self.firsts), np.bool_)
        for keys, order in zip(self.keys, self.order, strict=True):
            _, inverse, sizes = np.unique(keys, return_inverse=True, return_counts=True)
            texts[order[sizes[inverse] > BUCKET]] = True
        return int(texts.sum())

    def _block(self, others: Texts, which: Positions, by: Unit) -> Matches:
        found = [self._candidates(others.bands[which, band], others.keys[which], band) for band in range(BANDS)]
        pair = np.unique(np.concatenate(found))
        if not len(pair):
            return Matches()
        mine, theirs = pair // len(which), pair % len(which)
        similarity = similarities(self.texts, self.firsts[mine], others, which[theirs], by)
        keep = similarity >= LOWEST - ROUNDING
        rows = self.texts.rows[self.firsts[mine[keep]]]
        return Matches() + Matches(rows, similarity[keep], others.rows[which[theirs[keep]]])

    def _candidates(self, band_keys: Hashes, text_keys: Hashes, band: int) -> NDArray[np.int64]:
        """Candidate pairs as one number each: mine * len(theirs) + theirs."""
        first = np.searchsorted(self.keys[band], band_keys, side="left")
        size = np.searchsorted(self.keys[band], band_keys, side="right") - first
        full = size > BUCKET
        room = np.maximum(size - NEIGHBOURS + 1, 1).astype(np.uint64)
        first = np.where(full, first + (mix(text_keys) % room).astype(np.int64), first)
        size = np.where(full, NEIGHBOURS, size)
        theirs = np.repeat(np.arange(len(size)), size)
        place = np.arange(len(theirs)) + np.repeat(first - (np.cumsum(size) - size), size)
        pairs_found: NDArray[np.int64] = self.order[band][place].astype(np.int64) * len(band_keys) + theirs
        return pairs_found


@dataclass(frozen=True, slots=True, eq=False)
class Nearest(Tally):
    """For every pair of splits that must not share rows, the held-out texts near a text of the other split, each with its
    nearest. At most 24 bytes a different held-out text; texts equal under N1 count once (at their first row)."""

    after = (NearTexts,)
    by: dict[tuple[str, str], Matches] = field(default_factory=dict)

    @classmethod
    def columns(cls, setting: Setting) -> Iterable[str]:
        return text_columns(setting)

    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        near: NearTexts = after[0]
        wanted = [held for held, other in pairs(batch.setting) if other == batch.split and near.split(held) is not None]
        others = normal_texts(batch) if wanted else None
        if others is None:
            return cls()
        by = unit(batch.setting, text_columns(batch.setting))
        return cls({(held, batch.split): index(near, held).near(others, by) for held in wanted})

    def __add__(self, other: Self) -> Self:
        by = dict(self.by)
        for pair, matches in other.by.items():
            by[pair] = by[pair] + matches if pair in by else matches
        return type(self)(by)


def index(near: NearTexts, name: str) -> Index:
    """The different texts of a split, to be looked up by band; made when it is first asked for."""
    key = f"index of {name}"
    if key not in near.made:
        whole = near.split(name)
        assert whole is not None
        near.made[key] = Index.of(whole)
    found: Index = near.made[key]
    return found


def spread(matches: Matches, whole: Texts) -> Matches:
    """The matches with every row whose text equals a matched one."""
    order = np.argsort(whole.rows, kind="stable")
    rows, keys = whole.rows[order], whole.keys[order]
    matched = keys[np.searchsorted(rows, matches.row)]
    by = np.argsort(matched, kind="stable")
    if not len(matched):
        return matches
    at = np.minimum(np.searchsorted(matched[by], keys), len(matched) - 1)
    hit = matched[by][at] == keys
    source = by[at[hit]]
    return Matches(rows[hit], matches.similarity[source], matches.twin[source])
