"""Counts of labels by group against pandas."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from auditor.rows import Batch, Column, Kind, Roles, Setting, Split
from auditor.tallies import groups
from auditor.tallies.groups import GroupCounts, GroupTable, reference_of


def counted(columns: dict[str, list[Any]], kinds: dict[str, Kind], label: str | None = "y", **options: Any) -> list[GroupTable]:
    table = pa.table(columns)
    sensitive = tuple(name for name in columns if name != label)
    setting = Setting(
        data="d",
        roles=Roles(label=label, sensitive=sensitive),
        columns=tuple(Column(name=n, kind=kinds.get(n, "category"), dtype="") for n in columns),
        splits=(Split(name="train", part="train", source="", rows=table.num_rows),),
        options=options,
    )
    parts = [
        GroupCounts.of(
            Batch(split="train", table=table.slice(i, 7), rows=np.arange(i, i + len(table.slice(i, 7))), setting=setting)
        )
        for i in range(0, table.num_rows, 7)
    ]
    total = sum(parts, GroupCounts())
    return [*total.tables(setting), *total.tables(setting, 2)]


def test_counts_are_those_of_a_crosstab_missing_values_too() -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(
        {
            "sex": rng.choice(["f", "m"], 200),
            "race": rng.choice(np.array(["a", "b", None], object), 200),
            "y": rng.integers(0, 3, 200),
        }
    )
    tables = counted({str(n): [None if pd.isna(v) else v for v in frame[n]] for n in frame}, {})
    for table in tables:
        keys = [frame[a].fillna("(missing)") for a in table.attributes]
        wanted = pd.crosstab(keys if len(keys) > 1 else keys[0], frame["y"].astype(str))
        names = [" & ".join(k) if isinstance(k, tuple) else k for k in wanted.index]
        assert {n: list(c) for n, c in zip(table.groups, table.counts.tolist(), strict=True)} == dict(
            zip(names, wanted.to_numpy().tolist(), strict=True)
        )
        assert table.missing == tuple("(missing)" in g for g in table.groups)


def test_rows_without_a_label_belong_to_their_group_and_to_no_class() -> None:
    (table,) = counted({"g": ["a", "a", "b"], "y": ["1", None, "0"]}, {})
    assert table.rows.tolist() == [2, 1]
    assert table.counts.sum() == 2


def test_whole_numbers_of_few_values_name_groups_as_they_are() -> None:
    (table,) = counted({"g": [0, 1, 1], "y": ["a", "b", "a"]}, {"g": "number"})
    assert table.groups == ("0", "1")


def test_other_numbers_are_cut_at_their_quartiles() -> None:
    values = list(np.random.default_rng(1).normal(size=400))
    (table,) = counted({"g": values, "y": ["a", "b"] * 200}, {"g": "number"})
    assert len(table.groups) == 4
    assert table.rows.tolist() == [100] * 4


def test_declared_cut_offs_include_their_upper_end() -> None:
    (table,) = counted({"age": [24, 25, 26] * 5 + list(range(30, 50)), "y": ["a"] * 35}, {"age": "number"}, cuts={"age": [25]})
    assert dict(zip(table.groups, table.rows.tolist(), strict=True)) == {"<= 25": 10, "> 25": 25}


def test_nan_is_a_missing_group() -> None:
    (table,) = counted({"g": [1.5, float("nan"), 1.5], "y": ["a", "b", "a"]}, {"g": "number"}, cuts={"g": [1]})
    assert "(missing)" in table.groups


def test_the_reference_is_the_largest_group_and_ties_go_to_the_first() -> None:
    tables = counted({"g": ["b", "a", "b", "a", None, None, None], "y": ["1"] * 7}, {})
    setting = Setting(data="d", roles=Roles(), columns=(), splits=())
    assert reference_of(tables, setting) == "a"


def test_a_declared_reference_wins_and_an_absent_one_is_none() -> None:
    tables = counted({"g": ["b", "a", "a"], "y": ["1"] * 3}, {})
    declared = [
        Setting(data="d", roles=Roles(), columns=(), splits=(), options={"reference_group": {"g": v}}) for v in ("b", "z")
    ]
    assert [reference_of(tables, s) for s in declared] == ["b", None]


def test_an_attribute_of_too_many_cells_is_named_and_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(groups, "CAP", 5)
    assert counted({"g": [f"g{i}" for i in range(20)], "y": ["1"] * 20}, {}) == []
