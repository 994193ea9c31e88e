"""scikit-learn models under a guard."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import SGDClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.svm import LinearSVC

from auditor.guard import sklearn as adapter
from auditor.guard.core import Guard
from auditor.rows import InputError

X, Y = load_digits(return_X_y=True)
X = X / 16


def rows(seed: int, shuffled: bool) -> Guard:
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(Y))
    a, b = order[:300], order[300:600]
    y = rng.permutation(Y) if shuffled else Y
    return Guard((X[a], y[a]), (X[b], y[b]), on_overfit="restore-best")


def test_random_labels_stop_the_passes_and_the_best_model_comes_back() -> None:
    guard = rows(1, True)
    model = adapter.fit(guard, MLPClassifier((64,), learning_rate_init=3e-3, random_state=0), passes=60)
    told = guard.tuning
    assert told["action"] == "restore-best"
    assert told["stop_step"] < 60
    held = guard.validation
    loss = -np.log(model.predict_proba(held[0])[np.arange(300), held[1]]).mean()
    assert loss == pytest.approx(next(e["held_out_loss"] for e in told["evaluations"] if e["step"] == told["best_step"]))


def test_a_linear_model_on_clean_digits_goes_through() -> None:
    guard = rows(2, False)
    adapter.fit(guard, SGDClassifier(loss="log_loss", alpha=1e-2, random_state=0), passes=8)
    assert {g["status"] for g in guard.tuning["guards"] if g["code"] == "TUN201"} <= {"ok", "cannot-tell"}


def test_stages_of_boosting_are_judged_and_the_best_is_named() -> None:
    guard = rows(3, True)
    fitted = GradientBoostingClassifier(n_estimators=25, max_depth=2, random_state=0).fit(*guard.train)
    best = adapter.judge_stages(guard, fitted)
    assert 1 <= best < 25
    assert {g["code"]: g["status"] for g in guard.tuning["guards"]}["TUN201"] == "alarm"


def test_a_model_that_cannot_be_watched_is_refused() -> None:
    with pytest.raises(InputError, match="LinearSVC, want a classifier with partial_fit"):
        adapter.fit(rows(4, False), LinearSVC())
