"""scikit-learn: models that learn in passes (`partial_fit`), and models whose stages can be asked (`staged_predict_proba`)."""

from __future__ import annotations

import copy
import hashlib
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from auditor.guard.preflight import Facts, probe_rows
from auditor.rows import InputError
from auditor.tallies.evaluations import Evaluation, Losses

if TYPE_CHECKING:
    from auditor.guard.core import Guard

LEAST = 1e-12  # probabilities are clipped here, so that one sure mistake costs 27.6 nats and not infinitely many


def fit(guard: Guard, model: Any, *, passes: int = 50) -> Any:
    """Trains a classifier with `partial_fit`, a pass over the training rows an evaluation; returns the model to use.

    `guard.train` and `guard.validation` are pairs (X, y). On `restore-best` the model of the best pass is returned. Raises
    Refused for a run that must not start, InputError for a model without `partial_fit` or `predict_proba`.
    """
    _able(model, "partial_fit", "predict_proba")
    (x, y), held_out = _begin(guard)
    classes, rng = np.unique(y), np.random.default_rng(guard.seed)
    probe, best = probe_rows(len(y), y, size=guard.probe_size, seed=guard.seed), None
    for step in range(1, passes + 1):
        order = rng.permutation(len(y))
        model.partial_fit(x[order], y[order], **({"classes": classes} if step == 1 else {}))
        _see(guard, step, classes, model.predict_proba(held_out[0]), held_out[1], model.predict_proba(x[probe]), y[probe], probe)
        if guard.state.best_step == step:
            best = copy.deepcopy(model)
        if guard.wants_stop:
            break
    restored = guard.restore_step is not None and best is not None
    guard.finish(stop_step=step, selected=f"pass {guard.restore_step}" if restored else None)
    return best if restored else model


def judge_stages(guard: Guard, model: Any) -> int:
    """Judges a fitted boosted classifier stage by stage; returns the best number of stages."""
    _able(model, "staged_predict_proba")
    (x, y), held_out = _begin(guard)
    probe = probe_rows(len(y), y, size=guard.probe_size, seed=guard.seed)
    stages = zip(model.staged_predict_proba(held_out[0]), model.staged_predict_proba(x[probe]), strict=True)
    last = 0
    for last, (p, q) in enumerate(stages, 1):
        _see(guard, last, model.classes_, p, held_out[1], q, y[probe], probe)
    guard.finish(stop_step=guard.state.stop_step or last, selected=f"stage {guard.state.best_step}")
    return guard.state.best_step or last


def _able(model: Any, *methods: str) -> None:
    missing = [name for name in methods if not hasattr(model, name)]
    if missing:
        raise InputError(f"got {type(model).__name__}, want a classifier with {' and '.join(methods)}; it has no {missing[0]}")


def _begin(guard: Guard) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
    if guard.train is None:
        raise InputError("got no training rows, want Guard(train=(X, y), validation=(X, y))")
    train = (np.asarray(guard.train[0]), np.asarray(guard.train[1]))
    held = (np.zeros((0, 0)), np.zeros(0)) if guard.validation is None else tuple(map(np.asarray, guard.validation))
    guard.preflight(
        Facts(
            n_train=len(train[1]),
            n_held_out=len(held[1]),
            train_digests=_digests(train[0]),
            held_out_digests=_digests(held[0]),
            trainable=1,
        )
    )
    return train, (held[0], held[1])


def _digests(x: NDArray[Any]) -> list[str]:
    return [hashlib.sha256(np.ascontiguousarray(row).tobytes()).hexdigest() for row in x]


def _see(guard: Guard, step: int, classes: Any, p: Any, y: Any, q: Any, z: Any, probe: NDArray[np.int64]) -> None:
    held, seen = _losses(p, y, classes, np.arange(len(y))), _losses(q, z, classes, probe)
    guard.see(Evaluation(step=step, epoch=float(step), held_out=held, probe=seen))


def _losses(p: Any, y: Any, classes: Any, ids: NDArray[np.int64]) -> Losses:
    place = np.searchsorted(classes, y).clip(0, len(classes) - 1)
    known = np.asarray(classes)[place] == y
    given = np.where(known, p[np.arange(len(y)), place], 0.0)
    return Losses(ids=ids, loss=-np.log(np.clip(given, LEAST, 1.0)), label=place, probabilities=np.asarray(p, np.float64))
