"""What the nearest rows are labelled, and what the nearest rows of the reference group are predicted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from auditor.derive import Sample, features
from auditor.derive.people import People, people
from auditor.derive.people import depends as of_people
from auditor.rows import Derived, Setting
from auditor.statistics.near import agreement, cells, chance_flips, flips

if TYPE_CHECKING:
    from scipy.sparse import csr_array

VERSION = 1
CAP = 5_000
"""Rows of a split that are compared: a share read from them has a standard error of at most .007."""
K = 5
FEW = 9
"""Rows of the reference up to which the single nearest row is asked."""
MOST_GROUPS = 20
DRAWS = 300  # samples drawn anew for a standard error: it is told to 4 % of itself
SAME = 1e-6  # distances that differ by less are equal
BLOCK = 512  # places whose distances are in memory at once: 20 MB

Floats = NDArray[np.float64]


def lacks(setting: Setting) -> str | None:
    """Why there is nothing to measure distances in, or None."""
    text = features.text_columns(setting)
    return None if text or _columns(setting) else "there is no feature column besides the groups"


def reads(setting: Setting) -> tuple[str, ...]:
    """Features, label, prediction, groups."""
    roles = setting.roles
    own = (*features.text_columns(setting), *_columns(setting), roles.label, roles.prediction, *roles.sensitive)
    return tuple(dict.fromkeys(c for c in own if c))


def _columns(setting: Setting) -> tuple[str, ...]:
    return tuple(c.name for c in features.table_columns(setting) if c.name not in setting.roles.sensitive)


def depends(setting: Setting) -> list[object]:
    """The favourable value, and what the groups are."""
    return of_people(setting)


def derive(setting: Setting, sample: Sample) -> Iterable[Derived]:
    """No values by row: `info` holds, by split, `consistency` of the labels and `flips` of the predictions by group."""
    words = features.text_columns(setting)
    if words:
        by: dict[str, Any] = features.reduced(features.tfidf(sample, words), setting.seed)
    else:
        by = dict(features.encode(sample, tuple(setting.column(c) for c in _columns(setting))).by)
    first = next(iter(sample.tables))
    middle, spread = by[first].mean(axis=0), by[first].std(axis=0)
    info: dict[str, Any] = {"k": K, "made": f"{K} nearest rows, Euclidean, features to mean 0 and standard deviation 1"}
    info |= {"columns": list(words or _columns(setting)), "consistency": [], "flips": []}
    told = _favourable(setting, sample)
    for split in sample.tables:
        x = np.asarray((by[split] - middle) / np.where(spread > 0, spread, 1.0), np.float64)
        if setting.roles.label:
            info["consistency"] += _consistency(setting, sample, split, x)
        for attribute in dict.fromkeys(setting.roles.sensitive) if setting.roles.prediction else ():
            info["flips"] += _flips(setting, people(setting, sample, attribute), told, attribute, split, x)
    yield Derived(name="near_rows", split=first, rows=np.zeros(0, np.int64), values=np.zeros(0), info=info)


def _texts(sample: Sample, split: str, column: str | None) -> pa.Array:
    return sample.array(split, column or "").cast(pa.large_string())


def _consistency(setting: Setting, sample: Sample, split: str, x: Floats) -> list[dict[str, Any]]:
    """Mean share of a row's neighbours that have its label."""
    if not setting.label_is_class:
        return [{"split": split, "reason": "consistency is defined for classes"}]
    coded = _texts(sample, split, setting.roles.label).dictionary_encode()
    known = np.asarray(coded.is_valid().to_numpy(zero_copy_only=False), bool)
    if not 2 <= len(coded.dictionary) <= 100:
        return [{"split": split, "reason": f"the label has {len(coded.dictionary)} classes in {split}, want 2 to 100"}]
    if known.sum() < 10 * K:
        return [{"split": split, "reason": f"{known.sum()} labelled rows in {split}, fewer than {10 * K}"}]
    points, at = _places(x[known])
    those = cells(at, np.asarray(coded.indices.drop_null(), np.int64))
    (around,) = neighbourhoods(points, points, np.bincount(at), K + 1)
    found = agreement(around, those, those.drawn(DRAWS, np.random.default_rng(setting.seed)))
    return [{"split": split, "value": float(found[0]), "error": float(found[1:].std()), "rows": int(known.sum())}]


Told = tuple[dict[str, NDArray[np.bool_]], dict[str, NDArray[np.int64]], str]


