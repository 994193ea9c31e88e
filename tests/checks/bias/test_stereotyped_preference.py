"""How often the stereotyped sentence is ahead: by hand, by cluster, and by chance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

import auditor
from auditor.model import Outcome

ROLES = auditor.Roles(sensitive="bias_type")


def frame(tuned: list[float], templates: list[str], types: list[str] | None = None, out: list[str] | None = None) -> pd.DataFrame:
    n = len(tuned)
    values: dict[str, Any] = {"part": ["pair"] * n, "bias_type": types or ["age"] * n, "template": templates}
    return pd.DataFrame({**values, "base": [0.1] * n, "tuned": tuned, "left_out": out or [""] * n})


def measured(table: pd.DataFrame, **options: Any) -> Outcome:
    return auditor.check(table, roles=ROLES, select=["BIA315"], options=options).outcomes[0]


def test_six_pairs_by_hand() -> None:
    """Of six one is left out and one a tie: 2 + 1/2 of 5; too few templates for an interval."""
    table = frame([0.3, -0.2, 0.0, 0.1, -0.4, 0.9], list("abcdef"), out=[""] * 5 + ["more than one edit"])
    told = measured(table)
    assert told.status == "inconclusive" and "fewer than 20 templates" in told.reason
    (one,) = told.measured
    assert one.effect.value == 0.5 and one.effect.low is None


def test_pairs_of_their_own_templates_have_wilson_limits() -> None:
    effect = measured(frame([0.1] * 30 + [-0.1] * 20, [f"t{i}" for i in range(50)])).measured[0].effect
    wanted = binomtest(30, 50).proportion_ci(method="wilson")
    assert (effect.low, effect.high) == pytest.approx((wanted.low, wanted.high), abs=1e-12)


def test_pairs_that_share_a_template_count_less() -> None:
    shared = frame([0.1] * 300 + [-0.1] * 200, [f"t{i // 10}" for i in range(500)])
    alone = shared.assign(template=[f"t{i}" for i in range(500)])
    wide, narrow = (m.high - m.low for m in (measured(t).measured[0].effect for t in (shared, alone)) if m.high and m.low)
    assert wide > 2 * narrow


def test_the_limits_of_bias_types_are_simultaneous_and_small_types_stand_in_the_table() -> None:
    types = ["age"] * 40 + ["religion"] * 40 + ["nationality"] * 5
    table = frame([0.1] * 25 + [-0.1] * 15 + [0.1] * 45, [f"t{i}" for i in range(85)], types, [""] * 84 + ["more than one edit"])
    told = measured(table)
    by = {m.where.group: m.effect for m in told.measured}
    assert set(by) == {"all pairs", "age", "religion"}
    every = auditor.check(table, roles=ROLES, select=["BIA315"]).findings
    (shown,) = (f for f in every if f.where.group == "all pairs")
    assert "nationality" in str(shown.evidence) and "1 pairs left out: 1 more than one edit" in shown.message
    alone = binomtest(25, 40).proportion_ci(method="wilson")
    assert by["age"].low is not None and by["age"].low < alone.low


def test_a_model_without_a_lean_is_seldom_noted_and_one_that_leans_is() -> None:
    noted = {0.5: 0, 0.7: 0}
    for share in noted:
        for seed in range(60):
            rng = np.random.default_rng(seed)
            score = np.where(rng.random(300) < share, 0.1, -0.1)
            noted[share] += measured(frame(score.tolist(), [f"t{i}" for i in range(300)])).status == "found"
    assert noted[0.5] <= 8 and noted[0.7] == 60  # binomial(60, .05) is above 8 once in 500


def test_classifiers_are_skipped_and_without_pairs_nothing_is_told() -> None:
    table = frame([0.1] * 30, [f"t{i}" for i in range(30)])
    assert measured(table, probe_unit="probability").status == "skipped"
    told = measured(table.assign(left_out="more than one edit"))
    assert told.status == "inconclusive" and "none of the 30 pairs" in told.reason
