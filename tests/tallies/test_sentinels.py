"""What stands apart as a sentinel, and what is an honest value."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from auditor import audit as steps
from auditor.tallies.sentinels import DAYS, NUMBERS, SentinelCounts, _around, plain

RNG = np.random.default_rng(0)
COUNTS = RNG.poisson(6, 2000).tolist()


def found(values: list[Any]) -> list[str]:
    """The sentinels that the check lists for a column."""
    audit = steps.run(steps.Request(train={"x": values}, data="x", select=("VAL117",)))
    return [str(line[0]) for f in audit.findings for t in f.evidence if hasattr(t, "rows") for line in t.rows]


@pytest.mark.parametrize(
    ("values", "marks"),
    [
        (COUNTS + [-1] * 300, ["-1"]),
        (COUNTS + [-1] * 2, []),  # rarer than the zeros beside it
        (COUNTS + [-2, -3] + [-1] * 300, []),  # other negatives: a true scale
        (COUNTS + [999] * 5, ["999"]),
        ([*range(17, 91), 99, 99], []),  # an age of 99
        ([0.0] * 900 + [50.0 * i + 100 for i in range(200)], []),  # true zeros
        ([0] * 9 + [1934 + i % 80 for i in range(400)], ["0"]),  # a year of 0
        ([-1, 0, 1] * 200, []),  # a sign
        ([1, 2, 3, 4, 5, 99] * 100, []),  # codes of few values are not judged
        ([99] * 500, []),
        (RNG.geometric(0.3, 3000).__sub__(2).tolist(), []),
        ([f"20{10 + i % 12}-0{1 + i % 9}-11" for i in range(200)] + ["1970-01-01"] * 2, ["1970-01-01"]),
        ([f"{1930 + i % 70}-05-17" for i in range(200)] + ["1900-01-01"], []),  # within the range of true births
    ],
)
def test_only_what_stands_apart_is_a_sentinel(values: list[Any], marks: list[str]) -> None:
    assert found(values) == marks


def test_the_surroundings_add_up_in_any_cutting() -> None:
    values = np.array([-1, -1, 0, 5, 7, 99, 100, 100, 3, 0, 99, 98, -4], float)
    whole = _around(values, np.array(NUMBERS))
    parts = [_around(values[i : i + 3], np.array(NUMBERS)) for i in range(0, len(values), 3)]
    total = parts[3] + parts[1] + parts[0] + parts[4] + parts[2]
    for name in ("count", "below", "below_count", "above", "above_count"):
        np.testing.assert_array_equal(getattr(total, name), getattr(whole, name))
    assert (total.others, total.low, total.high) == (whole.others, whole.low, whole.high)
    assert SentinelCounts().by == {}


def test_the_neighbours_are_those_found_by_hand() -> None:
    around = _around(np.array([-1.0, -1, 0, 5, 100, 100]), np.array([-1.0, 99.0]))
    assert around.count.tolist() == [2, 0]
    assert (around.above.tolist(), around.above_count.tolist()) == ([0.0, 100.0], [1, 2])
    assert (around.below.tolist(), around.below_count.tolist()) == ([-np.inf, 5.0], [0, 1])


@pytest.mark.parametrize("kind", [pa.timestamp("us"), pa.timestamp("ns"), pa.timestamp("s", "UTC"), pa.date32(), pa.date64()])
def test_dates_are_days_since_1970(kind: pa.DataType) -> None:
    dates = pa.array(pd.to_datetime(["1900-01-01", "1970-01-02"]).to_pydatetime()).cast(kind)
    assert plain(dates).tolist() == [-25_567, 1]
    assert -25_567.0 in DAYS
