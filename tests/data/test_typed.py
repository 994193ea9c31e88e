from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from auditor.data.typed import typed, value
from auditor.rows import Column, Kind, Raw, Setting


def of(values: list[Any], kind: Kind, dtype: pa.DataType | None = None, nulls: tuple[str, ...] = ()) -> pa.ChunkedArray:
    array = pa.chunked_array([pa.array(values, dtype or pa.string())])
    return value(array, Column(name="a", kind=kind, dtype="", spelled_nulls=nulls))


def test_texts_of_numbers_become_numbers_and_spelled_nulls_null() -> None:
    found = of([" 1 ", "+2.5", ".5", "1e3", "inf", "?", "", None], "number", nulls=("", "?"))
    assert found.to_pylist() == [1.0, 2.5, 0.5, 1000.0, float("inf"), None, None, None]


def test_what_has_the_form_but_no_value_becomes_null() -> None:
    assert of(["2020-01-02", "2020-13-45"], "time").to_pylist() == [datetime(2020, 1, 2), None]
    assert of(["1", "x"], "number").to_pylist() == [1.0, None]


def test_times_with_and_without_a_zone_have_one_type() -> None:
    found = of(["2020-01-01", "2020-01-01T10:00:00+0200", "2020-01-01 10:00:00Z", "2020-01-01 10:00:00.123456789", None], "time")
    assert str(found.type) == "timestamp[us]"
    assert found.to_pylist() == [
        datetime(2020, 1, 1),
        datetime(2020, 1, 1, 8),
        datetime(2020, 1, 1, 10),
        datetime(2020, 1, 1, 10, 0, 0, 123456),
        None,
    ]


@pytest.mark.parametrize("dtype", [pa.date32(), pa.timestamp("ns"), pa.timestamp("s", "Europe/Berlin"), pa.timestamp("us")])
def test_times_of_any_unit_have_one_type(dtype: pa.DataType) -> None:
    found = of([datetime(2020, 1, 1)], "time", dtype)
    assert str(found.type) == "timestamp[us]"


@pytest.mark.parametrize("dtype", [pa.int8(), pa.uint32(), pa.float16(), pa.float32(), pa.decimal128(5, 2), pa.uint64()])
def test_numbers_of_any_width_are_wide(dtype: pa.DataType) -> None:
    values: list[Any] = [np.float16(3)] if dtype == pa.float16() else [3]
    assert of(values, "number", dtype).type in (pa.int64(), pa.float64())


@pytest.mark.parametrize("dtype", [pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int8(), pa.string())])
def test_texts_of_any_kind_are_texts(dtype: pa.DataType) -> None:
    found = of(["x", None], "category", dtype)
    assert found.type in (pa.string(), pa.large_string())
    assert found.to_pylist() == ["x", None]


def test_truth_values_are_read_in_any_case() -> None:
    assert of(["True", "false", "NA", None], "bool", nulls=("NA",)).to_pylist() == [True, False, None, None]


def test_a_batch_keeps_positions_and_faults() -> None:
    raw = Raw(table=pa.table({"a": ["1", "2"]}), rows=np.array([3, 5]))
    setting = Setting(data="d", roles=_roles(), columns=(Column(name="a", kind="number", dtype="string"),), splits=())
    batch = typed(raw, "train", setting)
    assert batch.rows.tolist() == [3, 5]
    assert batch.column("a").to_pylist() == [1.0, 2.0]


def _roles() -> Any:
    from auditor.rows import Roles

    return Roles()
