"""A slot of an instruction set that is empty by nature does not fail the set; an empty feature does."""

from __future__ import annotations

from typing import Any

import auditor
from auditor.rows import Roles

SPARSE: list[Any] = ["some context"] * 10 + [""] * 30


def levels(audit: auditor.Audit) -> dict[str, str]:
    return {f.where.columns[0]: f.level for f in audit.findings}


def test_a_sparse_input_beside_prompts_warns_and_a_sparse_response_fails() -> None:
    words = [f"do thing number {i}" for i in range(40)]
    roles = Roles(prompt="instruction", response="output")
    well = auditor.check({"instruction": words, "input": SPARSE, "output": words}, roles=roles, select=("VAL118",))
    assert levels(well) == {"input": "warning"}
    ill = auditor.check({"instruction": words, "output": SPARSE}, roles=roles, select=("VAL118",))
    assert levels(ill) == {"output": "error"}


def test_a_sparse_feature_of_a_table_fails() -> None:
    audit = auditor.check({"a": SPARSE, "label": ["x", "y"] * 20}, roles=Roles(label="label"), select=("VAL118",))
    assert levels(audit) == {"a": "error"}
