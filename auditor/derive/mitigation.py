"""What each mitigation of a group gap decides on held-out rows, beside the decisions of a plain model."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from auditor.derive import Sample, features
from auditor.derive.folds import folds
from auditor.derive.probabilities import label_texts
from auditor.rows import Derived, Setting
from auditor.statistics.mitigation import weights

needs = ("sensitive", "classes", "held-out", "option:mitigate")
CAP = 50_000
REDUCED = 10_000
"""Rows that exponentiated gradient is fitted on: it fits some tens of models."""
ROUNDS = 20
SMALLEST = 100
"""Rows of training and of held-out data that a group needs to take part."""
MOST_GROUPS = 6

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Decide = Callable[["Parts", int], Ints]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """Rows of one use: features, labels (1 = favourable), groups (codes), and the plain model's scores."""

    x: Any
    y: Ints
    group: Ints
    score: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Parts:
    """Rows to learn from, rows to set thresholds on, and untouched rows to measure on."""

    learn: Part
    tune: Part
    measure: Part


def lacks(setting: Setting) -> str | None:
    """Why there is nothing to try, or None."""
    return features.lacks(setting)


def reads(setting: Setting) -> tuple[str, ...]:
    """Features, label, groups and entity."""
    roles = setting.roles
    own = (*features.reads(setting), roles.label, roles.group, *roles.sensitive)
    return tuple(dict.fromkeys(c for c in own if c))


def derive(setting: Setting, sample: Sample) -> Iterable[Derived]:
    """No values by row: `info["attributes"]` holds one entry a sensitive column, with paired counts a mitigation."""
    first = setting.training[0].name
    held = {s.name for s in setting.held_out if s.part == "held-out"} & set(sample.tables)
    measured = next((s for s in ("test", "validation", *sorted(held)) if s in held), None)
    info: dict[str, Any] = {"made": "logistic regression on the encoded features", "seed": setting.seed}
    if measured is None:
        info["reason"] = "there is no held-out set to measure on"
    else:
        tuned = next((s for s in ("validation", *sorted(held)) if s in held and s != measured), None)
        info |= {"measured": measured, "tuned": tuned or f"a fifth of {first}"}
        info["attributes"] = [_attribute(setting, sample, first, tuned, measured, a) for a in setting.roles.sensitive]
    yield Derived(name="mitigation", split=first, rows=np.zeros(0, np.int64), values=np.zeros(0), info=info)


def _attribute(setting: Setting, sample: Sample, first: str, tuned: str | None, measured: str, attribute: str) -> dict[str, Any]:
    made = _parts(setting, sample, first, tuned, measured, attribute)
    if isinstance(made, str):
        return {"attribute": attribute, "reason": made}
    parts, groups = made
    before = (parts.measure.score > 0.5).astype(np.int64)
    methods: list[dict[str, Any]] = []
    for name, decide in MITIGATIONS.items():
        try:
            after = decide(parts, setting.seed)
        except (ValueError, RuntimeError) as cause:
            methods.append({"mitigation": name, "reason": str(cause).splitlines()[0][:300]})
            continue
        paired = np.zeros((len(groups), 2, 2, 2), np.int64)
        np.add.at(paired, (parts.measure.group, parts.measure.y, before, after), 1)
        methods.append({"mitigation": name, "paired": paired.tolist()})
    return {"attribute": attribute, "groups": groups, "rows": len(before), "mitigations": methods}


def _parts(
    setting: Setting, sample: Sample, first: str, tuned: str | None, measured: str, attribute: str
) -> tuple[Parts, list[str]] | str:
    """The three parts and the names of their groups, or why there are none."""
    labels = {s: np.array(["" if v is None else v for v in label_texts(setting, sample, s)]) for s in sample.tables}
    positive = _favourable(setting, labels[first])
    if positive is None:
        return "the label has no declared favourable value: give --positive"
    texts = {s: sample.array(s, attribute).cast(pa.large_string()) for s in sample.tables}
    groups = _groups(texts, labels, first, measured)
    if len(groups) < 2:
        return f"fewer than two groups of {attribute!r} have {SMALLEST} labelled rows in {first} and in {measured}"
    words = features.text_columns(setting)
    by: dict[str, Any] = features.reduced(features.tfidf(sample, words), setting.seed) if words else _encoded(setting, sample)
    codes = {
        s: pc.index_in(t, pa.array(groups, pa.large_string())).fill_null(-1).to_numpy(zero_copy_only=False)
        for s, t in texts.items()
    }
    use = {s: (codes[s] >= 0) & (labels[s] != "") for s in sample.tables}
    kept = use[first].copy()
    fifth = use[first] & (folds(setting, sample, features.reads(setting), 5)[first] == 0)
    if tuned is None:
        kept &= ~fifth
    y = {s: (labels[s] == positive).astype(np.int64) for s in sample.tables}
    if len(np.unique(y[first][kept])) < 2:
        return f"{first} holds one label only"
    model = _model().fit(by[first][kept], y[first][kept])

    def part(split: str, rows: NDArray[np.bool_]) -> Part:
        x = by[split][rows]
        score = np.asarray(model.predict_proba(x)[:, 1], np.float64)
        return Part(x=x, y=y[split][rows], group=codes[split][rows].astype(np.int64), score=score)

    tune = part(first, fifth) if tuned is None else part(tuned, use[tuned])
    return Parts(learn=part(first, kept), tune=tune, measure=part(measured, use[measured])), groups


