"""The overfitting section says what it would have cost to stop elsewhere."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pandas as pd

import auditor
from auditor.reports.tuning import view


def section(losses: list[Any]) -> dict[str, Any]:
    audit = auditor.check(pd.DataFrame({"x": [1, 2, 3] * 10}), select=["VAL112"])
    evaluations = [{"step": 10 * i, "held_out_loss": loss} for i, loss in enumerate(losses)]
    return view(replace(audit, tuning={"evaluations": evaluations, "guards": []}), {})


def test_the_cost_of_each_step_is_what_lies_above_the_least() -> None:
    title, head, lines = next(t for t in section([0.8, 0.5, 0.6])["tables"] if t[0].startswith("What stopping"))
    assert [tuple(round(x, 6) for x in line) for line in lines] == [
        (0, 0.8, 0.3, 60.0),
        (10, 0.5, 0.0, 0.0),
        (20, 0.6, 0.1, 20.0),
    ]
    assert len(head) == 4 and "elsewhere" in title


def test_one_evaluation_or_none_that_is_a_number_gives_no_such_table() -> None:
    for losses in ([0.8], [None, float("nan"), 0.3]):
        assert not [t for t in section(losses)["tables"] if t[0].startswith("What stopping")]
