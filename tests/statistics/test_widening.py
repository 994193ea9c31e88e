"""Gaps between groups that widen, and how often none is taken for one."""

from __future__ import annotations

import numpy as np
import pytest

from auditor.statistics.widening import widenings

GROUPS = np.repeat(["a", "b", "c"], [200, 120, 80])


def test_the_gap_is_counted_as_by_hand() -> None:
    then = np.ones(400, bool)
    now = then.copy()
    now[200:230] = False
    reference, cells = widenings(now, then, GROUPS, None)
    by = {c.group: c for c in cells}
    assert reference == "a"
    assert by["b"].now == pytest.approx(30 / 120)
    assert by["b"].value == pytest.approx(0.25)
    assert by["b"].low > 0.05
    assert by["c"].value == 0.0


def test_rates_of_two_classes_are_told_apart() -> None:
    label = np.arange(400) % 2
    then = np.ones(400, bool)
    now = then & ~((GROUPS == "b") & (label == 1))
    cells = {(c.group, c.metric): c for c in widenings(now, then, GROUPS, label)[1]}
    assert cells["b", "true_positive_rate"].value == pytest.approx(1.0)
    assert cells["b", "false_positive_rate"].value == 0.0


def test_small_groups_are_left_out() -> None:
    groups = np.repeat(["a", "b"], [390, 10])
    assert widenings(np.ones(400, bool), np.ones(400, bool), groups, None)[1] == []


def test_without_a_change_of_skill_a_lower_limit_is_above_nothing_in_at_most_five_percent() -> None:
    rng = np.random.default_rng(8)
    fired = 0
    for i in range(200):
        skill = rng.random(400) < 0.85
        flip = rng.random((2, 400)) < 0.1
        cells = widenings(skill ^ flip[0], skill ^ flip[1], GROUPS, None, draws=300, seed=i)[1]
        fired += any(c.low > 0 and c.value > 0.02 for c in cells)
    assert fired <= 18  # 5 % of 200 plus three standard errors
