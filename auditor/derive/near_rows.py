"""What the nearest rows are labelled, and what the nearest rows of the reference group are predicted."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from auditor.derive import Sample, features
from auditor.rows import Derived, Setting

if TYPE_CHECKING:
    from scipy.sparse import csr_array

CAP = 10_000
"""Rows of a split that are compared: a share read from them has a standard error of at most .005."""
K = 5
FEW = 9
"""Rows of the reference up to which the single nearest row is asked."""
MOST_GROUPS = 20
DRAWS = 300  # samples drawn anew for the standard error of a flip test: it is told to 4 % of itself
SAME = 1e-6  # distances that differ by less are equal
BLOCK = 512  # places whose distances are in memory at once: 40 MB

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
    for split in sample.tables:
        x = np.asarray((by[split] - middle) / np.where(spread > 0, spread, 1.0), np.float64)
        if setting.roles.label:
            info["consistency"] += _consistency(setting, sample, split, x)
        if setting.roles.prediction:
            info["flips"] += [f for a in setting.roles.sensitive for f in _flips(setting, sample, split, a, x)]
    yield Derived(name="near_rows", split=first, rows=np.zeros(0, np.int64), values=np.zeros(0), info=info)


def nearest(x: Floats, among: Floats, k: int, *, itself: bool) -> NDArray[np.int64]:
    """(n, k) places of the nearest rows of `among`; with `itself`, x is `among` and no row is its own neighbour."""
    from sklearn.neighbors import NearestNeighbors

    found = NearestNeighbors(n_neighbors=k + itself, algorithm="brute").fit(among).kneighbors(x, return_distance=False)
    if not itself:
        return np.asarray(found, np.int64)
    own = found == np.arange(len(x))[:, None]
    own[~own.any(axis=1), k] = True  # among equal rows it may not be found: then the farthest is left out
    return np.asarray(found[~own].reshape(len(x), k), np.int64)


def _texts(sample: Sample, split: str, column: str | None) -> pa.Array:
    return sample.array(split, column or "").cast(pa.large_string())


def _consistency(setting: Setting, sample: Sample, split: str, x: Floats) -> list[dict[str, Any]]:
    """1 - mean |y - mean y of the nearest|, over classes as one against the rest: then half the sum of the distances."""
    if not setting.label_is_class:
        return [{"split": split, "reason": "consistency is defined for classes"}]
    coded = _texts(sample, split, setting.roles.label).dictionary_encode()
    known = np.asarray(coded.is_valid().to_numpy(zero_copy_only=False), bool)
    if not 2 <= len(coded.dictionary) <= 100:
        return [{"split": split, "reason": f"the label has {len(coded.dictionary)} classes in {split}, want 2 to 100"}]
    one = np.eye(len(coded.dictionary))[coded.indices.fill_null(0).to_numpy(zero_copy_only=False)[known]]
    if len(one) < 10 * K:
        return [{"split": split, "reason": f"{len(one)} labelled rows in {split}, fewer than {10 * K}"}]
    rows = x[known]
    apart = np.abs(one - one[nearest(rows, rows, K, itself=True)].mean(axis=1)).sum(axis=1) / 2
    value, error = 1 - float(apart.mean()), float(apart.std() / np.sqrt(len(apart)))
    return [{"split": split, "value": value, "error": error, "rows": len(apart)}]


def _flips(setting: Setting, sample: Sample, split: str, attribute: str, x: Floats) -> list[dict[str, Any]]:
    """Rows of each group that are predicted otherwise than most of their nearest rows of the reference."""
    said = _texts(sample, split, setting.roles.prediction)
    names = [v for v in said.unique().to_pylist() if v is not None]
    positive = setting.favourable(names)
    if positive is None:
        return [{"attribute": attribute, "split": split, "reason": "no favourable prediction is declared: give --positive"}]
    groups = _texts(sample, split, attribute)
    counted = sorted(pc.value_counts(groups.drop_null()).to_pylist(), key=lambda c: (-c["counts"], c["values"]))
    declared = setting.options.get("reference_group", {}).get(attribute)
    order = [c["values"] for c in counted]
    reference = declared if declared in order else (order[0] if order else None)
    if reference is None or len(order) < 2:
        return [{"attribute": attribute, "split": split, "reason": "there is one group only, a flip needs two"}]
    told = np.asarray(said.is_valid().to_numpy(zero_copy_only=False), bool)
    y = np.asarray(pc.equal(said, positive).fill_null(False).to_numpy(zero_copy_only=False), bool)
    place = groups.to_numpy(zero_copy_only=False)
    base = told & (place == reference)
    k = 1 if base.sum() <= FEW else K
    rng = np.random.default_rng(setting.seed)
    theirs, votes = _places(x[base], y[base])
    found = []
    for group in [g for g in order if g != reference][:MOST_GROUPS]:
        own = told & (place == group)
        if base.sum() < k or not own.any():
            continue
        points, counts = _places(x[own], y[own])
        near = neighbourhoods(points, theirs, votes.sum(axis=1), k)
        gains, losses = (int(v[0]) for v in _flipped(near, counts[None], votes[None])[:2])
        drawn = _flipped(near, rng.poisson(counts, (DRAWS, *counts.shape)), rng.poisson(votes, (DRAWS, *votes.shape)))
        error = float(((drawn[0] - drawn[1]) / np.maximum(drawn[2], 1)).std())
        entry = {"attribute": attribute, "split": split, "group": group, "reference": reference, "k": k, "error": error}
        found.append(entry | {"gains": gains, "losses": losses, "n": int(own.sum()), "n_reference": int(base.sum())})
    return found


def _places(x: Floats, y: NDArray[np.bool_]) -> tuple[Floats, NDArray[np.int64]]:
    """The different rows, and (places, 2) how many of each are predicted otherwise and favourably."""
    points, at = np.unique(x, axis=0, return_inverse=True)
    counts = np.zeros((len(points), 2), np.int64)
    np.add.at(counts, (at.reshape(-1), y.astype(np.int64)), 1)
    return points, counts


def neighbourhoods(points: Floats, among: Floats, rows: NDArray[np.int64], k: int) -> csr_array:
    """(points, among) with 1 where a place is no farther than the k-th nearest row; places have so many `rows` each.

    Rows as far as the k-th belong to it too, so that no order of the rows decides which of them are asked.
    """
    from scipy.sparse import csr_array, vstack
    from sklearn.metrics import pairwise_distances

    parts = []
    for start in range(0, len(points), BLOCK):
        far = pairwise_distances(points[start : start + BLOCK], among)
        first = np.argpartition(far, min(k, far.shape[1]) - 1, axis=1)[:, :k]
        first = np.take_along_axis(first, np.take_along_axis(far, first, axis=1).argsort(axis=1, kind="stable"), axis=1)
        enough = np.argmax(rows[first].cumsum(axis=1) >= k, axis=1)
        edge = far[np.arange(len(far)), first[np.arange(len(far)), enough]]
        parts.append(csr_array((far <= edge[:, None] + SAME).astype(np.int64)))
    return csr_array(vstack(parts))


def _flipped(near: csr_array, counts: NDArray[np.int64], votes: NDArray[np.int64]) -> tuple[NDArray[np.int64], ...]:
    """(samples,) rows that would gain, that would lose, and all, by the majority of their neighbourhood."""
    ahead = near @ (votes[:, :, 1] - votes[:, :, 0]).T  # (places, samples)
    gains = (counts[:, :, 0].T * (ahead > 0)).sum(axis=0)
    losses = (counts[:, :, 1].T * (ahead < 0)).sum(axis=0)
    return gains, losses, counts.sum(axis=(1, 2))
