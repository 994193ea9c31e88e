"""How well the other columns together tell which group a row belongs to."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from auditor.derive import Sample, features
from auditor.derive.folds import folds
from auditor.derive.probabilities import linear
from auditor.rows import Derived, Setting
from auditor.statistics.ranking import macro_auc

VERSION = 1
needs = ("sensitive",)
CAP = 20_000
"""Rows of the first split that are read: the AUC of sex on Adult is then known to .003."""
FOLDS = 5
SMALLEST = 50
"""Rows that a group needs."""
MOST_GROUPS = 10
"""The largest groups that are told apart."""
TREES, RATE = 40, 0.15
"""Boosting rounds and their weight: on Adult the AUC of sex is that of 100 rounds to .002, for half the time."""
FEWEST_TREES = 10
"""Boosting rounds for many groups, each of which takes a tree a round."""
SHUFFLED = 1_000
"""Rows of a fold on which columns are shuffled to rank them."""
LEVELS = 200
"""Levels of a category that the trees tell apart; the rarer ones share one code."""
DROPPED = 5
"""Columns that are taken away at most, the strongest first."""
ENOUGH = 0.60
"""AUC at which taking away stops."""
PERMUTATIONS = 200
"""Of the group against the finished scores: the null's 95 % point is then known to a tenth of its distance from .5."""

Floats = NDArray[np.float64]


def lacks(setting: Setting) -> str | None:
    """Why no group can be predicted, or None."""
    others = [c for c in _others(setting) if c not in setting.roles.sensitive]
    return None if others or features.text_columns(setting) else "there is no other column to predict the group from"


def reads(setting: Setting) -> tuple[str, ...]:
    """Groups, entity and features."""
    roles = setting.roles
    own = (*roles.sensitive, *((roles.group,) if roles.group else ()))
    return tuple(dict.fromkeys((*own, *_others(setting), *features.text_columns(setting))))


def derive(setting: Setting, sample: Sample) -> Iterable[Derived]:
    """No values by row: `info["groups"]` holds one entry a sensitive column."""
    first = next(iter(sample.tables))
    own = Sample({first: sample.tables[first]}, sample.capped, sample.seed)
    info = {
        "made": f"5-fold gradient boosting ({TREES} rounds) or logistic regression on TF-IDF, at most {CAP:,} rows",
        "seed": setting.seed,
        "groups": [_attribute(setting, own, first, name) for name in setting.roles.sensitive],
    }
    yield Derived(name="group_power", split=first, rows=np.zeros(0, np.int64), values=np.zeros(0), info=info)


def _others(setting: Setting) -> tuple[str, ...]:
    return tuple(c.name for c in setting.kinds("number", "bool", "category", "time"))


def _attribute(setting: Setting, sample: Sample, split: str, attribute: str) -> dict[str, Any]:
    """Power, interval, null and the columns taken away one by one; or the reason why there is none."""
    texts = sample.array(split, attribute).cast(pa.large_string())
    counted = sorted(pc.value_counts(texts.drop_null()).to_pylist(), key=lambda c: (-c["counts"], c["values"]))
    groups = [c["values"] for c in counted if c["counts"] >= SMALLEST][:MOST_GROUPS]
    if len(groups) < 2:
        return {"attribute": attribute, "reason": f"fewer than two groups of {attribute!r} have {SMALLEST} rows"}
    place = pc.index_in(texts, pa.array(groups, pa.large_string())).fill_null(-1).to_numpy(zero_copy_only=False)
    keep = np.flatnonzero(place >= 0)
    y = place[keep].astype(np.int64)
    words = features.text_columns(setting)
    columns = tuple(c for c in _others(setting) if c != attribute)
    fold = folds(setting, sample, words or columns, FOLDS)[split][keep]
    if any(len(np.unique(y[fold != k])) < len(groups) for k in range(FOLDS)):
        return {"attribute": attribute, "reason": "copies or entities leave a fold without one of the groups"}
    if words:
        rows = features.tfidf(sample, words)[split][keep]
        score, _ = _out_of_fold(rows, y, fold, len(groups), _linear(setting.seed))
        return {"attribute": attribute, "groups": groups, "rows": len(y), **_power(score, y, setting.seed), "steps": []}
    return {"attribute": attribute, "groups": groups, "rows": len(y), **_greedy(setting, sample, split, keep, y, fold, columns)}


