"""How far every row lies from its nearest neighbours: an outlier score for tables and texts."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from auditor.derive import Sample, features
from auditor.rows import Derived, Setting
from auditor.statistics.sampling import position_hash
from auditor.statistics.tails import heavy

VERSION = 1
CAP = 200_000
"""Rows of one split that are scored at most."""
K = 10
"""Neighbours whose distances are averaged."""
REFERENCE = 5_000
"""Rows of the first split among which neighbours are sought: 100,000 x 14 in 2 CPU-seconds a distance. A cluster of fewer
than K / REFERENCE of the rows (.2 %) may be taken for outliers."""
CENTRAL = 5.0
"""Rows within so many robust standard deviations in every column shape the covariance."""
THINNEST = 1e-3
"""Least eigenvalue that is scaled up, as a share of the mean one: below it a direction is rounding, not data."""

Floats = NDArray[np.float32]


def lacks(setting: Setting) -> str | None:
    """Why there is nothing to measure distances in, or None."""
    if features.text_columns(setting) or len(setting.kinds("number")) >= 2:
        return None
    return "there are neither texts nor two numeric columns"


def reads(setting: Setting) -> tuple[str, ...]:
    """The numeric columns, or the texts."""
    return features.text_columns(setting) or tuple(c.name for c in setting.kinds("number"))


def derive(setting: Setting, sample: Sample) -> Iterable[Derived]:
    """(n, 2): mean distance to the 10 nearest rows of the reference, as the columns lie and with correlations taken out."""
    texts = features.text_columns(setting)
    if texts:
        plain = features.reduced(features.tfidf(sample, texts), setting.seed)
        plain = {s: x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-6) for s, x in plain.items()}
        spaces = [plain, plain]
    else:
        plain = scaled(sample, reads(setting))
        spaces = [plain, decorrelated(plain)]
    first = next(iter(sample.tables))
    chosen = np.argsort(position_hash(sample.rows(first), setting.seed), kind="stable")[:REFERENCE]
    info = {
        "made": f"mean distance to the {K} nearest of {len(chosen):,} rows of {first}",
        "space": "TF-IDF, truncated SVD" if texts else "robust-scaled numbers; the same decorrelated",
        "columns": list(reads(setting)),
        "seed": setting.seed,
        "sampled": sample.capped,
    }
    distances: dict[str, list[Floats]] = {s: [] for s in sample.tables}
    for space in spaces if spaces[0] is not spaces[1] else spaces[:1]:
        for split, rows in space.items():
            own = np.full(len(rows), -1)
            if split == first:
                own[chosen] = np.arange(len(chosen))
            distances[split].append(mean_distance(rows, space[first][chosen], own))
    for split, found in distances.items():
        yield Derived(name="neighbours", split=split, rows=sample.rows(split), values=np.stack(found, axis=1), info=info)


def scaled(sample: Sample, columns: tuple[str, ...]) -> dict[str, Floats]:
    """Numbers by median and quartiles of the first split; heavy-tailed ones as asinh of that; 0 where missing."""
    first = next(iter(sample.tables))
    parts: dict[str, list[NDArray[np.float64]]] = {s: [] for s in sample.tables}
    for column in columns:
        plain = {s: features.plain_numbers(sample.array(s, column)) for s in sample.tables}
        middle, scale = features.robust(plain[first])
        curved = heavy((plain[first] - middle) / scale)
        for split, values in plain.items():
            z = (values - middle) / scale
            parts[split].append(np.where(np.isfinite(z), np.arcsinh(z) if curved else z, 0.0))
    return {s: np.stack(p, axis=1).astype(np.float32) for s, p in parts.items()}


def decorrelated(rows: dict[str, Floats]) -> dict[str, Floats]:
    """Principal axes of the central rows of the first split, each scaled to variance 1.

    A row that turns the sign of one of two correlated columns lies far out here and nowhere else.
    """
    first = rows[next(iter(rows))].astype(np.float64)
    central = first[(np.abs(first) < CENTRAL).all(axis=1)]
    if len(central) <= 2 * first.shape[1]:
        return rows
    value, axes = np.linalg.eigh(np.atleast_2d(np.cov(central.T)))
    turn = axes / np.sqrt(np.maximum(value, THINNEST * max(float(value.mean()), 1e-12)))
    return {s: (x @ turn).astype(np.float32) for s, x in rows.items()}


def mean_distance(rows: Floats, reference: Floats, own: NDArray[np.int64]) -> Floats:
    """Mean distance of each row to its K nearest in the reference, itself (at place `own`) left out."""
    from sklearn.neighbors import NearestNeighbors

    k = min(K, len(reference) - 1)
    if k < 1:
        return np.zeros(len(rows), np.float32)
    far, near = NearestNeighbors(n_neighbors=k + 1, algorithm="brute").fit(reference).kneighbors(rows)
    itself = near == own[:, None]
    itself[~itself.any(axis=1), k] = True  # of k + 1 neighbours one is left out: itself, else the farthest
    return np.asarray(np.where(itself, 0.0, far).sum(axis=1) / k, np.float32)
