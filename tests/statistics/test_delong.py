"""DeLong's interval against scikit-learn, the pairwise definition, and its coverage."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from auditor.statistics.delong import auc, true_positive_rate


def test_the_area_equals_scikit_learn_with_ties() -> None:
    rng = np.random.default_rng(0)
    a, b = rng.integers(0, 8, 60).astype(float), rng.integers(0, 6, 90).astype(float)
    theirs = roc_auc_score(np.r_[np.ones(60), np.zeros(90)], np.r_[a, b])
    assert auc(a, b)[0] == pytest.approx(theirs, abs=1e-12)


def test_the_variance_equals_the_pairwise_placements() -> None:
    rng = np.random.default_rng(1)
    a, b = rng.normal(1, 1, 40), rng.normal(0, 1, 50)
    wins = (a[:, None] > b[None, :]).astype(float)
    se = math.sqrt(wins.mean(1).var(ddof=1) / 40 + wins.mean(0).var(ddof=1) / 50)
    area, low, high = auc(a, b)
    logit = math.log(area / (1 - area))
    half = 1.959963984540054 * se / (area * (1 - area))
    assert low == pytest.approx(1 / (1 + math.exp(-logit + half)), abs=1e-12)
    assert high == pytest.approx(1 / (1 + math.exp(-logit - half)), abs=1e-12)


def test_ninety_five_percent_intervals_cover_the_truth_about_so_often() -> None:
    rng = np.random.default_rng(2)
    truth = norm.cdf(0.5 / math.sqrt(2))
    drawn = [auc(rng.normal(0.5, 1, 100), rng.normal(0, 1, 100)) for _ in range(400)]
    covered = np.mean([low <= truth <= high for _, low, high in drawn])
    assert 0.92 <= covered <= 0.98


def test_the_rate_at_one_percent_counts_those_above_the_hundredth_negative() -> None:
    negatives = np.arange(1000.0)
    assert true_positive_rate(np.array([989.0, 989.5, 995.0, 2000.0]), negatives) == pytest.approx(0.75)
