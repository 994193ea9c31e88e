"""Subgroup AUCs and calibration gaps against a worked toy, scikit-learn and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from auditor.statistics.group_scores import area, calibration_gap, log_loss, mean_gap, subgroup_areas
from auditor.statistics.reliability import calibration_error

SCORE = np.array([0.21, 0.31, 0.55, 0.40, 0.60, 0.71, 0.1, 0.2, 0.3, 0.5, 0.8, 0.9])
POSITIVE = np.array([0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1], bool)
INSIDE = np.arange(12) < 6


def test_the_published_toy_gives_its_areas() -> None:
    found = subgroup_areas(SCORE, POSITIVE, INSIDE)
    assert {name: f.value.value for name, f in found.items()} == pytest.approx(
        {"subgroup_auc": 8 / 9, "bpsn_auc": 8 / 9, "bnsp_auc": 1.0}
    )
    assert subgroup_areas(SCORE, POSITIVE, ~INSIDE)["subgroup_auc"].value.value == 1.0


def test_areas_of_tied_scores_equal_scikit_learns() -> None:
    rng = np.random.default_rng(3)
    for _ in range(100):
        score, positive = rng.integers(0, 6, 40) / 5, rng.random(40) < 0.4
        if 1 < positive.sum() < 39:
            found = area(score[positive], score[~positive])
            assert found.value.value == pytest.approx(roc_auc_score(positive, score), abs=1e-12)


def test_a_group_without_a_class_has_no_area() -> None:
    found = subgroup_areas(SCORE, POSITIVE & ~INSIDE, INSIDE)
    assert found["subgroup_auc"].value.status == "undefined"
    assert "no positives" in found["subgroup_auc"].value.reason
    assert area(np.array([0.5]), np.array([0.5, 0.1])).value.value == pytest.approx(0.75)


def test_wide_limits_hold_the_pairwise_ones() -> None:
    rng = np.random.default_rng(1)
    found = area(rng.normal(1, 1, 60), rng.normal(0, 1, 60), 3.0)
    assert found.wide_low is not None and found.low is not None and found.high is not None and found.wide_high is not None
    assert found.wide_low < found.low < (found.value.value or 0) < found.high < found.wide_high


def test_the_calibration_gap_is_the_difference_of_the_errors_and_undefined_for_few_rows() -> None:
    rng = np.random.default_rng(2)
    p, q = rng.random(900), rng.random(700)
    y, w = rng.random(900) < p, rng.random(700) < np.clip(q - 0.2, 0, 1)
    found = calibration_gap((q, w), (p, y))
    assert found.value.value == pytest.approx(calibration_error(q, w) - calibration_error(p, y), abs=1e-12)
    assert found.low is not None and found.low > 0.05
    assert calibration_gap((q[:199], w[:199]), (p, y)).value.status == "undefined"


def test_the_calibration_gap_of_true_scores_seldom_lies_beyond_a_twentieth() -> None:
    rng = np.random.default_rng(7)
    beyond = 0
    for seed in range(100):
        p, q = rng.random(600), rng.random(600)
        found = calibration_gap((q, rng.random(600) < q), (p, rng.random(600) < p), seed=seed)
        assert found.wide_low is not None and found.wide_high is not None
        beyond += found.wide_low > 0.05 or found.wide_high < -0.05
    assert beyond <= 2


def test_means_and_losses_are_those_of_the_rows() -> None:
    found = mean_gap(np.array([1.0, 2.0, 3.0]), np.array([0.0, 1.0]))
    assert found.value.value == pytest.approx(1.5)
    assert mean_gap(np.array([1.0]), np.array([0.0, 1.0])).value.status == "undefined"
    assert log_loss(np.array([0.25, 1.0]), np.array([True, True])) == pytest.approx([np.log(4), 0.0])
