"""The mitigations that are tried: each decides on the same untouched rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditor.statistics.mitigation import weights

TUNED, LABELLED = 30, 10
"""Rows, and rows of each label, that a group needs to have a threshold of its own."""
REDUCED = 10_000
"""Rows that exponentiated gradient is fitted on: it fits some tens of models."""
ROUNDS = 20

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
class Swaps:
    """Training texts with their counterfactual copies, and the texts to measure on, in one vocabulary."""

    x: Any  # the learnt rows, then their copies, weighted by the words of the learnt rows and copies
    plain: Any  # the learnt rows alone, in the same vocabulary
    measure: Any
    source: Ints  # (copies,) the learnt row that each copies
    unswappable: int  # learnt rows that name a group and could not be copied


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Parts:
    """Rows to learn from, rows to set thresholds on, and untouched rows to measure on."""

    learn: Part
    tune: Part
    measure: Part
    names: tuple[str, ...]  # of the groups
    positive: str  # the favourable label
    swapped: Swaps | None = None  # None: there are no texts


def model() -> Any:
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(max_iter=1_000)


def _decided(model: Any, x: Any) -> Ints:
    return np.asarray(model.predict_proba(x)[:, 1] > 0.5, np.int64)


def plainly(parts: Parts) -> Ints:
    """The decisions of the plain model."""
    return (parts.measure.score > 0.5).astype(np.int64)


def _weights(parts: Parts) -> Floats:
    """Of the learnt rows. Raises ValueError, with the names, where a group never bears a label."""
    learn = parts.learn
    for g, name in enumerate(parts.names):
        bears = np.unique(learn.y[learn.group == g])
        if len(bears) < 2:
            lacked = "any other label than" if bears.tolist() == [1] else "the label"
            raise ValueError(f"no row of {name[:60]!r} bears {lacked} {parts.positive[:60]!r}: its weight is not defined")
    return weights(learn.group, learn.y)


def _reweighed(parts: Parts, seed: int) -> Ints:
    learn = parts.learn
    return _decided(model().fit(learn.x, learn.y, sample_weight=_weights(parts)), parts.measure.x)


def _resampled(parts: Parts, seed: int) -> Ints:
    learn = parts.learn
    share = _weights(parts)
    rows = np.random.default_rng(seed).choice(len(share), len(share), p=share / share.sum())
    return _decided(model().fit(learn.x[rows], learn.y[rows]), parts.measure.x)


def _equal_rates(parts: Parts, seed: int) -> Ints:
    """A threshold a group, between two of its scores: there it is selected most nearly as often as all rows together."""
    tune = _tunable(parts, labels=False)
    rate = float((tune.score > 0.5).mean())
    decided = np.zeros(len(parts.measure.y), np.int64)
    for g in np.unique(parts.measure.group):
        own = tune.score[tune.group == g]
        rows = parts.measure.group == g
        decided[rows] = parts.measure.score[rows] > threshold(own, rate)
    return decided


def _tunable(parts: Parts, *, labels: bool) -> Part:
    """The rows that thresholds are set on. Raises ValueError where a group has too few (with `labels`: of a label)."""
    for g, name in enumerate(parts.names):
        own = parts.tune.y[parts.tune.group == g]
        n, good = len(own), int(own.sum())
        if n < TUNED or (labels and min(good, n - good) < LABELLED):
            wanted = f"{TUNED} rows" + f" and {LABELLED} of each label" * labels
            raise ValueError(f"{name[:60]!r} has {n:,} rows to set a threshold on, {good:,} favourable; want {wanted}")
    return parts.tune


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
        tune, measure = _tunable(parts, labels=True), parts.measure
        made.fit(tune.score[:, None], tune.y, sensitive_features=_names(tune.group))
        said = made.predict(measure.score[:, None], sensitive_features=_names(measure.group), random_state=seed)
        return np.asarray(said, np.int64)

    return decide


def _reduced(parts: Parts, seed: int) -> Ints:
    from fairlearn.reductions import DemographicParity, ExponentiatedGradient

    learn = parts.learn
    rows = np.sort(np.random.default_rng(seed).permutation(len(learn.y))[:REDUCED])
    made = ExponentiatedGradient(model(), DemographicParity(), max_iter=ROUNDS)
    made.fit(learn.x[rows], learn.y[rows], sensitive_features=_names(learn.group[rows]))
    return np.asarray(made.predict(parts.measure.x, random_state=seed), np.int64)


def _alone(parts: Parts) -> Ints:
    """Fitted on the texts without copies, in the vocabulary of both: what augmentation is compared with."""
    if parts.swapped is None or not len(parts.swapped.source):
        raise ValueError(
            f"no text could be swapped ({parts.swapped.unswappable if parts.swapped else 0:,} name a group and cannot be)"
        )
    return _decided(model().fit(parts.swapped.plain, parts.learn.y), parts.swapped.measure)


def _augmented(parts: Parts, seed: int) -> Ints:
    """Fitted on the texts and on their counterfactual copies, which keep the label."""
    assert parts.swapped is not None
    y = np.concatenate([parts.learn.y, parts.learn.y[parts.swapped.source]])
    return _decided(model().fit(parts.swapped.x, y), parts.swapped.measure)


def _names(groups: Ints) -> NDArray[np.str_]:
    return np.array([f"g{g}" for g in groups.tolist()])


@dataclass(frozen=True, slots=True)
class Mitigation:
    """One thing to try, and what it is compared with."""

    name: str
    decide: Decide
    before: Callable[[Parts], Ints] = plainly
    knows_group: bool = False  # it needs the group of a row when it decides
    texts: bool = False  # it is for texts alone


MITIGATIONS = (
    Mitigation("reweighing", _reweighed),
    Mitigation("resampling", _resampled),
    Mitigation("group thresholds, equal selection rates", _equal_rates, knows_group=True),
    Mitigation("threshold optimiser, demographic parity", _optimised("demographic_parity"), knows_group=True),
    Mitigation("threshold optimiser, equalised odds", _optimised("equalized_odds"), knows_group=True),
    Mitigation("exponentiated gradient, demographic parity", _reduced),
    Mitigation("counterfactual augmentation", _augmented, before=_alone, texts=True),
)
"""What is tried. Thresholds are set on validation rows, or on a fifth of train that the model does not see; never on test."""
