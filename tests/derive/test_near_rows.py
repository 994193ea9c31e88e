"""Neighbours against scikit-learn by another way, and the flip test by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.neighbors import KNeighborsRegressor

import auditor
from auditor.derive.near_rows import neighbourhoods


def test_consistency_is_that_of_a_leave_one_out_regression() -> None:
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"x": rng.normal(size=400), "z": rng.normal(size=400), "g": rng.choice(["a", "b"], 400)})
    frame["y"] = (frame.x + 0.5 * rng.normal(size=400) > 0).astype(int)
    audit = auditor.check(frame, roles=auditor.Roles(label="y", sensitive="g"), select=["BIA208"])
    value = audit.outcomes[0].measured[0].effect.value
    centred = (frame[["x", "z"]] - frame[["x", "z"]].mean()) / frame[["x", "z"]].std(ddof=0)
    six = KNeighborsRegressor(6).fit(centred, frame.y).predict(centred)  # the row itself is one of the six
    assert value == pytest.approx(1 - np.abs(frame.y - (6 * six - frame.y) / 5).mean(), abs=1e-6)


def test_flips_by_hand() -> None:
    """Reference rows at 0..19, the upper ten favourable; of group d two of four flip, one each way."""
    rows = [(float(i), "a", int(i >= 10)) for i in range(20)] + [(4.1, "d", 1), (15.1, "d", 0), (1.1, "d", 0), (18.1, "d", 1)]
    frame = pd.DataFrame(rows, columns=["x", "g", "p"])
    audit = auditor.check(frame, roles=auditor.Roles(prediction="p", sensitive="g"), select=["BIA308"])
    assert audit.bias is not None
    flip = next(c for c in audit.bias["comparisons"] if c["metric"] == "flip_test")
    assert (flip["value"], flip["n"], flip["n_reference"], flip["status"]) == (0.0, 4, 20, "suppressed")
    frame.loc[20, "p"] = 0  # now one would gain and none would lose: the group is harmed, +
    audit = auditor.check(frame, roles=auditor.Roles(prediction="p", sensitive="g"), select=["BIA308"])
    assert audit.bias is not None
    by = {c["metric"]: c["value"] for c in audit.bias["comparisons"]}
    assert by["flip_test"] == 0.25
    # six neighbours, each decided by the other five: of 4.1, 1.1, 18.1 all agree; of 15.1 (13 to 18) too
    assert by["flip_test_difference"] == 0.25
    frame.loc[frame.index[:20], "p"] = [int(i in (3, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19)) for i in range(20)]
    audit = auditor.check(frame, roles=auditor.Roles(prediction="p", sensitive="g"), select=["BIA308"])
    assert audit.bias is not None
    by = {c["metric"]: c["value"] for c in audit.bias["comparisons"]}
    # of 1 to 6 and of 0 to 5 one of six (row 3) would lose: two places of four have -1/6
    assert by["flip_test"] == 0.25 and by["flip_test_difference"] == pytest.approx(0.25 + 2 / 6 / 4, abs=1e-12)


def test_a_shuffled_attribute_raises_no_alarm() -> None:
    found = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        frame = pd.DataFrame({"x": rng.normal(size=500), "g": rng.choice(["a", "b", "c"], 500)})
        frame["p"] = (frame.x + 0.7 * rng.normal(size=500) > 0).astype(int)
        audit = auditor.check(frame, roles=auditor.Roles(prediction="p", sensitive="g"), select=["BIA308"])
        found += bool(audit.findings)
    assert found <= 1


def test_a_neighbourhood_is_the_nearest_rows_and_all_that_are_as_near() -> None:
    rng = np.random.default_rng(3)
    points, among = rng.normal(size=(700, 3)), rng.normal(size=(300, 3))
    found = neighbourhoods(points, among, np.ones(300, np.int64), 5)[0].toarray()
    wanted = KNeighborsRegressor(5).fit(among, np.zeros(300)).kneighbors(points, return_distance=False)
    assert (np.sort(wanted, axis=1) == np.nonzero(found)[1].reshape(700, 5)).all()
    line = np.array([[0.0], [1.0], [3.0], [5.0]])  # so many rows each: 4, 1, 2, 9
    found = neighbourhoods(np.array([[0.1], [2.0], [4.9]]), line, np.array([4, 1, 2, 9]), 5)[0].toarray()
    assert found.tolist() == [[1, 1, 0, 0], [1, 1, 1, 0], [0, 0, 0, 1]]  # from 2.0: three rows at 1, then four at 2


@pytest.mark.parametrize("columns", [1, 3])
def test_rows_that_are_all_alike_raise_no_alarm(columns: int) -> None:
    """Five of many equal rows once stood for all of them: 36 of 40 such tables alarmed."""
    found = 0
    for seed in range(12):
        rng = np.random.default_rng(seed)
        frame = pd.DataFrame({f"c{j}": rng.choice(list("klm"), 1_000) for j in range(columns)})
        frame["g"], frame["p"] = rng.choice(["a", "b"], 1_000), rng.integers(0, 2, 1_000)
        found += bool(auditor.check(frame, roles=auditor.Roles(prediction="p", sensitive="g"), select=["BIA308"]).findings)
    assert found <= 1


def test_the_order_of_the_rows_decides_no_flip() -> None:
    rng = np.random.default_rng(5)
    frame = pd.DataFrame({"c": rng.choice(list("kl"), 600), "g": rng.choice(["a", "b"], 600, p=[0.6, 0.4])})
    frame["p"] = ((frame.c == "k") & ((frame.g == "a") | (rng.random(600) < 0.5))).astype(int)
    values = []
    for data in (frame, frame.sample(frac=1, random_state=1)):
        audit = auditor.check(data, roles=auditor.Roles(prediction="p", sensitive="g"), select=["BIA308"])
        values.append(audit.findings[0].effect.value)
    harmed = ((frame.c == "k") & (frame.g == "b") & (frame.p == 0)).sum() / (frame.g == "b").sum()
    both = frame[frame.c == "k"]
    refused = 1 - both[both.g == "b"].p.mean()  # every reference row with k is favoured, none with l
    assert values == [pytest.approx(refused * (both.g == "b").sum() / (frame.g == "b").sum(), abs=1e-12)] * 2
    assert harmed == pytest.approx(values[0])


@pytest.mark.parametrize("rate", [0.3, 0.5])
def test_equal_treatment_of_people_who_differ_raises_no_alarm(rate: float) -> None:
    """The majority of five is less variable than one prediction: alone it says -.09 to -.14 at a rate of .3."""
    found, values = 0, []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        g = rng.choice(["a", "b"], 1_000)
        frame = pd.DataFrame({"x": rng.normal(size=1_000) + (g == "b"), "z": rng.normal(size=1_000), "g": g})
        frame["p"] = (rng.random(1_000) < rate).astype(int)
        audit = auditor.check(frame, roles=auditor.Roles(prediction="p", sensitive="g"), select=["BIA308"])
        found += bool(audit.findings)
        assert audit.bias is not None
        values.append(next(c["value"] for c in audit.bias["comparisons"] if c["metric"] == "flip_test_difference"))
    assert found == 0 and abs(np.mean(values)) < 3 * np.std(values) / np.sqrt(20)


def test_the_interval_of_the_consistency_covers() -> None:
    """Neighbours are shared between rows, which a mean over rows does not know (coverage .75)."""
    found = []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        frame = pd.DataFrame({"x": rng.normal(size=400), "g": "a"})
        frame["y"] = (rng.random(400) < 0.5 + 0.3 * np.tanh(frame.x)).astype(int)
        effect = (
            auditor.check(frame, roles=auditor.Roles(label="y", sensitive="g"), select=["BIA208"]).outcomes[0].measured[0].effect
        )
        found.append([effect.value, effect.low, effect.high])
    value, low, high = np.array(found, float).T
    assert ((low <= value.mean()) & (value.mean() <= high)).sum() >= 53


def test_groups_beyond_the_largest_are_not_passed_in_silence() -> None:
    rng = np.random.default_rng(1)
    frame = pd.DataFrame({"x": rng.normal(size=3_000), "g": [f"g{i % 25}" for i in range(3_000)], "p": rng.integers(0, 2, 3_000)})
    audit = auditor.check(frame, roles=auditor.Roles(prediction="p", sensitive="g"), select=["BIA308"])
    assert "4 groups of g beyond the 20 largest" in audit.outcomes[0].reason


def test_groups_and_reference_are_those_of_the_other_checks() -> None:
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"x": rng.normal(size=900), "age": rng.uniform(20, 60, 900), "p": rng.integers(0, 2, 900)})
    frame.loc[:149, "age"] = np.nan
    options = {"cuts": {"age": [30, 45]}, "reference_group": {"age": "> 45"}}
    audit = auditor.check(
        frame, roles=auditor.Roles(prediction="p", sensitive="age"), select=["BIA302", "BIA308"], options=options
    )
    assert audit.bias is not None
    by = {
        m: {(c["group"], c["reference"]) for c in audit.bias["comparisons"] if c["metric"] == m}
        for m in ("flip_test", "selection_rate_ratio")
    }
    assert by["flip_test"] == by["selection_rate_ratio"] and len(by["flip_test"]) == 3
