"""Neighbours against scikit-learn by another way, and the flip test by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.neighbors import KNeighborsRegressor

import auditor
from auditor.derive.near_rows import nearest


def test_no_row_is_its_own_neighbour_even_among_copies() -> None:
    x = np.repeat([[0.0], [1.0], [5.0]], 8, axis=0)
    found = nearest(x, x, 5, itself=True)
    assert found.shape == (24, 5) and not (found == np.arange(24)[:, None]).any()
    assert (x[found, 0] == x).all()  # seven copies are nearer than anything else


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
    assert next(c for c in audit.bias["comparisons"] if c["metric"] == "flip_test")["value"] == 0.25


def test_a_shuffled_attribute_raises_no_alarm() -> None:
    found = 0
    for seed in range(20):
        rng = np.random.default_rng(seed)
        frame = pd.DataFrame({"x": rng.normal(size=500), "g": rng.choice(["a", "b", "c"], 500)})
        frame["p"] = (frame.x + 0.7 * rng.normal(size=500) > 0).astype(int)
        audit = auditor.check(frame, roles=auditor.Roles(prediction="p", sensitive="g"), select=["BIA308"])
        found += bool(audit.findings)
    assert found <= 1
