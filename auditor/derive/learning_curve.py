"""Held-out error of a plain model at growing sizes of the training set."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditor.derive import Sample, features
from auditor.derive.folds import folds
from auditor.derive.probabilities import label_texts
from auditor.rows import Derived, Setting

VERSION = 1
needs = ("classes", "features")
CAP = 20_000
"""Rows of one split: the largest of the sizes; a curve of six points costs about twice its last point."""
SIZES = 7
SEEDS = 5
SMALLEST = 32
FOLDS = 5
FEWEST = 400  # rows of train: below it six sizes lie too near each other


def lacks(setting: Setting) -> str | None:
    """Why there is no curve, or None."""
    rows = setting.training[0].rows
    if rows < FEWEST:
        return f"{setting.training[0].name} has {rows} rows, {FEWEST} are needed for a learning curve"
    return features.lacks(setting)


def reads(setting: Setting) -> tuple[str, ...]:
    """The columns that are read."""
    return tuple(c for c in (*features.reads(setting), setting.roles.label, setting.roles.group) if c)


def derive(setting: Setting, sample: Sample) -> Iterable[Derived]:
    """(SIZES, SEEDS + 1) float: the size, then the error of each seed on the rows that are never learnt from.

    A fifth of the training rows (whole families of copies and entities) is kept back to score all sizes.
    """
    split = setting.training[0].name
    labels = np.array(["" if x is None else x for x in label_texts(setting, sample, split)])
    texts = features.text_columns(setting)
    table = features.table_columns(setting)
    x: Any = features.tfidf(sample, texts)[split] if texts else features.encode(sample, table).by[split]
    fold = folds(setting, sample, texts or tuple(c.name for c in table), FOLDS)[split]
    known = labels != ""
    pool, ask = np.flatnonzero(known & (fold != 0)), np.flatnonzero(known & (fold == 0))
    sizes = np.unique(np.geomspace(SMALLEST, len(pool), SIZES).round().astype(np.int64))
    errors = np.zeros((len(sizes), SEEDS))
    for s in range(SEEDS):
        order = np.random.default_rng([setting.seed, s]).permutation(pool)
        for i, size in enumerate(sizes):
            errors[i, s] = _error(x, labels, order[:size], ask, bool(texts), s)
    values = np.concatenate([sizes[:, None].astype(float), errors], axis=1)
    info = {
        "tested": len(ask),
        "model": "TF-IDF, logistic regression" if texts else "boosted trees on encoded columns",
        "split": split,
        "values": values.tolist(),
    }
    yield Derived(name="learning_curve", split=split, rows=sample.rows(split)[:1], values=values[:1], info=info)


def _error(x: Any, labels: NDArray[Any], learn: NDArray[np.int64], ask: NDArray[np.int64], texts: bool, seed: int) -> float:
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.linear_model import SGDClassifier

    if len(np.unique(labels[learn])) < 2:
        return float((labels[ask] != labels[learn][0]).mean())
    if texts:
        model: Any = SGDClassifier(loss="log_loss", alpha=1e-5, max_iter=20, tol=None, random_state=seed)
    else:
        model = HistGradientBoostingClassifier(max_iter=60, min_samples_leaf=5, early_stopping=False, random_state=seed)
    return float((model.fit(x[learn], labels[learn]).predict(x[ask]) != labels[ask]).mean())
