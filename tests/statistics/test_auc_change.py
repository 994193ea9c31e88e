"""The paired change of an AUC against a bootstrap and against the areas themselves."""

from __future__ import annotations

import numpy as np
import pytest

from auditor.statistics.delong import auc, auc_change


def test_the_change_is_that_of_the_areas_and_its_interval_that_of_a_paired_bootstrap() -> None:
    rng = np.random.default_rng(1)
    hard, easy = rng.normal(0.5, 1, 300), rng.normal(0, 1, 200)
    after = (hard + 0.5 + 0.3 * rng.normal(size=300), easy + 0.3 * rng.normal(size=200))
    change, low, high = auc_change((hard, easy), after)
    assert change == pytest.approx(auc(*after)[0] - auc(hard, easy)[0], abs=1e-12)
    drawn = []
    for _ in range(800):
        i, j = rng.integers(0, 300, 300), rng.integers(0, 200, 200)
        drawn.append(auc(after[0][i], after[1][j])[0] - auc(hard[i], easy[j])[0])
    assert (low, high) == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=0.01)


def test_equal_scores_change_nothing_and_other_rows_are_refused() -> None:
    rng = np.random.default_rng(2)
    sides = rng.normal(size=20), rng.normal(size=30)
    assert auc_change(sides, sides) == (0.0, 0.0, 0.0)
    with pytest.raises(ValueError, match="different rows"):
        auc_change(sides, (sides[0][:10], sides[1]))