def _greedy(
    setting: Setting,
    sample: Sample,
    split: str,
    keep: NDArray[np.int64],
    y: NDArray[np.int64],
    fold: NDArray[np.int64],
    columns: tuple[str, ...],
) -> dict[str, Any]:
    """The power of all columns, then without the strongest, and so on until it is below .60."""
    left = list(columns)
    coded = {c: _coded(setting, sample, split, c)[keep] for c in left}
    nominal = {c: setting.column(c).kind in ("category", "bool") for c in left}
    whole: dict[str, Any] = {}
    steps: list[dict[str, Any]] = []
    while left and len(steps) < DROPPED:
        rows = np.stack([coded[c] for c in left], axis=1)
        learn = _boosted(np.array([nominal[c] for c in left]), int(y.max()) + 1, setting.seed)
        score, loss = _out_of_fold(rows, y, fold, int(y.max()) + 1, learn)
        if not whole:
            whole = _power(score, y, setting.seed)
            before = whole["power"]
        else:
            before = macro_auc(score, y)[0]
            steps[-1]["power_without"] = round(before, 6)
        if before < ENOUGH or len(left) == 1:
            break
        strongest = left[int(np.argmax(loss))]
        steps.append({"column": strongest, "loss": round(float(loss.max()), 6)})
        left.remove(strongest)
    if steps and "power_without" not in steps[-1]:
        steps.pop()
    return {**whole, "steps": steps}


def _coded(setting: Setting, sample: Sample, split: str, name: str) -> Floats:
    """Numbers as they are; categories as codes 0..LEVELS, commonest first; NaN where missing."""
    array = sample.array(split, name)
    if setting.column(name).kind in ("number", "time"):
        return features.plain_numbers(array)
    texts = array.cast(pa.large_string())
    counted = sorted(pc.value_counts(texts.drop_null()).to_pylist(), key=lambda c: (-c["counts"], c["values"]))
    own = pa.array([c["values"] for c in counted[:LEVELS]], pa.large_string())
    codes = pc.index_in(texts, own).fill_null(LEVELS).to_numpy(zero_copy_only=False).astype(np.float64)
    return np.where(pc.is_null(texts).to_numpy(zero_copy_only=False), np.nan, codes)


Learn = Callable[[Any, NDArray[np.int64]], Callable[[Any], Floats]]


def _boosted(nominal: NDArray[np.bool_], groups: int, seed: int) -> Learn:
    def learn(x: Any, y: NDArray[np.int64]) -> Callable[[Any], Floats]:
        from sklearn.ensemble import HistGradientBoostingClassifier

        model = HistGradientBoostingClassifier(
            max_iter=TREES if groups == 2 else max(FEWEST_TREES, 2 * TREES // groups),
            learning_rate=RATE,
            early_stopping=False,
            categorical_features=nominal,
            random_state=seed,
        )
        model.fit(x, y)
        return lambda z: np.asarray(model.predict_proba(z), np.float64)

    return learn


def _linear(seed: int) -> Learn:
    return linear(seed)


def _out_of_fold(x: Any, y: NDArray[np.int64], fold: NDArray[np.int64], groups: int, learn: Learn) -> tuple[Floats, Floats]:
    """Scores of every row, and for a table what shuffling each column costs in AUC (Breiman 2001)."""
    dense = isinstance(x, np.ndarray)
    score = np.zeros((len(y), groups))
    tried: list[NDArray[np.int64]] = []
    shuffled: list[list[Floats]] = [[] for _ in range(x.shape[1] if dense else 0)]
    for k in range(FOLDS):
        out = np.flatnonzero(fold == k)
        if not len(out):
            continue
        predict = learn(x[fold != k], y[fold != k])
        score[out] = predict(x[out])
        some = np.sort(np.random.default_rng(k).permutation(out)[:SHUFFLED])
        tried.append(some)
        for j, told in enumerate(shuffled):
            changed = x[some].copy()
            changed[:, j] = np.random.default_rng(j).permutation(changed[:, j])
            told.append(predict(changed))
    if not shuffled:
        return score, np.zeros(0)
    rows = np.concatenate(tried)
    whole = macro_auc(score[rows], y[rows])[0]
    return score, np.array([whole - macro_auc(np.concatenate(told), y[rows])[0] for told in shuffled])


def _power(score: Floats, y: NDArray[np.int64], seed: int) -> dict[str, Any]:
    """AUC with interval, and the 95 % point of its null: groups permuted against the finished scores, no refit."""
    power, low, high = macro_auc(score, y)
    rng = np.random.default_rng(seed)
    null = [macro_auc(score, rng.permutation(y))[0] for _ in range(PERMUTATIONS)]
    return {
        "power": round(power, 6),
        "low": round(low, 6),
        "high": round(high, 6),
        "null": round(float(np.quantile(null, 0.95)), 6),
    }
