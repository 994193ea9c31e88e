"""Calibration error."""

from __future__ import annotations

import numpy as np

from auditor.statistics.calibration import calibration


def test_honest_probabilities_are_seldom_called_unfit() -> None:
    p = []
    for seed in range(100):
        rng = np.random.default_rng(seed)
        sure = rng.uniform(0.5, 1.0, 400)
        p.append(calibration(sure, rng.random(400) < sure, 0).p)
    assert np.mean(np.array(p) < 0.05) <= 0.11


def test_the_error_is_that_counted_by_hand() -> None:
    sure = np.repeat([0.6, 0.9], 150)
    right = np.concatenate([np.arange(150) % 10 < 6, np.arange(150) % 10 < 5])
    found = calibration(sure, right, 0)
    assert abs(found.error - 0.2) < 0.02
    assert found.low <= found.error <= found.high
    assert found.p < 0.01
