"""Weights: twice the weight is the row twice, and what is no weight is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import auditor
from auditor.cli import main
from auditor.rows import InputError

ROLES = auditor.Roles(label="y", sensitive="g", weight="w")


def rows(seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"g": rng.choice(["a", "b", "c"], 500, p=[0.6, 0.2, 0.2]), "y": rng.integers(0, 2, 500)})
    return frame.assign(w=rng.integers(1, 4, 500))


def rates(frame: pd.DataFrame) -> dict[tuple[str, str], float]:
    audit = auditor.check(frame, roles=ROLES, select=["BIA109"])
    assert audit.bias is not None
    return {(c["group"], c["metric"]): c["value"] for c in audit.bias["comparisons"]}


@pytest.mark.parametrize("seed", range(5))
def test_a_weight_of_two_is_the_row_twice(seed: int) -> None:
    frame = rows(seed)
    doubled = frame.loc[frame.index.repeat(frame.w)].assign(w=1)
    one, other = rates(frame), rates(doubled)
    assert one == pytest.approx(other, abs=1e-12) and len(one) == 4
    means = {str(g): float(np.average(part.y, weights=part.w)) for g, part in frame.groupby("g")}
    reference = str(frame.g.value_counts().sort_index().idxmax())
    for g in set(means) - {reference}:
        assert one[g, "weighted_label_rate_difference"] == pytest.approx(means[reference] - means[g], abs=1e-12)


@pytest.mark.parametrize(
    ("weights", "message"),
    [([-1.0, 1.0], "negative or not finite"), ([0.0, 0.0], "every weight"), (["x", "y"], "holds no numbers")],
)
def test_what_is_no_weight_is_refused(
    weights: list[object], message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    frame = rows().assign(w=pd.Series(weights * 250))
    with pytest.raises(InputError, match=message):
        auditor.check(frame, roles=ROLES, select=["BIA109"])
    frame.to_csv(tmp_path / "t.csv", index=False)
    flags = ["--label", "y", "--sensitive", "g", "--weight", "w", "--isolated", "--quiet"]
    assert main(["check", str(tmp_path / "t.csv"), *flags]) == 2
    said = capsys.readouterr().err
    assert message in said and said.count("\n") == 1


def test_the_effective_number_of_rows_widens_the_interval() -> None:
    even, uneven = rows().assign(w=1.0), rows().assign(w=lambda f: np.where(f.index % 10 == 0, 50.0, 1.0))
    wide = []
    for frame in (even, uneven):
        audit = auditor.check(frame, roles=ROLES, select=["BIA109"])
        assert audit.bias is not None
        one = next(c for c in audit.bias["comparisons"] if c["metric"] == "weighted_label_rate_difference")
        wide.append(one["high"] - one["low"])
    assert wide[1] > 2 * wide[0]


def test_a_gap_that_weights_turn_round_is_found() -> None:
    g, y = ["ab"[i % 2] for i in range(600)], [int(i // 2 % 10 < (3 if i % 2 else 7)) for i in range(600)]
    w = [(0.1 if yi else 1.0) if gi == "a" else (10.0 if yi else 1.0) for gi, yi in zip(g, y, strict=True)]
    audit = auditor.check(pd.DataFrame({"g": g, "y": y, "w": w}), roles=ROLES, select=["BIA109"])
    assert [f.code for f in audit.findings] == ["BIA109"]  # by rows b has .3 against .7, by weights .81 against .19


@pytest.mark.parametrize("role", ["label", "prediction"])
def test_a_split_without_the_favourable_value_is_no_wrong_input(role: str) -> None:
    frame = rows().assign(y=lambda f: np.where(f.y == 1, "yes", "no"))
    roles = auditor.Roles(sensitive="g", weight="w", **{role: "y"})
    audit = auditor.check(frame, test=frame.assign(y="no"), roles=roles, positive="yes", select=["BIA109"])
    told = [r for r in audit.outcomes if r.code == "BIA109"]
    assert told[0].status == "inconclusive" and "positive" in told[0].reason
    assert audit.bias is not None
    assert {c["value"] for c in audit.bias["comparisons"] if c["split"] == "test"} == {0.0, None}
    with pytest.raises(InputError, match="--positive 'nice', want one of the labels 'no', 'yes'"):
        auditor.check(frame, roles=roles, positive="nice", select=["BIA109"])


def test_rows_without_a_weight_are_said() -> None:
    frame = rows().assign(w=lambda f: np.where(f.index % 5 == 0, np.nan, f.w))
    audit = auditor.check(frame, roles=ROLES, select=["BIA109"])
    assert audit.bias is not None
    assert all(c["n"] < 500 for c in audit.bias["comparisons"])
    frame = frame.assign(
        y=lambda f: ((f.g == "c") | (f.y == 1)).astype(int), w=lambda f: np.where(f.g == "b", f.w * (1 + 9 * f.y), f.w)
    )
    told = auditor.check(frame, roles=ROLES, select=["BIA109"]).findings
    assert told and all("100 rows of all splits have no weight" in f.message for f in told)
