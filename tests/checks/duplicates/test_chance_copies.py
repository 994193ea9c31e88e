"""Tables whose few values make rows agree by chance are no faulty tables; planted copies still are."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest

import auditor
from auditor.rows import Roles

LABEL = Roles(label="label")


def survey(seed: int, rows: int = 1000) -> dict[str, list[Any]]:
    draw = Random(seed)
    return {
        "age": [draw.randint(18, 80) for _ in range(rows)],
        "job": [draw.choice(["clerk", "nurse", "cook", "driver"]) for _ in range(rows)],
        "region": [draw.choice("NSEW") for _ in range(rows)],
        "label": [draw.choice(["yes", "no"]) for _ in range(rows)],
    }


@pytest.mark.parametrize("seed", [3, 4, 5])
def test_chance_copies_and_conflicts_of_a_survey_warn_and_do_not_fail(seed: int) -> None:
    audit = auditor.check(survey(seed), roles=LABEL, select=("DUP101", "NOI101"))
    assert {(f.code, f.level) for f in audit.findings} == {("DUP101", "warning"), ("NOI101", "warning")}
    assert audit.verdict == "pass"


def test_planted_copies_and_conflicts_fail_though_some_columns_are_coarse() -> None:
    draw = Random(6)
    data = survey(6, 400) | {"height": [draw.gauss(170, 10) for _ in range(400)]}
    copied = {name: [*cells, *cells[:20]] for name, cells in data.items()}
    copied["label"][400:] = ["no" if x == "yes" else "yes" for x in copied["label"][:20]]
    assert [f.level for f in auditor.check(copied, roles=LABEL, select=("NOI101",)).findings] == ["error"]
    twice = {name: [*cells, *cells[:20]] for name, cells in data.items()}
    assert [f.level for f in auditor.check(twice, roles=LABEL, select=("DUP101",)).findings] == ["error"]


def test_numbers_that_all_differ_in_a_small_test_split_stay_in_the_comparison() -> None:
    train = {"n": [i * 37 % 101 for i in range(300)], "c": ["u", "v", "w"] * 100}
    test = {"n": [i * 37 % 101 for i in range(100)], "c": ["u", "v", "w", "u"] * 25}
    audit = auditor.check(train, test=test, select=("DUP101",))
    assert not any(c["id_like"] for c in audit.profile["columns"])
    assert not audit.findings
