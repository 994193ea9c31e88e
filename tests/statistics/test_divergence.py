"""Divergences of labels and shared-out outcomes against published and worked answers."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.spatial.distance import jensenshannon
from scipy.stats import entropy

from auditor.statistics.divergence import (
    class_imbalance,
    conditional_disparity,
    demographic_disparity,
    differential_fairness,
    divergences,
)

DATA = Path(os.environ.get("AUDITOR_DATA", Path(__file__).parents[2] / ".." / "shared" / "data")).resolve()
real = pytest.mark.skipif(not DATA.is_dir(), reason=f"real data is not at {DATA}")

# departments A to F of 1973: (rejected, admitted)
MEN = np.array([[313, 512], [207, 353], [205, 120], [279, 138], [138, 53], [351, 22]])
WOMEN = np.array([[19, 89], [8, 17], [391, 202], [244, 131], [299, 94], [317, 24]])


@pytest.mark.parametrize(
    ("p", "q", "known"),
    [
        ((8, 2), (3, 7), {"kl": 0.534111}),
        ((4, 4, 2), (2, 1, 7), {"ks": 0.5, "kl": 0.581224, "js": 0.138725, "lp": 0.616441}),
        ((50, 50), (25, 75), {"js": 0.033822}),
        ((5, 5), (10, 0), {"js": 0.215762, "lp": 0.707107, "tvd": 0.5}),
        ((1, 0), (0, 1), {"js": math.log(2), "lp": math.sqrt(2), "tvd": 1.0, "ks": 1.0}),
        ((15128, 6662), (9592, 1179), {"kl": 0.141185, "js": 0.030241, "lp": 0.277576}),  # Adult, train
        ((75, 25), (60, 40), {"tvd": 0.15, "ks": 0.15, "lp": 0.15 * math.sqrt(2)}),
    ],
)
def test_divergences_are_the_published_ones(p: Any, q: Any, known: dict[str, float]) -> None:
    found = divergences(np.array(p), np.array(q))
    for name, value in known.items():
        assert found[name].value == pytest.approx(value, abs=1e-6)


def test_a_label_that_the_group_lacks_makes_kl_infinite_with_a_finite_value_beside_it() -> None:
    found = divergences(np.array([5, 5]), np.array([10, 0]))["kl"]
    assert (found.value, found.status) == (None, "infinite")
    assert found.smoothed is not None and found.smoothed > 0


def test_random_divergences_equal_scipys_and_keep_their_identities() -> None:
    rng = np.random.default_rng(5)
    for _ in range(1_000):
        p, q = rng.integers(0, 6, (2, rng.integers(2, 6)))
        found = divergences(p, q)
        if not p.sum() or not q.sum():
            assert {v.status for v in found.values()} == {"undefined"}
            continue
        kl = float(entropy(p / p.sum(), q / q.sum()))
        assert found["kl"].status == ("infinite" if math.isinf(kl) else "ok")
        if found["kl"].value is not None:
            assert found["kl"].value == pytest.approx(kl, abs=1e-12)
        assert found["js"].value == pytest.approx(float(jensenshannon(p, q)) ** 2, abs=1e-12)
        back = divergences(q, p)
        for name in ("js", "lp", "tvd", "ks"):
            assert found[name].value == pytest.approx(back[name].value, abs=1e-12)
        if len(p) == 2:
            gap = abs(p[1] / p.sum() - q[1] / q.sum())
            assert found["tvd"].value == pytest.approx(gap, abs=1e-12)
            assert found["ks"].value == pytest.approx(gap, abs=1e-12)
            assert found["lp"].value == pytest.approx(math.sqrt(2) * gap, abs=1e-12)


def test_admissions_of_1973_turn_round_within_departments() -> None:
    total = MEN + WOMEN
    assert total.sum() == 4526
    assert demographic_disparity(WOMEN.sum(axis=0), total.sum(axis=0)).value == pytest.approx(0.143826, abs=1e-6)
    found, flat = conditional_disparity(WOMEN, total)
    assert found.value == pytest.approx(-0.019283, abs=1e-6)
    assert flat == 0
    each = [-0.090858, -0.008737, 0.028711, -0.020450, 0.044755, -0.047188]
    assert [demographic_disparity(w, t).value for w, t in zip(WOMEN, total, strict=True)] == pytest.approx(each, abs=1e-6)


@real
@pytest.mark.parametrize(
    ("stratum", "value"),
    [("relationship", 0.080260), ("marital-status", 0.092269), ("occupation", 0.210976), ("education", 0.250282 - 16 / 32561)],
    # of 51 rows of Preschool none is accepted: 0 here, where the share of the rejected alone gives 16/51 more
)
def test_adult_given_a_stratum_is_the_published_disparity(stratum: str, value: float) -> None:
    frame = pd.read_csv(DATA / "adult" / "adult.data", skipinitialspace=True)
    rich = frame["classification"] == ">50K"
    cells = [pd.crosstab(frame[stratum], rich[frame["sex"] == "Female"]), pd.crosstab(frame[stratum], rich)]
    women, total = (c.reindex(index=sorted(frame[stratum].unique()), fill_value=0).to_numpy() for c in cells)
    assert conditional_disparity(women, total)[0].value == pytest.approx(value, abs=1e-6)
    assert demographic_disparity(women.sum(axis=0), total.sum(axis=0)).value == pytest.approx(0.237662, abs=1e-6)


def test_strata_with_one_outcome_count_as_even_and_are_told_by_their_share() -> None:
    group, total = np.array([[4, 0], [2, 3]]), np.array([[10, 0], [5, 5]])
    found, flat = conditional_disparity(group, total)
    assert found.value == pytest.approx(0.5 * (2 / 5 - 3 / 5))
    assert flat == 0.5
    assert conditional_disparity(group[:1], total[:1])[0].status == "undefined"


def test_differential_fairness_of_equal_groups_is_0_and_needs_two_of_each() -> None:
    assert differential_fairness(np.array([[10, 30], [10, 30]])).value == pytest.approx(0.0)
    wanted = abs(math.log((10 + 0.5) / 41) - math.log((30 + 0.5) / 41))
    assert differential_fairness(np.array([[10, 30], [30, 10]])).value == pytest.approx(wanted)
    assert differential_fairness(np.array([[10, 30]])).status == "undefined"
    assert differential_fairness(np.array([[10], [30]])).status == "undefined"


def test_class_imbalance_is_the_published_one_and_changes_sign_with_the_groups() -> None:
    assert class_imbalance(21790, 10771).value == pytest.approx(0.338411, abs=1e-6)
    assert class_imbalance(10771, 21790).value == pytest.approx(-0.338411, abs=1e-6)
    assert class_imbalance(37, 963).value == pytest.approx(-0.926)
    assert class_imbalance(0, 0).status == "undefined"
