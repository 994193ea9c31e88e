"""Times read from what files hold."""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import pyarrow as pa
import pytest

from auditor.tallies.moments import moments

NOON = datetime(2024, 3, 1, 12, tzinfo=UTC).timestamp()


@pytest.mark.parametrize(
    "text", ["2024-03-01T12:00:00Z", "2024-03-01 14:00:00+02:00", "2024-03-01T12:00:00.250", " 2024-03-01 12:00:00 "]
)
def test_iso_texts_are_read_with_their_offset(text: str) -> None:
    assert moments(pa.array([text]))[0] == NOON


def test_dates_times_and_numbers_are_seconds_or_themselves() -> None:
    assert moments(pa.array([date(2024, 3, 1)]))[0] == NOON - 43_200
    assert moments(pa.array([datetime(2024, 3, 1, 12)]))[0] == NOON
    assert moments(pa.array([7, 8])).tolist() == [7.0, 8.0]


def test_what_is_no_time_is_nan() -> None:
    assert np.isnan(moments(pa.array(["soon", None]))).all()
    assert np.isnan(moments(pa.array([True]))).all()
