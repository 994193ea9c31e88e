from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from auditor.data.frames import TableSource, open_frame
from auditor.rows import InputError


def rows(source: TableSource) -> list[dict[str, Any]]:
    return [row for raw in source.read() for row in raw.table.to_pylist()]


def column(values: Any) -> list[Any]:
    return [r["a"] for r in rows(open_frame(pd.DataFrame({"a": values}), "train", "train"))]


def test_mixed_objects_become_text_and_missing_values_null() -> None:
    mixed = pd.Series([1, "two", 3.5, None, float("nan"), pd.NA, pd.NaT, True], dtype=object)
    assert column(mixed) == ["1", "two", "3.5", None, None, None, None, "True"]


@pytest.mark.parametrize(
    ("values", "want"),
    [
        (pd.Series(["x", None], dtype="string"), ["x", None]),
        (pd.Series(["x", None], dtype="str"), ["x", None]),
        (pd.Categorical(["x", None, "y"]), ["x", None, "y"]),
        (pd.Categorical([1, 2, 1]), [1, 2, 1]),
        (pd.array([1, None], dtype="Int64"), [1, None]),
        ([1.5, float("nan")], [1.5, None]),
        (pd.DatetimeIndex(["2020-01-02", "NaT"]), [datetime(2020, 1, 2), None]),
        (pd.period_range("2020-01", periods=2, freq="M"), ["2020-01", "2020-02"]),
        (pd.interval_range(0, 2), ["(0, 1]", "(1, 2]"]),
        ([2**70, 1], ["1180591620717411303424", "1"]),
        ([1 + 2j, 3], ["(1+2j)", "(3+0j)"]),
        ([{"r": "u"}, None], [{"r": "u"}, None]),
        ([["p", "q"], []], [["p", "q"], []]),
        ([{1, 2}, "x"], ["{1, 2}", "x"]),
        (pd.Series(["half \ud83d", "x"], dtype=object), ["half \ufffd", "x"]),
        (pd.arrays.SparseArray([0, 0, 3]), [0, 0, 3]),
        ([np.array([1, 2]), np.array([3])], [[1, 2], [3]]),
    ],
    ids=str,
)
def test_a_pandas_column_of_any_type_is_read(values: Any, want: list[Any]) -> None:
    assert column(values) == want


def test_names_that_are_no_texts_become_texts() -> None:
    frame = pd.DataFrame([[1, 2, 3]], columns=[0, ("a", "b"), 2.5])
    assert list(open_frame(frame, "train", "train").columns) == ["0", "('a', 'b')", "2.5"]


@pytest.mark.parametrize("names", [["a", "a"], [1, "1"]])
def test_a_column_name_twice_is_refused(names: list[Any]) -> None:
    with pytest.raises(InputError, match=r"train: the column name '[a1]' stands 2 times, want each once; rename one"):
        open_frame(pd.DataFrame([[1, 2]], columns=names), "train", "train")


@pytest.mark.parametrize(
    ("frame", "got"),
    [
        (pd.DataFrame({"a": []}), "the pandas DataFrame has no rows, want at least one"),
        (pd.DataFrame(index=[0, 1]), "the pandas DataFrame has no rows, want at least one"),
        (pl.DataFrame({"a": []}), "the polars DataFrame has no rows"),
        ({}, "the builtins dict has no rows"),
        (3, "got builtins int, want a path, a pandas or polars frame, an Arrow table or a datasets object"),
        (pd.Series([1]), "got pandas Series, want a path"),
        ([1, 2], "got builtins list, want a path"),
        ({"a": [1], "b": [1, 2]}, "got columns of different lengths (a: 1, b: 2), want one length"),
        ({"a": 3}, "got int for the column 'a', want a list of values"),
    ],
    ids=str,
)
def test_what_is_no_table_is_refused(frame: Any, got: str) -> None:
    with pytest.raises(InputError) as caught:
        open_frame(frame, "train", "train")
    assert got in str(caught.value)


def test_a_batch_of_wide_rows_has_at_most_32_megabytes() -> None:
    table = pa.table({"a": ["x" * 100_000] * 1_000})
    sizes = [raw.table.nbytes for raw in open_frame(table, "train", "train").read()]
    assert len(sizes) > 2
    assert max(sizes) <= 33 << 20


def test_the_digest_is_of_the_content_whatever_the_chunks() -> None:
    whole = pa.table({"a": list(range(10)), "b": list("abcdefghij")})
    chunked = pa.concat_tables([whole.slice(0, 3), whole.slice(3)])
    other = pa.table({"a": list(range(10)), "b": list("abcdefghiX")})
    digests = [open_frame(t, "train", "train").digest() for t in (whole, chunked, other)]
    assert digests[0] == digests[1] != digests[2]