def _encoded(setting: Setting, sample: Sample) -> dict[str, Any]:
    return dict(features.encode(sample, features.table_columns(setting)).by)


def _favourable(setting: Setting, labels: NDArray[np.str_]) -> str | None:
    names = set(labels.tolist()) - {""}
    if setting.positive is not None:
        return setting.positive if setting.positive in names else None
    plain = next((p for p in (("0", "1"), ("false", "true"), ("-1", "1")) if names == set(p)), None)
    return plain[1] if plain else None


def _groups(texts: dict[str, pa.Array], labels: dict[str, Any], first: str, measured: str) -> list[str]:
    """The largest groups that have enough labelled rows on both sides."""
    counts = []
    for split in (first, measured):
        told = texts[split].filter(pa.array(labels[split] != "")).drop_null()
        counts.append({c["values"]: c["counts"] for c in pc.value_counts(told).to_pylist()})
    enough = [g for g, n in counts[0].items() if min(n, counts[1].get(g, 0)) >= SMALLEST]
    return sorted(sorted(enough, key=lambda g: (-counts[0][g], g))[:MOST_GROUPS])


def _model() -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(max_iter=1_000)


def _decided(model: Any, x: Any) -> Ints:
    return np.asarray(model.predict_proba(x)[:, 1] > 0.5, np.int64)


def _reweighed(parts: Parts, seed: int) -> Ints:
    learn = parts.learn
    return _decided(_model().fit(learn.x, learn.y, sample_weight=weights(learn.group, learn.y)), parts.measure.x)


def _resampled(parts: Parts, seed: int) -> Ints:
    learn = parts.learn
    share = weights(learn.group, learn.y)
    rows = np.random.default_rng(seed).choice(len(share), len(share), p=share / share.sum())
    return _decided(_model().fit(learn.x[rows], learn.y[rows]), parts.measure.x)


def _equal_rates(parts: Parts, seed: int) -> Ints:
    """A threshold a group, between two of its scores: there it is selected most nearly as often as all rows together."""
    tune, rate = parts.tune, float((parts.tune.score > 0.5).mean())
    decided = np.zeros(len(parts.measure.y), np.int64)
    for g in np.unique(parts.measure.group):
        own = tune.score[tune.group == g]
        if not len(own):
            raise ValueError("a group has no rows to set its threshold on")
        rows = parts.measure.group == g
        decided[rows] = parts.measure.score[rows] > threshold(own, rate)
    return decided


def threshold(scores: Floats, rate: float) -> float:
    """The threshold, midway between two scores (or beyond all), above which the share nearest to `rate` (0..1) lies."""
    values, counts = np.unique(scores, return_counts=True)
    above = 1 - np.concatenate([[0], np.cumsum(counts)]) / len(scores)  # below all values, above the first, ...
    edges = np.concatenate([[-np.inf], (values[1:] + values[:-1]) / 2, [np.inf]])
    return float(edges[np.argmin(np.abs(above - rate))])


def _given() -> Any:
    """An estimator whose decision is its input: it hands scores that exist already to a library that wants a model."""
    from sklearn.base import BaseEstimator

    class Given(BaseEstimator):  # type: ignore[misc]  # the library has no types
        def fit(self, x: Any, y: Any) -> Any:
            return self

        def __sklearn_is_fitted__(self) -> bool:
            return True

        def predict(self, x: Any) -> Floats:
            return np.asarray(x, float).reshape(len(x), -1)[:, 0]

    return Given()


def _optimised(constraint: str) -> Decide:
    def decide(parts: Parts, seed: int) -> Ints:
        from fairlearn.postprocessing import ThresholdOptimizer

        made = ThresholdOptimizer(estimator=_given(), constraints=constraint, prefit=True, predict_method="predict")
        tune, measure = parts.tune, parts.measure
        made.fit(tune.score[:, None], tune.y, sensitive_features=_names(tune.group))
        said = made.predict(measure.score[:, None], sensitive_features=_names(measure.group), random_state=seed)
        return np.asarray(said, np.int64)

    return decide


def _reduced(parts: Parts, seed: int) -> Ints:
    from fairlearn.reductions import DemographicParity, ExponentiatedGradient

    learn = parts.learn
    rows = np.sort(np.random.default_rng(seed).permutation(len(learn.y))[:REDUCED])
    made = ExponentiatedGradient(_model(), DemographicParity(), max_iter=ROUNDS)
    made.fit(learn.x[rows], learn.y[rows], sensitive_features=_names(learn.group[rows]))
    return np.asarray(made.predict(parts.measure.x, random_state=seed), np.int64)


def _names(groups: Ints) -> NDArray[np.str_]:
    return np.array([f"g{g}" for g in groups.tolist()])


MITIGATIONS: dict[str, Decide] = {
    "reweighing": _reweighed,
    "resampling": _resampled,
    "group thresholds, equal selection rates": _equal_rates,
    "threshold optimiser, demographic parity": _optimised("demographic_parity"),
    "threshold optimiser, equalised odds": _optimised("equalized_odds"),
    "exponentiated gradient, demographic parity": _reduced,
}
"""What is tried. Thresholds are set on validation rows, or on a fifth of train that the model does not see; never on test."""
