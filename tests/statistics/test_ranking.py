"""AUC against scikit-learn, its error against simulation."""

from __future__ import annotations

import numpy as np
import pytest

from auditor.statistics.ranking import auc, macro_auc


def test_auc_is_that_of_sklearn_with_ties() -> None:
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(0)
    y = rng.random(500) < 0.3
    scores = np.round(rng.normal(size=500) + y, 1)
    assert auc(scores, y)[0] == pytest.approx(roc_auc_score(y, scores), abs=1e-12)


def test_macro_auc_is_that_of_sklearn() -> None:
    from sklearn.metrics import roc_auc_score

    rng = np.random.default_rng(1)
    y = rng.integers(0, 4, 800)
    scores = rng.random((800, 4)) + 0.3 * np.eye(4)[y]
    shares = scores / scores.sum(axis=1, keepdims=True)
    assert macro_auc(shares, y)[0] == pytest.approx(roc_auc_score(y, shares, multi_class="ovr"), abs=1e-12)


def test_the_interval_covers_the_true_area_in_about_95_of_100() -> None:
    from scipy.stats import norm

    truth, covered = norm.cdf(1 / np.sqrt(2)), 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        y = (np.arange(400) % 2).astype(np.int64)
        scores = rng.normal(size=400) + y
        _, low, high = macro_auc(np.stack([-scores, scores], axis=1), y)
        covered += low <= truth <= high
    assert covered >= 184


def test_one_class_alone_has_no_area() -> None:
    with pytest.raises(ValueError, match="want some of each"):
        auc(np.arange(3.0), np.ones(3, np.bool_))
