"""Metrics of the user's, by group, with a bootstrap inside each group."""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from auditor.derive import Sample
from auditor.rows import Derived, InputError, Setting

needs = ("sensitive", "label", "prediction", "option:metrics")
CAP = 50_000
"""Rows of a split that are read."""
DRAWS = 400
"""Bootstrap samples of each group: the ends of an interval are then known to a tenth of its width."""
SMALLEST = 30
MOST_GROUPS = 20

Metric = Callable[..., Any]


def reads(setting: Setting) -> tuple[str, ...]:
    """Label, prediction, groups."""
    roles = setting.roles
    return tuple(dict.fromkeys(c for c in (roles.label, roles.prediction, *roles.sensitive) if c))


def derive(setting: Setting, sample: Sample) -> Iterable[Derived]:
    """No values by row: `info["found"]` holds an entry a metric, split, attribute and group."""
    metrics = resolved(setting.options["metrics"])
    found: list[dict[str, Any]] = []
    for split in sample.tables:
        y, said, why = _pair(setting, sample, split)
        for attribute in setting.roles.sensitive:
            groups = np.asarray(sample.array(split, attribute).cast(pa.large_string()).to_numpy(zero_copy_only=False))
            for name, metric in metrics.items():
                place = {"metric": name, "split": split, "attribute": attribute}
                if why:
                    found.append(place | {"reason": why})
                else:
                    found += [place | e for e in _by_group(metric, y, said, groups, setting.seed)]
    first = next(iter(sample.tables))
    info = {"made": f"fairlearn MetricFrame; {DRAWS} bootstrap samples inside each group", "found": found}
    yield Derived(name="own_metrics", split=first, rows=np.zeros(0, np.int64), values=np.zeros(0), info=info)


def resolved(given: Any) -> dict[str, Metric]:
    """Name -> function(y_true, y_pred). Raises InputError for what is neither callable, a name of sklearn.metrics, nor
    `module:function`."""
    if not isinstance(given, Mapping):
        given = {str(x): x for x in given}
    return {str(name): what if callable(what) else _named(str(what)) for name, what in given.items()}


def _named(word: str) -> Metric:
    module, colon, function = word.partition(":")
    try:
        home = importlib.import_module(module if colon else "sklearn.metrics")
    except ImportError:
        raise InputError(f"--metric: the module {module!r} of {word!r} cannot be imported; check the name and the path") from None
    found = getattr(home, function if colon else word, None)
    if callable(found):
        return found  # type: ignore[no-any-return]  # whatever the user's module holds
    near = difflib.get_close_matches(function if colon else word, dir(home), 1, 0.6)
    hint = f"did you mean {near[0]!r}?" if near else "want a name of sklearn.metrics, or module:function"
    raise InputError(f"--metric: got {word!r}, which is no function; {hint}")


def _pair(setting: Setting, sample: Sample, split: str) -> tuple[NDArray[Any], NDArray[Any], str]:
    """(labels, predictions, why there is nothing to compare); NaN or -1 where one is missing."""
    columns = (setting.roles.label or "", setting.roles.prediction or "")
    empty = np.empty(0)
    if not setting.label_is_class:
        pair = [np.asarray(sample.array(split, c).cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False)) for c in columns]
        return pair[0], pair[1], ""
    texts = [sample.array(split, c).cast(pa.large_string()) for c in columns]
    names = sorted({v for t in texts for v in pc.unique(t.drop_null()).to_pylist()})
    if len(names) == 2 and setting.positive is not None:
        if setting.positive not in names:
            return empty, empty, f"{setting.positive!r} is neither a label nor a prediction of {split}"
        names.sort(key=lambda v: v == setting.positive)  # the favourable one is 1
    elif len(names) == 2 and set(names) not in ({"0", "1"}, {"false", "true"}, {"-1", "1"}):
        return empty, empty, "no favourable value is declared: give --positive"
    codes = [
        pc.index_in(t, pa.array(names, pa.large_string())).fill_null(-1).to_numpy(zero_copy_only=False).astype(int) for t in texts
    ]
    return codes[0], codes[1], ""


def _by_group(metric: Metric, y: NDArray[Any], said: NDArray[Any], groups: NDArray[Any], seed: int) -> list[dict[str, Any]]:
    from fairlearn.metrics import MetricFrame

    known = (y != -1) & (said != -1) if y.dtype.kind == "i" else np.isfinite(y) & np.isfinite(said)
    known &= np.array([g is not None for g in groups])
    y, said, groups = y[known], said[known], groups[known].astype(str)
    names, counts = np.unique(groups, return_counts=True)
    order = sorted(range(len(names)), key=lambda i: (-counts[i], names[i]))[:MOST_GROUPS]
    if len(order) < 2:
        return [{"reason": "there are fewer than two groups with a label and a prediction"}]
    try:
        values = MetricFrame(metrics=metric, y_true=y, y_pred=said, sensitive_features=groups).by_group
    except Exception as cause:  # whatever a function of the user's may raise
        return [{"reason": f"{type(cause).__name__}: {' '.join(str(cause).split())[:200]}"}]
    rng = np.random.default_rng(seed)
    entries = []
    for i in order:
        value = _number(values[names[i]])
        own = np.flatnonzero(groups == names[i])
        entry: dict[str, Any] = {"group": str(names[i]), "n": len(own), "value": value, "draws": []}
        if value is not None and len(own) >= SMALLEST:
            entry["draws"] = [_drawn(metric, y, said, rng.choice(own, len(own))) for _ in range(DRAWS)]
        entries.append(entry)
    return entries


def _drawn(metric: Metric, y: NDArray[Any], said: NDArray[Any], rows: NDArray[np.int64]) -> float | None:
    try:
        return _number(metric(y[rows], said[rows]))
    except ValueError:  # a sample without one of the classes, say
        return None


def _number(value: Any) -> float | None:
    """The metric as a number; None where it is not one, or not finite."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if np.isfinite(number) else None
