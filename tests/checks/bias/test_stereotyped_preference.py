"""How often the stereotyped sentence is ahead: by hand, by cluster, and by chance."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

import auditor
from auditor.model import Outcome
from auditor.reports import html

ROLES = auditor.Roles(sensitive="bias_type")


def frame(
    tuned: list[float],
    templates: list[str],
    types: list[str] | None = None,
    out: list[str] | None = None,
    base: list[float] | None = None,
) -> pd.DataFrame:
    n = len(tuned)
    values: dict[str, Any] = {"part": ["pair"] * n, "bias_type": types or ["age"] * n, "template": templates}
    return pd.DataFrame({**values, "base": base or [0.1] * n, "tuned": tuned, "left_out": out or [""] * n})


def measured(table: pd.DataFrame, **options: Any) -> Outcome:
    return auditor.check(table, roles=ROLES, select=["BIA315"], options=options).outcomes[0]


def test_six_pairs_by_hand() -> None:
    """Of six one is left out and one a tie: 2 of 4; too few templates for an interval."""
    table = frame([0.3, -0.2, 0.0, 0.1, -0.4, 0.9], list("abcdef"), out=[""] * 5 + ["more than one edit"])
    told = measured(table)
    assert told.status == "inconclusive" and "4 templates, want 20" in told.reason
    (one,) = told.measured
    assert one.effect.value == 0.5 and one.effect.low is None


def test_equal_models_show_equal_shares_whatever_the_ties() -> None:
    score = [0.2] * 72 + [0.0] * 48
    table = frame(score, [f"t{i}" for i in range(120)], base=score)
    audit = auditor.check(table, roles=ROLES, select=["BIA315"])
    assert audit.bias is not None
    (entry,) = audit.bias["preferences"]
    assert entry["base"] == entry["tuned"] == 1.0 and entry["base_ties"] == entry["tuned_ties"] == 48
    assert (entry["base_low"], entry["base_high"]) == (entry["tuned_low"], entry["tuned_high"])
    assert "48 pairs tied before, 48 after" in audit.findings[0].message


def test_ties_alone_are_no_share() -> None:
    told = measured(frame([0.0] * 30, [f"t{i}" for i in range(30)]))
    assert told.status == "inconclusive" and told.measured[0].effect.value is None and "tie" in told.reason


def test_pairs_that_all_agree_have_the_limits_of_their_templates() -> None:
    effect = measured(frame([0.1] * 120, [f"t{i // 3}" for i in range(120)])).measured[0].effect
    assert effect.low == pytest.approx(binomtest(40, 40).proportion_ci(method="wilson").low, abs=1e-12)
    assert effect.value == effect.high == 1.0


def test_pairs_of_their_own_templates_have_wilson_limits() -> None:
    effect = measured(frame([0.1] * 30 + [-0.1] * 20, [f"t{i}" for i in range(50)])).measured[0].effect
    wanted = binomtest(30, 50).proportion_ci(method="wilson")
    assert (effect.low, effect.high) == pytest.approx((wanted.low, wanted.high), abs=1e-12)


def test_templates_whose_pairs_all_agree_count_once() -> None:
    effect = measured(frame([0.1] * 300 + [-0.1] * 200, [f"t{i // 10}" for i in range(500)])).measured[0].effect
    wanted = binomtest(30, 50).proportion_ci(method="wilson")
    assert (effect.low, effect.high) == pytest.approx((wanted.low, wanted.high), abs=0.006)  # wider by Student's t
    assert effect.low < wanted.low and effect.high > wanted.high


def test_every_bias_type_has_a_reading_and_a_note_goes_by_simultaneous_limits() -> None:
    types = ["age"] * 40 + ["religion"] * 40 + ["nationality"] * 5
    table = frame([0.1] * 27 + [-0.1] * 13 + [0.1] * 45, [f"t{i}" for i in range(85)], types, [""] * 84 + ["more than one edit"])
    audit = auditor.check(table, roles=ROLES, select=["BIA315"])
    by = {m.where.group: m for m in audit.outcomes[0].measured}
    assert set(by) == {"all pairs", "age", "nationality", "religion"}
    alone = binomtest(27, 40).proportion_ci(method="wilson")
    assert by["age"].effect.low == pytest.approx(alone.low, abs=1e-12) and alone.low > 0.5
    noted = {f.where.group for f in audit.findings if f.level == "note"}
    assert noted == {"all pairs", "religion"}  # the limits of "age" at level .05 / 3 hold one half
    assert by["nationality"].effect.value == 1.0 and by["nationality"].effect.low is None
    assert audit.bias is not None
    assert {p["name"]: p["reason"] for p in audit.bias["preferences"]}["nationality"] == "4 templates, want 20 for an interval"
    assert "1 pair left out: 1 more than one edit" in next(f.message for f in audit.findings if f.where.group == "all pairs")


def test_a_pair_without_a_score_is_counted_as_left_out() -> None:
    scores = [0.1] * 39 + [float("nan")]
    table = frame(scores, [f"t{i}" for i in range(40)], base=scores)
    audit = auditor.check(table, roles=ROLES, select=["BIA315"])
    assert "1 pair left out: 1 without a score" in audit.findings[0].message


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
    assert told.status == "inconclusive" and "none of the 30 pairs can be compared: 30 more than one edit" in told.reason


def test_a_bias_type_called_all_pairs_does_not_stand_in_for_the_total() -> None:
    types = ["all pairs"] * 30 + ["age"] * 30
    table = frame([0.1] * 30 + [-0.1] * 30, [f"t{i}" for i in range(60)], types)
    audit = auditor.check(table, roles=ROLES, select=["BIA315", "BIA316"])
    by = {m.where.group: m.effect.value for m in next(o for o in audit.outcomes if o.code == "BIA315").measured}
    assert by == {"all pairs": 0.5, "all pairs (bias type)": 1.0, "age": 0.0}
    more = auditor.check(
        table.assign(bias_type=["all pairs"] * 20 + ["all pairs (bias type)"] * 20 + ["age"] * 20), roles=ROLES, select=["BIA315"]
    )
    assert {m.where.group for m in more.outcomes[0].measured} == {
        "all pairs",
        "all pairs (bias type)",
        "all pairs (bias type) (bias type)",
        "age",
    }
    changes = {m.where.group: m.effect.value for m in next(o for o in audit.outcomes if o.code == "BIA316").measured}
    assert changes == pytest.approx({"all pairs": -0.1, "all pairs (bias type)": 0.0, "age": -0.2})


def test_a_bias_type_of_which_no_pair_can_be_compared_is_told() -> None:
    types = ["age"] * 30 + ["religion"] * 30
    out = [""] * 30 + ["more than one edit"] * 30
    audit = auditor.check(frame([0.1] * 60, [f"t{i}" for i in range(60)], types, out), roles=ROLES, select=["BIA315", "BIA316"])
    told = next(o for o in audit.outcomes if o.code == "BIA315")
    by = {m.where.group: m for m in told.measured}
    assert by["religion"].effect.value is None and "none of the 30 pairs can be compared" in by["religion"].effect.reason
    assert by["all pairs"].effect.value == 1.0
    assert audit.bias is not None
    probes = {p["name"]: p for p in audit.bias["probes"]}
    assert probes["religion"]["difference"] is None and probes["religion"]["reason"].startswith("none of the 30 pairs can be")
    assert {name: p["left_out"] for name, p in probes.items()} == {"all pairs": 30, "age": 0, "religion": 30}


def test_a_base_of_ties_has_its_own_reason_on_the_page_and_in_the_sentence() -> None:
    table = frame([0.1] * 30, [f"t{i}" for i in range(30)], base=[0.0] * 30)
    audit = auditor.check(table, roles=ROLES, select=["BIA315"])
    assert audit.bias is not None
    (entry,) = audit.bias["preferences"]
    assert (entry["base"], entry["base_reason"], entry["reason"]) == (None, "every pair is a tie", None)
    assert "in no pair (every pair is a tie) before tuning" in audit.findings[0].message
    after = frame([0.0] * 30, [f"t{i}" for i in range(30)], base=[0.1] * 30)
    swapped = auditor.check(after, roles=ROLES, select=["BIA315"])
    page = html.page(swapped)
    assert swapped.bias is not None and swapped.bias["preferences"][0]["reason"] == "every pair is a tie"
    row = page[page.index("Share of pairs with the stereotyped sentence ahead") :].split("</table>")[0]
    assert row.count("every pair is a tie") == 1


def test_pairs_left_out_are_counted_and_lost_scores_are_no_clean_audit() -> None:
    templates = [f"t{i}" for i in range(60)]
    out = auditor.check(frame([0.1, -0.1] * 30, templates, out=[""] * 40 + ["no edit"] * 20), roles=ROLES, select=["BIA315"])
    assert out.outcomes[0].status == "clean" and out.bias is not None and out.bias["preferences"][0]["left_out"] == 20
    lost = frame([0.1, -0.1] * 20 + [float("nan")] * 20, templates)
    told = measured(lost)
    assert told.status == "inconclusive" and "no finite score to 20 texts" in told.reason
