"""Families of near texts inside one split: verified pairs, joined."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auditor.tallies.hashing import Hashes
from auditor.tallies.minhash import BANDS
from auditor.tallies.near import Positions, Texts, similarities
from auditor.tallies.nearest import ROUNDING
from auditor.tallies.shingles import Unit

CAP = 1_000
"""Texts of one band that are compared each with each; of a fuller bucket each with its NEIGHBOURS in row order."""
NEIGHBOURS = 10
PAIRS = 1_000_000
"""Pairs verified at once."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Families:
    """Rows that belong to a family beyond its first row, ascending, each with a verified partner."""

    row: Positions
    centre: Positions  # the first row of the family
    twin: Positions  # a row whose text is at least as similar as was asked
    similarity: NDArray[np.float64]  # exact Jaccard similarity to the twin
    copies: int  # those that equal an earlier row under N1
    crowded: int  # texts in a bucket over the cap


@dataclass(slots=True)
class _Found:
    """Verified pairs so far (smaller index first), and what they join."""

    left: Positions
    right: Positions
    similarity: NDArray[np.float64]
    component: NDArray[np.int64]

    def add(self, left: Positions, right: Positions, similarity: NDArray[np.float64]) -> None:
        from scipy.sparse import coo_array
        from scipy.sparse.csgraph import connected_components

        self.left = np.concatenate([self.left, left])
        self.right = np.concatenate([self.right, right])
        self.similarity = np.concatenate([self.similarity, similarity])
        n = len(self.component)
        graph = coo_array((np.ones(len(self.left), np.int8), (self.left, self.right)), shape=(n, n))
        self.component = connected_components(graph, directed=False)[1].astype(np.int64)


def families(texts: Texts, by: Unit, limit: float) -> Families:
    """Families of texts joined by pairs of at least this Jaccard similarity.

    Equal texts are one. First every text of a bucket meets the bucket's first; then those meet that are not yet in one
    family. The families are the connected components of all verified candidate pairs, whatever the order of the rows.
    """
    order = np.argsort(texts.rows, kind="stable")
    _, first, member = np.unique(texts.keys[order], return_index=True, return_inverse=True)
    place = np.argsort(first, kind="stable")
    rank = np.empty(len(first), np.int64)
    rank[place] = np.arange(len(first))
    member, heads = rank[member], order[first[place]]
    empty = np.empty(0, np.int64)
    found = _Found(empty, empty, np.empty(0), np.arange(len(heads)))
    buckets = [_Buckets.of(texts.bands[heads, band]) for band in range(BANDS)]
    _meet(texts, heads, by, limit, found, (bucket.stars() for bucket in buckets))
    for bucket in buckets:
        _meet(texts, heads, by, limit, found, bucket.rest(found))
    return _told(texts.rows[order], member, found, len({i for b in buckets for i in b.crowded().tolist()}))


@dataclass(frozen=True, slots=True)
class _Buckets:
    """Texts by one band: `who` in the order of band key and row, `size` of and `at` in the bucket of each."""

    who: Positions
    size: NDArray[np.int64]
    at: NDArray[np.int64]

    @classmethod
    def of(cls, keys: Hashes) -> _Buckets:
        who = np.argsort(keys, kind="stable")
        ordered = keys[who]
        starts = np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]])) if len(who) else np.empty(0, np.int64)
        sizes = np.diff(np.concatenate([starts, [len(who)]]))
        at = np.arange(len(who)) - np.repeat(starts, sizes)
        size = np.repeat(sizes, sizes)
        keep = size > 1
        return cls(who[keep], size[keep], at[keep])

    def stars(self) -> tuple[Positions, Positions]:
        """Every text with the first of its bucket."""
        here = np.flatnonzero(self.at > 0)
        return self.who[here - self.at[here]], self.who[here]

    def rest(self, found: _Found) -> Iterator[tuple[Positions, Positions]]:
        """The other pairs that are not yet in one family."""
        step = 1
        while True:
            here = np.flatnonzero((self.at + step < self.size) & ((self.size <= CAP) | (step <= NEIGHBOURS)))
            if not len(here):
                return
            left, right = self.who[here], self.who[here + step]
            apart = found.component[left] != found.component[right]
            if apart.any():
                yield left[apart], right[apart]
            step += 1

    def crowded(self) -> Positions:
        return self.who[self.size > CAP]


def _meet(
    texts: Texts, heads: Positions, by: Unit, limit: float, found: _Found, pairs: Iterator[tuple[Positions, Positions]]
) -> None:
    """Verifies pairs and keeps those that are near enough."""
    n = len(heads)
    waiting: list[NDArray[np.int64]] = []

    def verify() -> None:
        pair = np.unique(np.concatenate(waiting))
        waiting.clear()
        left, right = pair // n, pair % n
        apart = found.component[left] != found.component[right]
        left, right = left[apart], right[apart]
        if not len(left):
            return
        similarity = similarities(texts, heads[left], texts, heads[right], by)
        near = similarity >= limit - ROUNDING
        if near.any():
            found.add(left[near], right[near], similarity[near])

    room = PAIRS
    for left, right in pairs:
        waiting.append(np.minimum(left, right) * n + np.maximum(left, right))
        room -= len(left)
        if room < 0:
            verify()
            room = PAIRS
    if waiting:
        verify()


def _told(rows: Positions, member: NDArray[np.int64], found: _Found, crowded: int) -> Families:
    """Every row but the first of its family; `rows` ascend, `member` is the text of each."""
    firsts = np.unique(member, return_index=True)[1]
    head_row = rows[firsts]
    component = found.component[member]
    centre_of = np.full(int(component.max()) + 1 if len(component) else 0, np.iinfo(np.int64).max)
    np.minimum.at(centre_of, component, rows)
    twin, similarity = _partners(found, len(firsts))
    is_copy = rows != head_row[member]
    beyond = rows != centre_of[component]
    copies = int((is_copy & beyond).sum())
    row_twin = np.where(is_copy, head_row[member], np.where(twin[member] >= 0, head_row[twin[member]], -1))
    row_similarity = np.where(is_copy, 1.0, similarity[member])
    return Families(
        row=rows[beyond],
        centre=centre_of[component][beyond],
        twin=row_twin[beyond],
        similarity=row_similarity[beyond],
        copies=copies,
        crowded=crowded,
    )


def _partners(found: _Found, n: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """For every text its nearest verified partner, the first among equals; -1 where it has none."""
    one = np.concatenate([found.left, found.right])
    other = np.concatenate([found.right, found.left])
    similarity = np.concatenate([found.similarity, found.similarity])
    order = np.lexsort((other, -similarity, one))
    best = order[np.unique(one[order], return_index=True)[1]]
    twin, value = np.full(n, -1, np.int64), np.zeros(n)
    twin[one[best]], value[one[best]] = other[best], similarity[best]
    return twin, value
