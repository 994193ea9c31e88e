"""Features without the label: TF-IDF and truncated SVD of texts, encoded columns of tables."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from auditor.derive import Sample
from auditor.rows import Column, Derived, Setting

VERSION = 1
needs = ("features",)
CAP = 100_000
"""Rows of one split at most: the derived column is held in memory."""

LEVELS = 24
"""Levels of a category with an indicator of their own; a few dozen inputs a column keep the network fast."""
BUCKETS = 8
"""Indicators that the rarer levels share by hash."""
DIMENSIONS = 64
"""Of the truncated SVD; beyond it 10,003 short texts gain little and the cost grows with it."""
SKEWED = 5.0
"""Skewness beyond which a number is read on the signed-log scale, as in the outlier checks."""
EDGE = 3.0
"""Robust standard deviations beyond which a number grows as a logarithm only, so that an outlier cannot rule a network."""

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """One table as numbers, by split. `source[j]` is the position in `columns` of the column that input j comes from."""

    by: dict[str, Floats]  # split -> (n, inputs)
    columns: tuple[str, ...]
    source: NDArray[np.int64]  # (inputs,)


def lacks(setting: Setting) -> str | None:
    """Why there are no features, or None."""
    return None if text_columns(setting) or table_columns(setting) else "there is no column that features can be made of"


def reads(setting: Setting) -> tuple[str, ...]:
    """The columns that are read."""
    return text_columns(setting) or tuple(c.name for c in table_columns(setting))


def derive(setting: Setting, sample: Sample) -> Iterable[Derived]:
    """(n, 64) SVD of the texts where there are any, else the encoded table."""
    texts = text_columns(setting)
    if texts:
        by = reduced(tfidf(sample, texts), setting.seed)
        info: dict[str, Any] = {"made": f"TF-IDF of words, truncated SVD to {DIMENSIONS}", "columns": list(texts)}
    else:
        encoded = encode(sample, table_columns(setting))
        by = encoded.by
        info = {"made": "robust-scaled numbers, indicators of categories", "columns": list(encoded.columns)}
    for split, values in by.items():
        yield Derived(name="features", split=split, rows=sample.rows(split), values=values, info=info)


def text_columns(setting: Setting) -> tuple[str, ...]:
    """The text role; without it and without any column of a table, the columns of texts."""
    if setting.roles.text or table_columns(setting):
        return tuple(setting.roles.text)
    return tuple(c.name for c in setting.kinds("text"))


def table_columns(setting: Setting) -> tuple[Column, ...]:
    """The columns of a table that can be encoded."""
    return setting.kinds("number", "bool", "category", "time")


def encode(sample: Sample, columns: Iterable[Column]) -> Encoded:
    """Numbers scaled by median and quartiles of the first split, categories as indicators; never the label.

    Made once a sample and set of columns: several derivations read it.
    """
    columns = tuple(columns)
    key = ("encoded", tuple(c.name for c in columns))
    if key not in sample.memo:
        first = next(iter(sample.tables))
        parts: dict[str, list[Floats]] = {split: [] for split in sample.tables}
        source: list[int] = []
        for j, column in enumerate(columns):
            arrays = {s: sample.array(s, column.name) for s in sample.tables}
            made = _numbers(arrays, first) if column.kind in ("number", "time") else _levels(arrays, first)
            for split, values in made.items():
                parts[split].append(values)
            source += [j] * made[first].shape[1]
        by = {s: np.concatenate(p, axis=1) if p else np.zeros((len(sample.rows(s)), 0), np.float32) for s, p in parts.items()}
        sample.memo[key] = Encoded(by, tuple(c.name for c in columns), np.array(source, np.int64))
    found: Encoded = sample.memo[key]
    return found


def plain_numbers(array: pa.Array) -> NDArray[np.float64]:
    """A number, bool or time column as floats; NaN where missing or not finite."""
    if pa.types.is_temporal(array.type):
        array = array.cast(pa.timestamp("us"), safe=False).cast(pa.int64())
    elif pa.types.is_string(array.type) or pa.types.is_large_string(array.type):  # times of no one form
        return np.full(len(array), np.nan)
    values = np.array(array.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False), np.float64)
    values[~np.isfinite(values)] = np.nan
    return values


def robust(values: NDArray[np.float64]) -> tuple[float, float]:
    """Median, and the scale: quartile distance / 1.349, else standard deviation, else 1."""
    known = values[np.isfinite(values)]
    if not len(known):
        return 0.0, 1.0
    low, middle, high = np.percentile(known, [25, 50, 75])
    return float(middle), float((high - low) / 1.349 or known.std() or 1.0)


def signed_log(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """sign(x) log(1 + |x|)."""
    return np.sign(values) * np.log1p(np.abs(values))


def skewness(values: NDArray[np.float64]) -> float:
    """Third standardised moment of the finite values; 0 where there is no spread."""
    known = values[np.isfinite(values)]
    spread = float(known.std()) if len(known) else 0.0
    return float((((known - known.mean()) / spread) ** 3).mean()) if spread > 0 else 0.0


def _numbers(arrays: dict[str, pa.Array], first: str) -> dict[str, Floats]:
    plain = {s: plain_numbers(a) for s, a in arrays.items()}
    if abs(skewness(plain[first])) > SKEWED:
        plain = {s: signed_log(v) for s, v in plain.items()}
    middle, scale = robust(plain[first])
    gaps = bool(np.isnan(plain[first]).any())
    made = {}
    for split, values in plain.items():
        x = (values - middle) / scale
        far = np.abs(x) > EDGE
        x[far] = np.sign(x[far]) * (EDGE + np.log1p(np.abs(x[far]) - EDGE))
        missing = np.isnan(x)
        x[missing] = 0.0
        made[split] = np.stack([x, missing] if gaps else [x], axis=1).astype(np.float32)
    return made


def _levels(arrays: dict[str, pa.Array], first: str) -> dict[str, Floats]:
    texts = {s: a.cast(pa.large_string()) for s, a in arrays.items()}
    counted = pc.value_counts(texts[first])
    names, counts = counted.field(0).to_pylist(), counted.field(1).to_numpy()
    order = sorted(range(len(names)), key=lambda i: (-counts[i], names[i] is None, names[i] or ""))
    own = [names[i] for i in order[:LEVELS]]
    width = len(own) + (BUCKETS if len(names) > LEVELS else 1)
    made = {}
    for split, values in texts.items():
        place = pc.index_in(values, pa.array(own, pa.large_string())).to_numpy(zero_copy_only=False)
        place = np.where(np.isnan(place.astype(float)), -1, place).astype(np.int64)
        rare = place < 0
        if rare.any():
            place[rare] = len(own) + hashes(values.filter(pa.array(rare))) % np.uint64(width - len(own))
        ones = np.zeros((len(values), width), np.float32)
        ones[np.arange(len(values)), place] = 1.0
        made[split] = ones
    return made


def hashes(values: pa.Array) -> NDArray[np.uint64]:
    """A 64-bit hash of each text; nulls share one."""
    from pandas.util import hash_array

    plain = np.asarray(values.fill_null("\x00null").to_numpy(zero_copy_only=False), dtype=object)
    return np.asarray(hash_array(plain, categorize=True))


def tfidf(sample: Sample, columns: tuple[str, ...]) -> dict[str, Any]:
    """Sparse TF-IDF rows of words and word pairs by split (scipy CSR). Weights and vocabulary are those of the first split.

    Words are hashed to 2^20 places, so that no vocabulary is held; only places that two rows share are kept.
    """
    key = ("tfidf", columns)
    if key not in sample.memo:
        from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

        hashing = HashingVectorizer(ngram_range=(1, 2), n_features=2**20, norm=None, alternate_sign=False, dtype=np.float64)
        counts = {s: hashing.transform(joined(sample, s, columns)) for s in sample.tables}
        first = next(iter(counts))
        shared = np.flatnonzero(np.bincount(counts[first].indices, minlength=2**20) >= 2)
        shared = shared if len(shared) else np.zeros(1, np.int64)  # texts that share no word are all alike
        weights = TfidfTransformer(sublinear_tf=True)
        fitted = False
        made = {}
        for split, rows in counts.items():
            rows = rows[:, shared]
            made[split] = weights.transform(rows) if fitted else weights.fit_transform(rows)
            fitted = True
        sample.memo[key] = made
    found: dict[str, Any] = sample.memo[key]
    return found


def joined(sample: Sample, split: str, columns: tuple[str, ...]) -> list[str]:
    """The texts of each row in one."""
    parts = [sample.array(split, c).cast(pa.large_string()).fill_null("").to_pylist() for c in columns]
    return [" ".join(p) for p in zip(*parts, strict=True)] if len(parts) > 1 else list(parts[0])


def reduced(rows: dict[str, Any], seed: int) -> dict[str, Floats]:
    """Truncated SVD of sparse rows, fitted on the first split (Halko et al. 2011, doi:10.1137/090771806)."""
    from sklearn.decomposition import TruncatedSVD

    first = next(iter(rows))
    size = min(DIMENSIONS, rows[first].shape[1] - 1, rows[first].shape[0] - 1)
    if size < 1:
        return {s: np.zeros((r.shape[0], 1), np.float32) for s, r in rows.items()}
    svd = TruncatedSVD(size, random_state=seed, n_iter=2).fit(rows[first])
    return {s: svd.transform(r).astype(np.float32) for s, r in rows.items()}
