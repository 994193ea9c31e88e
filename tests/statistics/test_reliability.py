"""Calibration error, temperature and their limits on probabilities that are right by construction."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, log_loss

from auditor.statistics.reliability import brier, calibration_error, error_rise, likelihood, temperature, tempered, top_label

RNG = np.random.default_rng(3)


def drawn(n: int) -> tuple[np.ndarray, np.ndarray]:
    logit = RNG.normal(0, 1.5, n)
    p = 1 / (1 + np.exp(-logit))
    return np.stack([1 - p, p], 1), (RNG.random(n) < p).astype(np.int64)


def test_a_perfect_model_has_about_no_error_where_the_plain_form_is_biased() -> None:
    found, plain = [], []
    for _ in range(200):
        confidence, right = top_label(*drawn(300))
        found.append(calibration_error(confidence, right) ** 2)
        order = np.argsort(confidence)
        parts = np.array_split(order, 15)
        plain.append(sum(len(p) / 300 * abs(confidence[p].mean() - right[p].mean()) for p in parts) ** 2)
    assert np.mean(found) < 0.25 * np.mean(plain)


def test_a_model_ten_points_too_sure_has_an_error_of_ten_points() -> None:
    right = RNG.random(20_000) < 0.7
    assert calibration_error(np.full(20_000, 0.8), right) == pytest.approx(0.1, abs=0.01)


def test_likelihood_and_brier_equal_scikit_learn() -> None:
    p, y = drawn(200)
    assert likelihood(p, y) == pytest.approx(log_loss(y, p), rel=1e-9)
    assert brier(p, y) == pytest.approx(2 * brier_score_loss(y, p[:, 1]), rel=1e-9)


def test_the_temperature_of_tripled_logits_is_three() -> None:
    p, y = drawn(20_000)
    assert temperature(p, y) == pytest.approx(1.0, abs=0.06)
    assert temperature(tempered(p, 1 / 3), y) == pytest.approx(3.0, abs=0.2)


def test_tripled_logits_raise_the_error_surely_and_equal_ones_do_not() -> None:
    p, y = drawn(600)
    then = top_label(p, y)
    _, low, _ = error_rise(top_label(tempered(p, 1 / 3), y), then)
    assert low > 0.02
    value, low, high = error_rise(then, then)
    assert (value, low, high) == (0.0, 0.0, 0.0)
