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
from auditor.derive.people import People, people
from auditor.rows import Derived, InputError, Setting

needs = ("sensitive", "label", "prediction", "option:metrics")
CAP = 50_000
"""Rows of a split that are read."""
DRAWS = 200
"""Bootstrap samples of each group: a standard error is then known to 5 % of itself."""
UNDEFINED = 0.05
"""Share of samples without a value beyond which there is no interval."""
SMALLEST = 30
MOST_GROUPS = 20

Metric = Callable[..., Any]


def reads(setting: Setting) -> tuple[str, ...]:
    """Label, prediction, groups."""
    roles = setting.roles
    return tuple(dict.fromkeys(c for c in (roles.label, roles.prediction, *roles.sensitive) if c))


def derive(setting: Setting, sample: Sample) -> Iterable[Derived]:
    """No values by row: `info["found"]` holds an entry a metric, split, attribute and group, or what could not be told."""
    metrics = resolved(setting.options["metrics"])
    pairs = _numbers(setting, sample) if not setting.label_is_class else _classes(setting, sample)
    found: list[dict[str, Any]] = []
    for attribute in dict.fromkeys(setting.roles.sensitive):
        groups = people(setting, sample, attribute)
        for split in sample.tables:
            for name, metric in metrics.items():
                place = {"metric": name, "split": split, "attribute": attribute}
                told = (
                    [{"reason": pairs}]
                    if isinstance(pairs, str)
                    else _by_group(metric, pairs[split], groups, split, setting.seed)
                )
                found += [place | e for e in told]
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


Pair = tuple[NDArray[Any], NDArray[Any]]  # (n,) labels, predictions; NaN where one is missing


def _numbers(setting: Setting, sample: Sample) -> dict[str, Pair]:
    """Numbers as they are."""
    return {s: (_floats(sample, s, setting.roles.label), _floats(sample, s, setting.roles.prediction)) for s in sample.tables}


def _floats(sample: Sample, split: str, column: str | None) -> NDArray[np.float64]:
    return np.array(sample.array(split, column or "").cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False), np.float64)


def _texts(sample: Sample, split: str, column: str | None) -> pa.Array:
    """Classes as they are spelled; 1.0 and 1 are one class."""
    return pc.replace_substring_regex(sample.array(split, column or "").cast(pa.large_string()), r"^(-?\d+)\.0+$", r"\1")


def _classes(setting: Setting, sample: Sample) -> dict[str, Pair] | str:
    """Classes as codes: 1 the favourable one of two, else 0, 1, ... in sorted order; scores of two classes as they are."""
    labels, said = ({s: _texts(sample, s, c) for s in sample.tables} for c in (setting.roles.label, setting.roles.prediction))
    known, guessed = (sorted({v for t in x.values() for v in pc.unique(t.drop_null()).to_pylist()}) for x in (labels, said))
    strange = [v for v in guessed if v not in known]
    favourable = setting.known_favourable(known)
    names = [v for v in known if v != favourable] + [favourable] if favourable is not None and len(known) <= 2 else known
    column = setting.roles.prediction or ""
    if len(known) == 2 and favourable is None:
        return "no favourable value is declared: give --positive"
    scores = bool(strange) and setting.column(column).kind == "number" and len(known) == 2
    if strange and not scores:
        listed = ", ".join(repr(v[:20]) for v in known[:4])
        return f"{column!r} predicts {strange[0][:20]!r}, want one of the labels {listed}, or scores where there are two"
    codes = {s: _coded(t, names) for s, t in labels.items()}
    return {s: (codes[s], _floats(sample, s, column) if scores else _coded(said[s], names)) for s in sample.tables}


def _coded(texts: pa.Array, names: list[str]) -> NDArray[np.float64]:
    """Places among the names, the only one being 1 (nothing but the favourable value occurs); NaN where missing."""
    place = pc.index_in(texts, pa.array(names, pa.large_string())).cast(pa.float64()).to_numpy(zero_copy_only=False)
    return np.asarray(place + (len(names) == 1), np.float64)


def _by_group(metric: Metric, pair: Pair, groups: People, split: str, seed: int) -> list[dict[str, Any]]:
    from fairlearn.metrics import MetricFrame

    known = np.isfinite(pair[0]) & np.isfinite(pair[1]) & (groups.codes[split] >= 0)
    codes = groups.codes[split][known]
    y, said = (_whole(x[known]) for x in pair)
    rows = np.bincount(codes, minlength=len(groups.names))
    others = [g for g in np.flatnonzero(rows).tolist() if g != groups.reference]
    if groups.reference < 0 or not rows[groups.reference] or not others:
        return [{"reason": f"the reference or any other group has no row of {split} with a label and a prediction"}]
    kept = np.isin(codes, [groups.reference, *others[:MOST_GROUPS]])
    try:
        frame = MetricFrame(metrics=metric, y_true=y[kept], y_pred=said[kept], sensitive_features=codes[kept])
        values = {int(g): _number(v) for g, v in frame.by_group.items()}
    except Exception as cause:  # whatever a function of the user's may raise
        return [{"reason": f"{type(cause).__name__}: {' '.join(str(cause).split())[:200]}"}]
    rng = np.random.default_rng(seed)
    entries: list[dict[str, Any]] = []
    for g in (groups.reference, *others[:MOST_GROUPS]):
        own = np.flatnonzero(codes == g)
        drawn = values[g] is not None and len(own) >= SMALLEST
        error = _error([_drawn(metric, y, said, rng.choice(own, len(own))) for _ in range(DRAWS)]) if drawn else None
        entries.append({"group": groups.names[g], "n": len(own), "value": values[g], "error": error})
    left = len(others) - MOST_GROUPS
    return entries + ([{"reason": f"{left:,} groups beyond the {MOST_GROUPS} largest were not compared"}] if left > 0 else [])


def _whole(values: NDArray[np.float64]) -> NDArray[Any]:
    """As integers where all are whole: metrics of classes want them so."""
    return values.astype(np.int64) if np.array_equal(values, np.rint(values)) else values


def _drawn(metric: Metric, y: NDArray[Any], said: NDArray[Any], rows: NDArray[np.int64]) -> float | None:
    try:
        return _number(metric(y[rows], said[rows]))
    except Exception:  # whatever a function of the user's may raise; a sample without one of the classes, say
        return None


def _error(draws: list[float | None]) -> float | None:
    """Standard deviation of the samples that have a value; None where more than 5 % have none."""
    told = [x for x in draws if x is not None]
    return float(np.std(told)) if len(told) >= (1 - UNDEFINED) * len(draws) else None


def _number(value: Any) -> float | None:
    """The metric as a number; None where it is not one, or not finite."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if np.isfinite(number) else None
