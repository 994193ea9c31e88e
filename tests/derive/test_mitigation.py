import numpy as np
import pandas as pd
import pytest

import auditor
from auditor.derive.mitigators import threshold

ROLES = auditor.Roles(label="y", sensitive="g")


@pytest.mark.parametrize("rate", [0.0, 0.2, 0.5, 1.0])
def test_a_threshold_selects_the_nearest_share(rate: float) -> None:
    scores = np.array([0.1, 0.1, 0.4, 0.9, 0.9])
    shares = [float((scores > t).mean()) for t in (-1, 0.2, 0.5, 1)]
    assert abs(float((scores > threshold(scores, rate)).mean()) - rate) == pytest.approx(min(abs(s - rate) for s in shares))


def rows(seed: int, n: int = 1500) -> pd.DataFrame:
    """Two groups; b has the same x and half its favourable labels taken away; z tells the group in part."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"g": rng.choice(["a", "b"], n), "x": rng.normal(size=n)})
    frame["z"] = (frame.g == "b") + 0.4 * rng.normal(size=n)
    frame["y"] = ((frame.x + 0.3 * rng.normal(size=n) > 0) & ~((frame.g == "b") & (rng.random(n) < 0.5))).astype(int)
    return frame


def test_mitigations_narrow_the_gap_and_say_what_they_cost() -> None:
    found = auditor.check(rows(1), test=rows(2), roles=ROLES, select=["BIA401"], options={"mitigate": True})
    assert found.bias is not None
    by = {(m["mitigation"], m["metric"]): m for m in found.bias["mitigations"]}
    for name in ("reweighing", "group thresholds, equal selection rates", "exponentiated gradient, demographic parity"):
        gap = by[name, "demographic_parity_difference"]
        assert gap["before"] > 0.15 and gap["after"] < 0.6 * gap["before"] and gap["verdict"] == "better", name
    assert {m["verdict"] for m in found.bias["mitigations"] if m["metric"] == "accuracy"} >= {"worse"}
    assert any("worse: " in f.message for f in found.findings)


def test_without_a_held_out_set_or_a_favourable_label_nothing_is_tried() -> None:
    words = rows(1).assign(y=lambda f: f.y.map({0: "no", 1: "yes"}))
    told = auditor.check(words, test=words, roles=ROLES, select=["BIA401"], options={"mitigate": True}).outcomes[0]
    assert (told.status, "--positive" in told.reason) == ("inconclusive", True)
    told = auditor.check(rows(1), roles=ROLES, select=["BIA401"], options={"mitigate": True}).outcomes[0]
    assert told.status == "skipped"


def test_a_group_without_a_label_is_refused_by_reweighing_alone() -> None:
    train = rows(1)
    train.loc[train.g == "b", "y"] = 0
    found = auditor.check(train, test=rows(2), roles=ROLES, select=["BIA401"], options={"mitigate": True})
    assert found.bias is not None
    tried = {m["mitigation"] for m in found.bias["mitigations"]}
    assert "reweighing" not in tried and "group thresholds, equal selection rates" in tried
    assert found.outcomes[0].status == "found"


def test_texts_are_augmented_by_their_swapped_copies() -> None:
    rng = np.random.default_rng(5)

    def texts(n: int, skew: float) -> pd.DataFrame:
        woman = rng.random(n) < 0.5
        good = rng.random(n) < 0.5
        y = np.where(woman & (rng.random(n) < skew), 0, good).astype(int)
        who, word = np.where(woman, "the woman", "the man"), np.where(good, "excellent", "dreadful")
        fill = rng.choice(["today", "again", "at work", "in town"], n)
        text = [f"{a} wrote a {b} report {c}" for a, b, c in zip(who, word, fill, strict=True)]
        return pd.DataFrame({"text": text, "g": np.where(woman, "f", "m"), "y": y})

    roles = auditor.Roles(text="text", label="y", sensitive="g")
    found = auditor.check(texts(1200, 0.8), test=texts(1000, 0.0), roles=roles, select=["BIA401"], options={"mitigate": True})
    assert found.bias is not None
    by = {(m["mitigation"], m["metric"]): m for m in found.bias["mitigations"]}
    gap = by["counterfactual augmentation", "equalized_odds_difference"]
    assert gap["before"] > 0.5 > 0.2 > gap["after"] and gap["verdict"] == "better"


def test_the_group_is_no_feature() -> None:
    """Without a proxy a model that does not see the group has no gap, whatever the labels."""
    found = auditor.check(
        rows(1).drop(columns="z"), test=rows(2).drop(columns="z"), roles=ROLES, select=["BIA401"], options={"mitigate": True}
    )
    assert found.bias is not None
    gaps = [m["before"] for m in found.bias["mitigations"] if m["metric"] == "demographic_parity_difference"]
    assert max(gaps) < 0.1


def test_augmentation_that_swaps_for_the_same_words_changes_nothing() -> None:
    """Before and after are read in one vocabulary: where copies add nothing, no metric moves."""
    rng = np.random.default_rng(6)

    def texts(n: int) -> pd.DataFrame:
        good = rng.random(n) < 0.5
        word = np.where(good, "excellent", "dreadful")
        said = [f"the {rng.choice(['man', 'woman'])} wrote a {w} report {i}" for i, w in enumerate(word)]
        flip = rng.random(n) < 0.1
        return pd.DataFrame({"text": said, "g": rng.choice(["f", "m"], n), "y": (good ^ flip).astype(int)})

    roles = auditor.Roles(text="text", label="y", sensitive="g")
    found = auditor.check(texts(1500), test=texts(1000), roles=roles, select=["BIA401"], options={"mitigate": True})
    assert found.bias is not None
    told = [m for m in found.bias["mitigations"] if m["mitigation"] == "counterfactual augmentation"]
    assert {m["verdict"] for m in told} <= {"not told apart", "no direction"} and len(told) == 10


def test_groups_that_take_no_part_are_named() -> None:
    train, test = rows(1), rows(2)
    for frame in (train, test):
        frame.loc[:49, "g"] = "tiny"
        frame.loc[50:199, "g"] = None
    told = auditor.check(train, test=test, roles=ROLES, select=["BIA401"], options={"mitigate": True}).outcomes[0]
    assert any("1 groups of g took no part: 'tiny' (50 rows)" in str(m) for m in told.measured)


def test_without_rows_to_set_thresholds_on_the_others_are_tried() -> None:
    validation = rows(3, 40)
    told = auditor.check(rows(1), validation=validation, test=rows(2), roles=ROLES, select=["BIA401"], options={"mitigate": True})
    assert told.bias is not None
    tried = {m["mitigation"] for m in told.bias["mitigations"]}
    assert tried == {"reweighing", "resampling", "exponentiated gradient, demographic parity"}
    assert "to set a threshold on" in str(told.outcomes[0])
    empty = validation.assign(y=None)
    told = auditor.check(rows(1), validation=empty, test=rows(2), roles=ROLES, select=["BIA401"], options={"mitigate": True})
    assert told.bias is not None and {m["mitigation"] for m in told.bias["mitigations"]} == tried


def test_a_group_without_a_label_is_named() -> None:
    train = rows(1)
    train.loc[train.g == "b", "y"] = 0
    told = auditor.check(train, test=rows(2), roles=ROLES, select=["BIA401"], options={"mitigate": True}).outcomes[0]
    assert "no row of 'b' bears the label '1'" in str(told)
