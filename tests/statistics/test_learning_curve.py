"""Learning curves: known parameters come back, what does not follow the form is refused."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from auditor.statistics.learning_curve import fit

SIZES = np.geomspace(50, 3200, 7).round()
TESTED = 1000


def curve(seed: int, error: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.random.default_rng(seed).binomial(TESTED, np.tile(error, (5, 1))) / TESTED


def test_the_median_exponent_of_planted_curves_is_near_the_truth() -> None:
    error = 0.1 + 2 * SIZES**-0.5
    found = [fit(SIZES, curve(s, error), TESTED) for s in range(50)]
    assert 0.4 <= float(np.median([f.c for f in found])) <= 0.6


def test_the_interval_of_the_gain_covers_the_truth() -> None:
    error = 0.1 + 2 * SIZES**-0.5
    true = 2 * (SIZES[-1] ** -0.5 - (2 * SIZES[-1]) ** -0.5)
    found = [fit(SIZES, curve(s, error), TESTED) for s in range(100, 150)]
    assert sum(f.gain_low <= true <= f.gain_high for f in found) >= 45
    assert sum(bool(f.refused) for f in found) <= 3


def test_a_flat_curve_gains_nothing() -> None:
    found = [fit(SIZES, curve(s, np.full(7, 0.2)), TESTED) for s in range(20)]
    assert max(f.gain_low for f in found) < 0.005


def test_a_curve_that_turns_is_refused() -> None:
    error = np.array([0.5, 0.4, 0.32, 0.26, 0.21, 0.3, 0.4])
    assert all(fit(SIZES, curve(s, error), TESTED).refused for s in range(10))


def test_too_few_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 6"):
        fit(SIZES[:5], curve(1, np.full(5, 0.2)), TESTED)
