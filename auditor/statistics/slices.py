"""Slices of rows, as conjunctions of up to three conditions, on which an outcome is worse or better than elsewhere.

Apriori over conditions (Agrawal & Srikant 1994), divergence as of Pastor et al. 2021, doi:10.1145/3448016.3457284, Welch's
t with shrunk variances, and the max-T of permuted outcomes over all slices searched (Westfall & Young 1993, ISBN
978-0-471-55761-6).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from auditor.statistics.counts import bonferroni

Floats = NDArray[np.float64]
Item = tuple[int, int]  # column, level
DEPTH = 3  # conditions
MOST = 4_000  # slices that are tested; the better supported come first, and what is cut is said
ALPHA = 0.05
ALIKE = 0.8  # Jaccard index beyond which two slices are one (bias reference, section 8)
HALVES_FROM = 2_000  # rows below which no half is held back
REPORTED = 10  # slices that are taken to confirmation
CHUNK = 50  # permutations at a time
LENT = 30  # rows of the overall variance lent to a slice while searching: 30 rows without an error are no sure thing
LENT_AFTER = 2  # the same for an interval of one slice, where only a variance of 0 must be kept out
LEAST_CONFIRMED = 10  # rows of a slice in the held-back half


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Slice:
    """One conjunction, measured."""

    items: tuple[Item, ...]
    rows: NDArray[np.int64]  # places of its rows among all rows searched
    gap: float  # mean of the slice minus mean of the rest
    low: float  # simultaneous 95 % limits
    high: float
    t: float  # Welch's t in the half that was searched
    p: float  # max-T permutation p in that half
    confirmed: bool  # measured on the held-back half
    shares: tuple[float, ...]  # of the gap, by condition (Shapley); they sum to the gap in the half that was searched


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What a search came to."""

    slices: tuple[Slice, ...]  # worst first, then best
    tested: int  # slices tested
    cut: int  # slices of enough rows that were not tested
    strongest: Slice | None  # the one of the largest |t|, reported or not
    rows: int  # rows searched
    held_back: int  # rows of the other half


@dataclass(frozen=True, slots=True)
class _Found:
    """Frequent slices of one half: their rows as a sparse matrix, and their figures."""

    items: list[tuple[Item, ...]]
    members: list[NDArray[np.int64]]
    gap: Floats
    se: Floats
    t: Floats


def search(
    codes: NDArray[np.int64], outcome: Floats, order: NDArray[np.uint64], *, least: int, share: float, draws: int, seed: int = 0
) -> Search:
    """Slices of `codes` (rows, columns; levels from 0) whose mean outcome differs from that of the rest.

    A slice has at least `least` rows and `share` of all. From 2,000 rows on, one half (by `order`, stratified by the outcome)
    is searched and the other confirms: a slice is reported where max-T over all slices tested gives p < .05 and, on the
    held-back half, Bonferroni limits over those brought forward exclude 0 on the same side.
    """
    n = len(outcome)
    first, second = halves(outcome, order) if n >= HALVES_FROM else (np.arange(n), np.arange(0))
    members, cut = frequent(codes[first], max(least, math.ceil(share * len(first))))
    y = outcome[first]
    if not members or float(np.var(y)) == 0:
        return Search(slices=(), tested=len(members), cut=cut, strongest=None, rows=len(first), held_back=len(second))
    found = _measured(members, y)
    null = null_of_largest(found.members, y, draws, seed)
    limit = float(np.quantile(null, 1 - ALPHA))
    p = (1 + (null[None, :] >= np.abs(found.t)[:, None] - 1e-12).sum(axis=1)) / (1 + draws)
    kept = pruned(found, y, [i for i in np.argsort(-np.abs(found.t), kind="stable").tolist() if p[i] < ALPHA], limit)[:REPORTED]
    whole = [_slice(found, i, codes, first, float(p[i]), limit) for i in kept]
    strongest = _slice(found, int(np.argmax(np.abs(found.t))), codes, first, float(p.min()), limit)
    reported = [s for w in whole if (s := confirmed(w, outcome, second, len(whole)))] if len(second) else whole
    reported.sort(key=lambda s: (s.gap < 0, -abs(s.t), s.items))
    return Search(
        slices=tuple(reported), tested=len(members), cut=cut, strongest=strongest, rows=len(first), held_back=len(second)
    )


