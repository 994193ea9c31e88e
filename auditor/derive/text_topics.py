"""What texts are about: clusters of TF-IDF rows after a truncated SVD, each named by the words that set it apart."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from auditor.derive import Sample
from auditor.rows import Derived, Setting

VERSION = 1
CAP = 40_000
"""Rows of a split that are clustered: no fewer than are searched for slices, so that each of those has its topic."""
MOST_COLUMNS = 3  # columns of texts that get topics, in their order in the data
FEWEST, MOST = 8, 20  # topics
ROWS = 250  # texts a topic, between these two
LEAST = 240  # texts with a word that others share: 30 rows, the least of a slice, for each of 8 topics
DIMENSIONS = 50
SHARED = 5  # texts that a word must be in, or .1 % of them where that is more: no name tells of one text alone
COMMON = 0.5  # share of the texts beyond which a word tells nothing apart
VOCABULARY = 10_000  # the commonest words
WORD = r"(?u)\b[^\W\d_]{2,20}\b"  # letters alone: no digit and no sign comes into a name
READ = 5_000  # characters of a text that are read
NAMED = 3  # words in a name; more where two topics would be called alike

Floats = NDArray[np.float64]


def lacks(setting: Setting) -> str | None:
    """Why there is nothing to cluster, or None."""
    return None if reads(setting) else "there is no column of texts"


def reads(setting: Setting) -> tuple[str, ...]:
    """The columns of texts."""
    return tuple(c.name for c in setting.kinds("text"))[:MOST_COLUMNS]


def derive(setting: Setting, sample: Sample) -> Iterable[Derived]:
    """(n, columns) the place of each text's topic in `info["columns"][j]["topics"]`; -1 where it has none.

    Fitted on the texts of all splits; no label and no prediction is read. A column whose texts cannot be clustered has a
    `reason` in place of topics.
    """
    columns = [{"column": name, **_column(sample, name, setting.seed)} for name in reads(setting)]
    places = [c.pop("places") for c in columns]
    info = {
        "made": f"TF-IDF of words, truncated SVD to {DIMENSIONS}, k-means",
        "columns": columns,
        "seed": setting.seed,
        "sampled": sample.capped,
    }
    begin = 0
    for split in sample.tables:
        rows = sample.rows(split)
        values = np.stack([p[begin : begin + len(rows)] for p in places], axis=1)
        begin += len(rows)
        yield Derived(name="text_topics", split=split, rows=rows, values=values, info=info)


def _column(sample: Sample, name: str, seed: int) -> dict[str, Any]:
    """Topics or the reason for none, and the place of every text of all splits."""
    parts = [pc.utf8_slice_codeunits(sample.array(s, name).cast(pa.large_string()).fill_null(""), 0, READ) for s in sample.tables]
    texts = [t for part in parts for t in part.to_pylist()]
    names, places, reason = topics(texts, seed)
    return {"places": places, **({"reason": reason} if reason else {"topics": names})}


def topics(texts: Sequence[str], seed: int) -> tuple[list[str], NDArray[np.int64], str]:
    """(names, the place of each text's topic or -1, why there is none).

    k-means (Lloyd 1982, doi:10.1109/TIT.1982.1056489) of 8 to 20 centres, one in 250 texts, on rows of length 1 of the
    truncated SVD (latent semantic analysis; Deerwester et al. 1990). Topics stand in the order of their names.
    """
    none = np.full(len(texts), -1, np.int64)
    some = sum(1 for t in texts if t and not t.isspace())
    if some < LEAST:
        return [], none, f"{some:,} texts, fewer than {LEAST:,}"
    weights, words = weighed(texts, max(SHARED, math.ceil(0.001 * some)))
    rows = np.flatnonzero(np.diff(weights.indptr))
    if len(rows) < LEAST:
        return [], none, f"{len(rows):,} texts have a word, besides stop words, that others share, fewer than {LEAST:,}"
    weights = weights[rows]
    centres = clustered(weights, min(MOST, max(FEWEST, len(rows) // ROWS)), seed)
    if centres.max() == 0:
        return [], none, "the texts are too alike to be told apart"
    names = named(weights, words, centres)
    order = sorted(range(len(names)), key=lambda i: names[i])
    none[rows] = np.argsort(order)[centres]
    return [names[i] for i in order], none, ""


def weighed(texts: Sequence[str], least: int) -> tuple[Any, list[str]]:
    """TF-IDF rows (scipy CSR) over words in at least so many texts and in no more than half of them, and the words."""
    from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer

    counting = CountVectorizer(token_pattern=WORD, stop_words="english", dtype=np.float64)
    try:
        counts = counting.fit_transform(texts)
    except ValueError:  # what it raises where no text has a word
        return _empty(len(texts)), []
    often = np.bincount(counts.indices, minlength=counts.shape[1])
    every = counting.get_feature_names_out()
    fit = [i for i in np.argsort(-often, kind="stable").tolist() if least <= often[i] <= COMMON * len(texts)]
    keep = sorted(fit[:VOCABULARY])
    if not keep:
        return _empty(len(texts)), []
    return TfidfTransformer(sublinear_tf=True).fit_transform(counts[:, keep]).tocsr(), [str(every[i]) for i in keep]


def _empty(rows: int) -> Any:
    from scipy.sparse import csr_matrix

    return csr_matrix((rows, 1))


def clustered(weights: Any, k: int, seed: int) -> NDArray[np.int64]:
    """The centre of each row, numbered from 0 without gaps; fewer than k where fewer rows differ."""
    from sklearn.cluster import KMeans
    from sklearn.decomposition import TruncatedSVD

    size = min(DIMENSIONS, min(weights.shape) - 1)
    x = TruncatedSVD(size, random_state=seed, n_iter=5).fit_transform(weights) if size > 1 else weights.toarray()
    x = np.asarray(x / np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-9))
    k = min(k, len(np.unique(x.round(6), axis=0)))
    found = KMeans(k, n_init=4, random_state=seed).fit_predict(x)
    return np.asarray(np.unique(found, return_inverse=True)[1], np.int64)


def named(weights: Any, words: Sequence[str], centres: NDArray[np.int64]) -> list[str]:
    """Three words of each topic: those whose mean weight in it is farthest above that in all texts."""
    overall = np.asarray(weights.mean(axis=0)).ravel()
    ranked = []
    for i in range(int(centres.max()) + 1):
        above = np.asarray(weights[centres == i].mean(axis=0)).ravel() - overall
        ranked.append([words[j] for j in np.lexsort((np.arange(len(words)), -above.round(12))).tolist() if above[j] > 0])
    names = [", ".join(r[:NAMED]) for r in ranked]
    for more in range(NAMED + 1, 2 * NAMED + 1):
        names = [", ".join(r[:more]) if names.count(n) > 1 else n for n, r in zip(names, ranked, strict=True)]
    return [n if names.count(n) == 1 else f"{n} ({names[: i + 1].count(n)})" for i, n in enumerate(names)]
