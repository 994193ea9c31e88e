"""The bound on what many looks may add."""

from __future__ import annotations

import numpy as np
import pytest

from auditor.statistics.optimism import optimism_bound


def test_the_bound_has_the_published_values() -> None:
    assert optimism_bound(1, 1000) == pytest.approx(0.0429, abs=5e-5)
    assert optimism_bound(100, 1000) == pytest.approx(0.0644, abs=5e-5)


def test_the_best_of_a_hundred_guessers_stays_inside_it() -> None:
    rng = np.random.default_rng(0)
    best = (rng.binomial(1000, 0.5, (300, 100)) / 1000).max(axis=1) - 0.5
    assert np.mean(best > optimism_bound(100, 1000)) <= 0.05
