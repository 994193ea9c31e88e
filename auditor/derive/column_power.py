"""How well each column alone, or a trivial property of it, predicts the label."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from auditor.derive import Sample, features
from auditor.derive.folds import folds
from auditor.rows import Derived, Setting
from auditor.statistics.ranking import macro_auc

VERSION = 1
needs = ("label",)
CAP = 20_000
"""Rows of the first split that are read: an AUC of .8 is then known to .01."""
FOLDS = 5
DEPTH = 3
"""Of the tree on a number: eight steps, enough for any monotone or one-humped relation."""
MOST_CLASSES = 20
"""The commonest classes that are told apart; more would cost a tree each and change the mean little."""
COLUMNS = 500
"""Columns that are tried at most, in their order."""
SHOWN = 50
"""Columns that are reported, best first."""
SMOOTH = 5.0
"""Rows of the overall mean that are added to each level of a category."""

Floats = NDArray[np.float64]


def lacks(setting: Setting) -> str | None:
    """Why no column can be tried, or None."""
    label = setting.roles.label
    if not setting.label_is_class and (label is None or setting.column(label).kind != "number"):
        return "the label names no classes and is no number"
    return None if setting.kinds("number", "bool", "category", "time", "text") else "there is no column to try"


def reads(setting: Setting) -> tuple[str, ...]:
    """Label, entity and features."""
    roles = setting.roles
    tried = tuple(c.name for c in setting.kinds("number", "bool", "category", "time", "text"))[:COLUMNS]
    return (*(c for c in (roles.label, roles.group) if c), *tried)


def derive(setting: Setting, sample: Sample) -> Iterable[Derived]:
    """No values by row: `info["columns"]` and `info["properties"]` list name, power, low, high of each, best first."""
    first = next(iter(sample.tables))
    own = Sample({first: sample.tables[first]}, sample.capped, sample.seed)
    target = _target(setting, own, first)
    info: dict[str, Any] = {
        "made": f"5-fold, tree of depth {DEPTH} or level means, on at most {CAP:,} rows",
        "seed": setting.seed,
    }
    if isinstance(target, str):
        info["reason"] = target
    else:
        keep, y, classes = target
        tried = tuple(c for c in reads(setting) if c not in (setting.roles.label, setting.roles.group))
        fold = folds(setting, own, tried, FOLDS)[first][keep]
        info |= {"rows": len(y), "classes": len(classes), "metric": "macro AUC" if classes else "R2"}
        info["columns"] = _judged(_columns(setting, own, first, keep), y, classes, fold, setting.seed)
        info["properties"] = _judged(_properties(setting, own, first, keep), y, classes, fold, setting.seed)
    yield Derived(name="column_power", split=first, rows=np.zeros(0, np.int64), values=np.zeros(0), info=info)


def _target(setting: Setting, sample: Sample, split: str) -> str | tuple[NDArray[np.int64], Floats, list[str]]:
    """Kept rows, target and classes (none: a number); or the reason why there is nothing to predict."""
    array = sample.array(split, setting.roles.label or "")
    if not setting.label_is_class:
        values = features.plain_numbers(array)
        keep = np.flatnonzero(np.isfinite(values))
        return (keep, values[keep], []) if len(keep) >= 50 and values[keep].std() > 0 else "too few labels, or all equal"
    texts = array.cast(pa.large_string())
    counted = sorted(pc.value_counts(texts.drop_null()).to_pylist(), key=lambda c: (-c["counts"], c["values"]))
    classes = [c["values"] for c in counted if c["counts"] >= 2 * FOLDS][:MOST_CLASSES]
    if len(classes) < 2:
        return f"fewer than two classes have {2 * FOLDS} rows"
    place = pc.index_in(texts, pa.array(classes, pa.large_string())).fill_null(-1).to_numpy(zero_copy_only=False)
    keep = np.flatnonzero(place >= 0)
    return keep, place[keep].astype(np.float64), classes


def _columns(setting: Setting, sample: Sample, split: str, keep: NDArray[np.int64]) -> Iterator[tuple[str, str, Floats]]:
    """(column, "", values) with categories as codes, marked by a kind of "level"."""
    for column in setting.kinds("number", "bool", "category", "time")[:COLUMNS]:
        array = sample.array(split, column.name)
        if column.kind in ("number", "time"):
            yield column.name, "", features.plain_numbers(array)[keep]
        else:
            codes = array.cast(pa.large_string()).fill_null("\x00null").dictionary_encode().indices
            yield column.name, "level", codes.to_numpy(zero_copy_only=False).astype(np.float64)[keep]


def _properties(setting: Setting, sample: Sample, split: str, keep: NDArray[np.int64]) -> Iterator[tuple[str, str, Floats]]:
    """Length, words and make of texts; hour and weekday of times."""
    for column in setting.kinds("text", "time")[:COLUMNS]:
        array = sample.array(split, column.name)
        if column.kind == "text":
            texts = array.cast(pa.large_string()).fill_null("")
            length = pc.utf8_length(texts).to_numpy(zero_copy_only=False).astype(np.float64)
            yield f"{column.name}: length", "", length[keep]
            for name, pattern in (("words", r"\S+"), ("share of non-ASCII", r"[^\x00-\x7f]")):
                count = pc.count_substring_regex(texts, pattern).to_numpy(zero_copy_only=False).astype(np.float64)
                yield f"{column.name}: {name}", "", (count if name == "words" else count / np.maximum(length, 1))[keep]
        elif pa.types.is_temporal(array.type):
            stamps = array.cast(pa.timestamp("us"), safe=False)
            yield f"{column.name}: hour", "", features.plain_numbers(pc.hour(stamps))[keep]
            yield f"{column.name}: weekday", "", features.plain_numbers(pc.day_of_week(stamps))[keep]


def _judged(
    tried: Iterable[tuple[str, str, Floats]], y: Floats, classes: list[str], fold: NDArray[np.int64], seed: int
) -> list[dict[str, Any]]:
    """Power of each column out of fold, best first."""
    found = []
    for name, kind, x in tried:
        known = x[np.isfinite(x)]
        if len(known) == 0 or (len(known) == len(x) and (known == known[0]).all()):
            continue
        score = np.zeros((len(y), max(1, len(classes))))
        goal = np.eye(len(classes))[y.astype(np.int64)] if classes else y[:, None]
        for k in range(FOLDS):
            out = fold == k
            if out.any() and (~out).any():
                score[out] = _levels(x, goal, out) if kind else _tree(x, goal, out, seed)
        power, low, high = macro_auc(score, y.astype(np.int64)) if classes else _explained(score[:, 0], y)
        if len(classes) == 2 and not kind:  # eight steps are coarse: the number itself may rank better
            power, low, high = max((power, low, high), macro_auc(_oriented(x, goal, fold), y.astype(np.int64)))
        found.append((power, {"name": name, "power": round(power, 6), "low": round(low, 6), "high": round(high, 6)}))
    return [said for _, said in sorted(found, key=lambda f: (-f[0], str(f[1]["name"])))][:SHOWN]


def _levels(x: Floats, goal: Floats, out: NDArray[np.bool_]) -> Floats:
    """Mean target of each level among the other folds, drawn to the overall mean."""
    codes = x.astype(np.int64)
    size = int(codes.max()) + 1
    counts = np.bincount(codes[~out], minlength=size)
    overall = goal[~out].mean(axis=0)
    sums = np.stack([np.bincount(codes[~out], weights=g, minlength=size) for g in goal[~out].T], axis=1)
    means: Floats = (sums + SMOOTH * overall) / (counts + SMOOTH)[:, None]
    return means[codes[out]]


def _tree(x: Floats, goal: Floats, out: NDArray[np.bool_], seed: int) -> Floats:
    """Predictions of a tree of depth 3: shares of the classes, or the mean."""
    from sklearn.tree import DecisionTreeRegressor

    least = max(5, int((~out).sum() // 200))
    tree = DecisionTreeRegressor(max_depth=DEPTH, min_samples_leaf=least, random_state=seed)  # squared error of indicators = Gini
    shares: Floats = np.asarray(tree.fit(x[~out, None], goal[~out]).predict(x[out, None])).reshape(int(out.sum()), -1)
    return shares


def _oriented(x: Floats, goal: Floats, fold: NDArray[np.int64]) -> Floats:
    """The number itself as the score of the second class, turned as the other folds say; the median where missing."""
    filled = np.where(np.isfinite(x), x, np.median(x[np.isfinite(x)]))
    ranks = np.argsort(np.argsort(filled, kind="stable"), kind="stable").astype(np.float64)
    score = np.zeros((len(x), 2))
    for k in range(FOLDS):
        rest = fold != k
        centred = ranks[rest] - ranks[rest].mean()
        score[~rest, 1] = filled[~rest] * (1.0 if (centred * goal[rest, 1]).sum() >= 0 else -1.0)
    return score


def _explained(predicted: Floats, y: Floats) -> tuple[float, float, float]:
    """R2 out of fold with an interval from the spread of the squared errors (delta method)."""
    error, total = (y - predicted) ** 2, (y - y.mean()) ** 2
    value = 1 - float(error.mean() / total.mean())
    se = float((error - (1 - value) * total).std() / total.mean() / np.sqrt(len(y)))
    return value, value - 1.96 * se, min(1.0, value + 1.96 * se)