def halves(outcome: Floats, order: NDArray[np.uint64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Two halves of the rows, each with every second row of those above and of those at or below the mean outcome."""
    ranked = np.lexsort((order, outcome > outcome.mean()))
    return np.sort(ranked[::2]), np.sort(ranked[1::2])


def frequent(codes: NDArray[np.int64], least: int) -> tuple[dict[tuple[Item, ...], NDArray[np.int64]], int]:
    """Conjunctions of up to three conditions on different columns with at least `least` rows, and not all rows; and how
    many were left out beyond the cap, those of fewest rows of the longest first."""
    n, columns = codes.shape
    singles: dict[tuple[Item, ...], NDArray[np.int64]] = {
        ((c, level),): np.flatnonzero(codes[:, c] == level) for c in range(columns) for level in np.unique(codes[:, c]).tolist()
    }
    level = {items: rows for items, rows in singles.items() if least <= len(rows) <= n - least}
    alone = [(items[0], codes[:, items[0][0]] == items[0][1]) for items in level]
    every, cut = dict(level), 0
    for _ in range(DEPTH - 1):
        longer: dict[tuple[Item, ...], NDArray[np.int64]] = {}
        for items, rows in level.items():
            for item, mask in alone:
                if item[0] > items[-1][0] and len(inside := rows[mask[rows]]) >= least:
                    longer[(*items, item)] = inside
        room = max(0, MOST - len(every))
        chosen = sorted(longer, key=lambda k: (-len(longer[k]), k))[:room]
        cut += len(longer) - len(chosen)
        level = {k: longer[k] for k in chosen}
        every |= level
    return every, cut


def _measured(members: dict[tuple[Item, ...], NDArray[np.int64]], y: Floats) -> _Found:
    rows = list(members.values())
    sizes = np.array([len(r) for r in rows], float)
    sums = np.array([[y[r].sum(), (y[r] ** 2).sum()] for r in rows])
    gap, se = _welch(sizes, sums[:, 0], sums[:, 1], y)
    return _Found(list(members), rows, gap, se, gap / se)


def _welch(sizes: Floats, sums: Floats, squares: Floats, y: Floats, lent: int = LENT) -> tuple[Floats, Floats]:
    """(mean minus mean of the rest, its standard error), each variance pulled to the overall one by `lent` rows of it."""
    n, total, square, var = len(y), y.sum(), (y**2).sum(), float(np.var(y))
    parts = []
    for m, s, q in ((sizes, sums, squares), (n - sizes, total - sums, square - squares)):
        mean = s / m
        spread = np.maximum(q - m * mean**2, 0.0)
        parts.append((mean, (spread + lent * var) / (m - 1 + lent) / m))
    (one, a), (rest, b) = parts
    return one - rest, np.sqrt(a + b)


def null_of_largest(members: Sequence[NDArray[np.int64]], y: Floats, draws: int, seed: int) -> Floats:
    """(draws,) the largest |t| of all slices when the outcome is shuffled: the search repeated, since which slices have
    enough rows does not hang on the outcome."""
    from scipy.sparse import csr_matrix

    sizes = np.array([len(m) for m in members])
    edges = np.concatenate([[0], np.cumsum(sizes)])
    ones = np.ones(int(edges[-1]), np.float32)
    matrix = csr_matrix((ones, np.concatenate(members).astype(np.int32), edges), shape=(len(members), len(y)))
    rng = np.random.default_rng(seed)
    binary = bool(np.isin(y, (0.0, 1.0)).all())
    largest = []
    for begin in range(0, draws, CHUNK):
        shuffled = np.stack([rng.permutation(y) for _ in range(min(CHUNK, draws - begin))], axis=1)
        sums = np.asarray(matrix @ shuffled.astype(np.float32), np.float64)
        squares = sums if binary else np.asarray(matrix @ (shuffled**2).astype(np.float32), np.float64)
        gap, se = _welch(sizes[:, None].astype(float), sums, squares, y)
        largest.append(np.abs(gap / se).max(axis=0))
    return np.concatenate(largest)


def pruned(found: _Found, y: Floats, candidates: Sequence[int], limit: float) -> list[int]:
    """Those that tell something of their own, by |t|.

    Left out: a slice whose gap exceeds that of a shorter one it lies in by no more than the half-width of that one's
    interval; one that shares .8 with a stronger one (the shorter description stays); and one that is no longer beyond
    the max-T limit when the rows of the stronger ones are taken away.
    """
    place = {items: i for i, items in enumerate(found.items)}
    kept: list[int] = []
    taken = np.zeros(len(y), np.bool_)
    for i in candidates:
        sign = math.copysign(1.0, found.gap[i])
        shorter = [place[s] for r in range(1, len(found.items[i])) for s in itertools.combinations(found.items[i], r)]
        if any(sign * (found.gap[i] - found.gap[j]) <= 1.96 * found.se[j] for j in shorter):
            continue
        twin = next((j for j in kept if _jaccard(found.members[i], found.members[j]) > ALIKE), None)
        if twin is not None:
            if len(found.items[i]) < len(found.items[twin]):
                kept[kept.index(twin)] = i
            continue
        left = found.members[i][~taken[found.members[i]]]
        rest = y[~taken]
        if len(left) < 2 or len(left) > len(rest) - 2 or float(np.var(rest)) == 0:
            continue
        gap, se = _welch(np.array([len(left)], float), y[left].sum(keepdims=True), (y[left] ** 2).sum(keepdims=True), rest)
        if sign * float(gap[0] / se[0]) > limit:
            kept.append(i)
            taken[found.members[i]] = True
    return kept


def _jaccard(one: NDArray[np.int64], other: NDArray[np.int64]) -> float:
    both = len(np.intersect1d(one, other, assume_unique=True))
    return both / (len(one) + len(other) - both)


def _slice(found: _Found, i: int, codes: NDArray[np.int64], first: NDArray[np.int64], p: float, limit: float) -> Slice:
    items, half = found.items[i], limit * float(found.se[i])
    mask = np.logical_and.reduce([codes[:, c] == level for c, level in items])
    gaps = {s: float(found.gap[found.items.index(s)]) for r in range(1, len(items) + 1) for s in subsets(items, r)}
    gap = float(found.gap[i])
    return Slice(
        items=items,
        rows=np.flatnonzero(mask),
        gap=gap,
        low=gap - half,
        high=gap + half,
        t=float(found.t[i]),
        p=p,
        confirmed=False,
        shares=shapley(items, gaps),
    )


def subsets(items: tuple[Item, ...], size: int) -> list[tuple[Item, ...]]:
    """Sub-conjunctions of that many conditions."""
    return list(itertools.combinations(items, size))


def shapley(items: tuple[Item, ...], gaps: dict[tuple[Item, ...], float]) -> tuple[float, ...]:
    """What each condition adds to the gap, averaged over the orders in which the conditions may come. Shapley 1953."""
    orders = list(itertools.permutations(items))
    total = dict.fromkeys(items, 0.0)
    for order in orders:
        before = 0.0
        for k in range(1, len(order) + 1):
            now = gaps[tuple(sorted(order[:k]))]
            total[order[k - 1]] += (now - before) / len(orders)
            before = now
    return tuple(total[item] for item in items)


def confirmed(one: Slice, outcome: Floats, half: NDArray[np.int64], family: int) -> Slice | None:
    """The slice measured anew on the held-back half; None where its Bonferroni limits over the family hold 0, or turn."""
    y = outcome[half]
    inside = np.isin(half, one.rows)
    if not LEAST_CONFIRMED <= inside.sum() <= len(y) - LEAST_CONFIRMED or float(np.var(y)) == 0:
        return None
    m = y[inside]
    gaps, errors = _welch(np.array([len(m)], float), m.sum(keepdims=True), (m**2).sum(keepdims=True), y, LENT_AFTER)
    gap, se = float(gaps[0]), float(errors[0])
    wide = bonferroni(family) * se
    if abs(gap) <= wide or (gap > 0) != (one.gap > 0):
        return None
    return replace(one, gap=gap, low=gap - wide, high=gap + wide, confirmed=True)