def _favourable(setting: Setting, sample: Sample) -> Told:
    """By split which rows are predicted, and 1 where favourably; or why nothing tells which prediction is."""
    said = {s: _texts(sample, s, setting.roles.prediction) for s in sample.tables}
    seen = {v for texts in said.values() for v in pc.unique(texts.drop_null()).to_pylist()}
    seen |= {v for s in sample.tables for v in pc.unique(_texts(sample, s, setting.roles.label).drop_null()).to_pylist()}
    positive = setting.favourable(seen)
    if positive is None:
        return {}, {}, "no favourable prediction is declared: give --positive"
    known = {s: np.asarray(texts.is_valid().to_numpy(zero_copy_only=False), bool) for s, texts in said.items()}
    y = {s: np.asarray(pc.equal(t, positive).fill_null(False).to_numpy(zero_copy_only=False), np.int64) for s, t in said.items()}
    return known, y, ""


def _flips(setting: Setting, groups: People, told: Told, attribute: str, split: str, x: Floats) -> list[dict[str, Any]]:
    """Rows of each group that are predicted otherwise than most of their nearest rows of the reference."""
    known, y, why = told
    place = {"attribute": attribute, "split": split}
    if why:
        return [place | {"reason": why}]
    rows = np.bincount(groups.codes[split][known[split] & (groups.codes[split] >= 0)], minlength=len(groups.names))
    base = known[split] & (groups.codes[split] == groups.reference)
    others = [g for g in np.flatnonzero(rows).tolist() if g != groups.reference]
    if base.sum() < 2 or not others:
        return [place | {"reason": f"{attribute} names no groups with predictions that can be compared in {split}"}]
    k = 1 if base.sum() <= FEW else K
    rng = np.random.default_rng(setting.seed)
    theirs, at = _places(x[base])
    among = cells(at, y[split][base])
    votes, there = among.drawn(DRAWS, rng), np.bincount(at)
    found = []
    for group in others[:MOST_GROUPS]:
        own = known[split] & (groups.codes[split] == group)
        points, at = _places(x[own])
        those = cells(at, y[split][own])
        drawn = those.drawn(DRAWS, rng)
        near, farther = neighbourhoods(points, theirs, there, k, k + 1)
        gains, losses = flips(near, those, drawn, among, votes)
        chance = chance_flips(farther, those, drawn, among, votes)
        n = int(own.sum())
        entry: dict[str, Any] = {"group": groups.names[group], "reference": groups.names[groups.reference], "k": k}
        entry |= {"gains": round(float(gains[0]) * n), "losses": round(float(losses[0]) * n), "chance": float(chance[0])}
        entry |= {"n": n, "n_reference": int(base.sum())}
        errors = {"error": gains - losses - chance, "error_flips": gains - losses}
        found.append(place | entry | {name: float(draws[1:].std()) for name, draws in errors.items()})
    if len(others) > MOST_GROUPS:
        found.append(place | {"reason": f"{len(others) - MOST_GROUPS:,} groups of {attribute} beyond the {MOST_GROUPS} largest"})
    return found


def _places(x: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """The different rows, and the place of each row among them."""
    points, at = np.unique(x, axis=0, return_inverse=True)
    return points, at.reshape(-1).astype(np.int64)


def neighbourhoods(points: Floats, among: Floats, rows: NDArray[np.int64], *k: int) -> list[csr_array]:
    """For each k, ascending, (points, among) with 1 where a place is no farther than the k-th nearest row; `rows` a place.

    Rows as far as the k-th belong to it too, so that no order of the rows decides which of them are asked.
    """
    from scipy.sparse import csr_array, vstack
    from sklearn.metrics import pairwise_distances

    parts: list[list[csr_array]] = [[] for _ in k]
    for start in range(0, len(points), BLOCK):
        far = pairwise_distances(points[start : start + BLOCK], among)
        most, here = min(k[-1], far.shape[1]), np.arange(len(far))
        first = np.argpartition(far, most - 1, axis=1)[:, :most]
        first = np.take_along_axis(first, np.take_along_axis(far, first, axis=1).argsort(axis=1, kind="stable"), axis=1)
        reached = rows[first].cumsum(axis=1)
        for part, least in zip(parts, k, strict=True):
            enough = np.where(reached[:, -1] >= least, np.argmax(reached >= least, axis=1), most - 1)
            part.append(csr_array((far <= far[here, first[here, enough]][:, None] + SAME).astype(np.int64)))
    return [csr_array(vstack(part)) for part in parts]
