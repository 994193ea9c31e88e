"""The first look decides kinds from all rows."""

from __future__ import annotations

import uuid
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from auditor import audit as steps
from auditor.rows import Column, InputError, Roles, Setting
from auditor.setting import assume
from auditor.tallies.hashing import mix
from auditor.tallies.look import SKETCH, ColumnLook, look, smallest


def setting_of(columns: dict[str, list[Any]], roles: Roles | None = None) -> Setting:
    request = steps.Request(train=columns)
    return steps.look_at(steps.open_sources(request), roles or Roles(), request)[0]


def column_of(values: list[Any], roles: Roles | None = None) -> Column:
    return setting_of({"c": values}, roles).column("c")


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (["1", "2.5", "-3e4"], "number"),
        (["1", "", "NA", "?"], "number"),
        (["1", "x"], "category"),
        (["007", "012"], "category"),
        (["true", "False"], "bool"),
        (["2024-01-31", "2024-02-01 10:00"], "time"),
        (["", "NA"], "null"),
        ([None, None], "null"),
        ([1, 2, 3], "number"),
        ([True, False], "bool"),
        ([{"role": "user"}], "struct"),
        ([["a"], ["b"]], "list"),
        (["a b c d e", "f g h i j", "k l m n o"], "text"),
        (["one two three four"] * 50, "category"),
    ],
)
def test_kinds(values: list[Any], kind: str) -> None:
    assert column_of(values).kind == kind


def test_a_late_text_makes_the_whole_column_text(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auditor.data.frames.BATCH_ROWS", 10)
    assert column_of([str(i) for i in range(99)] + ["oops"]).kind == "category"


@pytest.mark.parametrize(
    ("values", "id_like"),
    [
        (list(range(200)), True),
        ([str(uuid.UUID(int=i * 7919)) for i in range(200)], True),
        ([f"user_{i:04d}" for i in range(200)], True),
        (list(np.random.default_rng(1).permutation(200).tolist()), True),
        (np.random.default_rng(1).normal(size=200).tolist(), False),
        (np.random.default_rng(1).integers(0, 10**6, 200).tolist(), False),
        ([i // 2 for i in range(200)], False),
        (list(range(50)), False),
    ],
)
def test_only_counters_and_identifiers_are_id_like(values: list[Any], id_like: bool) -> None:
    assert column_of(values).id_like is id_like


def test_distinct_is_exact_below_the_sketch_and_near_above() -> None:
    assert look(pa.array(range(4000)), 0).distinct == 4000
    many = ColumnLook()
    for start in range(0, 200_000, 50_000):
        many = many + look(pa.array(range(start, start + 50_000)), start)
    assert len(many.smallest) == SKETCH
    assert many.distinct == pytest.approx(200_000, rel=0.06)


@pytest.mark.parametrize("distinct", [10, 5_000, 60_000])
def test_the_smallest_hashes_are_those_of_a_full_sort(distinct: int) -> None:
    hashes = mix(np.random.default_rng(distinct).integers(0, distinct, 60_000).astype(np.uint64))
    assert smallest(hashes).tolist() == sorted(set(hashes.tolist()))[:SKETCH]


def test_median_words_is_the_median() -> None:
    texts = ["a", "a b c", "a b c d e", "a b c d e f g"]
    assert look(pa.array(texts[:3]), 0).median_words == 3


def test_a_role_that_names_no_column_is_refused_with_the_nearest() -> None:
    with pytest.raises(InputError, match=r"label column 'lable' is not in the data; did you mean 'label'\?"):
        steps.run(steps.Request(train={"label": ["a", "b"]}, roles=Roles(label="lable")))


def test_whole_number_labels_of_few_values_are_classes_and_it_is_said() -> None:
    audit = steps.run(steps.Request(train={"target": [0, 1] * 20, "n": [0.5] * 40}))
    assert any("taken as classes" in said for said in audit.assumed)
    assert any("assumed from its name" in said for said in audit.assumed)


def test_conventional_names_are_not_assumed_over_given_roles() -> None:
    setting = assume(Roles(label="text"), ["text", "label"])[0]
    assert setting.label == "text"
    assert not setting.text


def test_a_role_is_assumed_from_the_data_to_learn_from_and_not_from_a_reference_set() -> None:
    train = {"sentence": [f"one of many {i}" for i in range(30)], "label": ["a", "b"] * 15}
    audit = steps.check(train, references={"bench": {"text": [f"another {i}" for i in range(30)]}}, select=("TXT101",))
    assert "column 'sentence' is the text: assumed from its name (--text to change)" in audit.assumed
