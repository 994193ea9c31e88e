"""Weights of reweighing, and metrics before and after, against hand counts and fairlearn."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fairlearn import metrics as other

from auditor.statistics.mitigation import METRICS, changes, confusion, weights

GERMAN = Path(os.environ.get("AUDITOR_DATA", "../shared/data")) / "german_credit" / "german.data"


def test_weights_make_label_and_group_independent() -> None:
    rng = np.random.default_rng(3)
    g = rng.integers(0, 3, 500)
    y = (rng.random(500) < np.array([0.2, 0.5, 0.7])[g]).astype(int)
    w = weights(g, y)
    rates = [float((w * y)[g == k].sum() / w[g == k].sum()) for k in range(3)]
    assert w.sum() == pytest.approx(500, abs=1e-9)
    assert max(rates) - min(rates) < 1e-12
    assert [w[g == k].sum() for k in range(3)] == pytest.approx([(g == k).sum() for k in range(3)])


def test_an_empty_cell_has_no_weight() -> None:
    with pytest.raises(ValueError, match="no row of group 1 bears label 0"):
        weights(np.array([0, 0, 1]), np.array([0, 1, 1]))


@pytest.mark.skipif(not GERMAN.exists(), reason="the German credit data is not there; set AUDITOR_DATA")
def test_german_credit_gets_the_published_weights() -> None:
    rows = pd.read_csv(GERMAN, sep=r"\s+", header=None).iloc[np.random.RandomState(0).permutation(1000)[:700]]
    young, good = (rows[12] < 25).to_numpy().astype(int), (rows[20] == 1).to_numpy().astype(int)
    w = weights(young, good)
    found = {(d, y): round(float(w[(young == d) & (good == y)][0]), 6) for d in (0, 1) for y in (0, 1)}
    assert found == {(1, 1): 1.255556, (1, 0): 0.678, (0, 1): 0.962295, (0, 0): 1.100625}
    gap = good[young == 1].mean() - good[young == 0].mean()
    assert gap == pytest.approx(-0.1699054740619017, abs=1e-12)
    mended = [np.average(good[young == d], weights=w[young == d]) for d in (1, 0)]
    assert abs(mended[0] - mended[1]) < 1e-12


def paired(g: np.ndarray, y: np.ndarray, before: np.ndarray, after: np.ndarray) -> np.ndarray:
    table = np.zeros((int(g.max()) + 1, 2, 2, 2), np.int64)
    np.add.at(table, (g, y, before, after), 1)
    return table


def test_six_rows_by_hand() -> None:
    table = paired(*(np.array(x) for x in ([0, 0, 0, 1, 1, 1], [1, 0, 1, 1, 0, 0], [1, 0, 1, 0, 0, 1], [1, 1, 1, 1, 0, 0])))
    assert confusion(table, after=False).tolist() == [[2, 0, 0, 1], [0, 1, 1, 1]]
    assert confusion(table, after=True).tolist() == [[2, 0, 1, 0], [1, 0, 0, 2]]
    told = {c.metric: c for c in changes(table)}
    assert (told["accuracy"].before, told["accuracy"].after) == pytest.approx((4 / 6, 5 / 6))
    gap = told["demographic_parity_difference"]
    assert (gap.before, gap.after) == pytest.approx((1 / 3, 2 / 3))
    assert told["precision_spread"].verdict == "undefined"  # three rows a group: most draws lack a predicted positive


@pytest.mark.parametrize("seed", range(20))
def test_metrics_are_those_of_fairlearn(seed: int) -> None:
    rng = np.random.default_rng(seed)
    g, y, a, b = rng.integers(0, 3, 400), *(rng.integers(0, 2, 400) for _ in range(3))
    told = {c.metric: c for c in changes(paired(g, y, a, b), draws=50)}
    for decided, side in ((a, "before"), (b, "after")):
        kinds = {
            "demographic_parity_difference": other.demographic_parity_difference,
            "demographic_parity_ratio": other.demographic_parity_ratio,
            "equalized_odds_difference": other.equalized_odds_difference,
        }
        for name, of in kinds.items():
            assert getattr(told[name], side) == pytest.approx(of(y, decided, sensitive_features=g), abs=1e-12)
        assert getattr(told["accuracy"], side) == pytest.approx((y == decided).mean(), abs=1e-12)


def test_no_change_is_told_as_none_and_what_is_undefined_is_no_zero() -> None:
    rng = np.random.default_rng(1)
    g, y, a = rng.integers(0, 2, 300), rng.integers(0, 2, 300), rng.integers(0, 2, 300)
    assert {c.verdict for c in changes(paired(g, y, a, a))} == {"not told apart", "no direction"}
    table = paired(g, np.where(g == 1, 0, y), a, a)  # no positives in group 1
    undefined = {c.metric for c in changes(table) if c.before is None}
    assert undefined == {"equalized_odds_difference", "recall_spread"}


def test_the_interval_covers_the_true_change() -> None:
    """100 draws of two groups of 400 whose true change of the largest selection-rate difference is -.10."""
    rng, held = np.random.default_rng(7), 0
    for seed in range(100):
        g = np.repeat([0, 1], 400)
        u, y = rng.random(800), rng.integers(0, 2, 800)
        before = (u < np.where(g == 1, 0.3, 0.6)).astype(int)
        after = (u < np.where(g == 1, 0.4, 0.6)).astype(int)
        one = next(c for c in changes(paired(g, y, before, after), seed, 400) if c.metric == "demographic_parity_difference")
        held += one.low is not None and one.high is not None and one.low <= -0.1 <= one.high
    assert held >= 88  # binomial(100, .95) is below 88 once in 1,000


def test_every_metric_says_which_way_is_better() -> None:
    assert {m.sign for m in METRICS.values()} == {1, 0, -1}


@pytest.mark.parametrize("steady", [False, True])
def test_a_spread_of_six_equal_groups_is_seldom_told_to_change(steady: bool) -> None:
    """The largest of 15 gaps is never 0 and grows with the noise: percentiles of its change said "worse" in 39 of 60."""
    told = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        g, y, before = np.repeat(np.arange(6), 150), rng.integers(0, 2, 900), rng.integers(0, 2, 900)
        after = np.ones(900, int) if steady else rng.integers(0, 2, 900)
        one = next(c for c in changes(paired(g, y, before, after), seed, 400) if c.metric == "demographic_parity_difference")
        told += one.verdict in ("better", "worse")
    assert told <= 11  # binomial(100, .05) is above 11 once in 200


def test_a_group_that_is_never_selected_has_a_ratio_of_zero() -> None:
    table = paired(*(np.array(x * 40) for x in ([0, 0, 1, 1], [1, 0, 1, 0], [1, 0, 1, 0], [1, 0, 0, 0])))
    one = next(c for c in changes(table) if c.metric == "demographic_parity_ratio")
    assert (one.before, one.after, one.verdict) == (1.0, 0.0, "worse")
