"""What the simplest models get right on the held-out splits: majority, and a plain model fitted on train."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from auditor.derive import Sample, features
from auditor.derive.probabilities import label_texts
from auditor.rows import Derived, Setting

VERSION = 1
needs = ("classes", "features", "held-out")
CAP = 100_000
DEPTH = 3


def lacks(setting: Setting) -> str | None:
    """Why there is no baseline, or None."""
    return features.lacks(setting)


def reads(setting: Setting) -> tuple[str, ...]:
    """The columns that are read."""
    return tuple(c for c in (*features.reads(setting), setting.roles.label) if c)


def derive(setting: Setting, sample: Sample) -> Iterable[Derived]:
    """(n, 2) 0/1 by held-out row: right by the majority label of train, right by the plain model fitted on train."""
    first = setting.training[0].name
    labels = {s: np.array(["" if x is None else x for x in label_texts(setting, sample, s)]) for s in sample.tables}
    texts = features.text_columns(setting)
    by: dict[str, Any] = features.tfidf(sample, texts) if texts else features.encode(sample, features.table_columns(setting)).by
    learn = labels[first] != ""
    names, counts = np.unique(labels[first][learn], return_counts=True)
    if len(names) < 2:
        return
    model = _model(bool(texts), setting.seed).fit(by[first][learn], labels[first][learn])
    name = "TF-IDF, logistic regression" if texts else f"decision tree of depth {DEPTH}"
    for split in setting.held_out:
        if split.name not in labels or not len(labels[split.name]):
            continue
        y = labels[split.name]
        right = np.stack([y == names[counts.argmax()], model.predict(by[split.name]) == y], axis=1).astype(np.int8)
        info = {"model": name, "majority": str(names[counts.argmax()])}
        yield Derived(name="simple_baseline", split=split.name, rows=sample.rows(split.name), values=right, info=info)


def _model(texts: bool, seed: int) -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.tree import DecisionTreeClassifier

    return LogisticRegression(max_iter=300, C=10.0) if texts else DecisionTreeClassifier(max_depth=DEPTH, random_state=seed)
