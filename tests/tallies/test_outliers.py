"""What far values are measured with."""

from __future__ import annotations

import pickle

import numpy as np
import pyarrow as pa
import pytest

from auditor.rows import Batch, Column, Roles, Setting, Split
from auditor.tallies import outliers
from auditor.tallies.outliers import FarValues
from auditor.tallies.sample import NumberSample

SETTING = Setting(
    data="d",
    roles=Roles(),
    columns=(Column(name="x", kind="number", dtype="double", distinct=9_000, splits=("train",)),),
    splits=(Split(name="train", part="train", source="d", rows=9_000),),
)


def batches() -> list[Batch]:
    x = np.random.default_rng(3).normal(size=9_000)
    x[[17, 4_000]] = 40.0, -60.0
    rows = np.arange(9_000, dtype=np.int64)
    return [
        Batch(split="train", table=pa.table({"x": x[a : a + 900]}), rows=rows[a : a + 900], setting=SETTING)
        for a in range(0, 9_000, 900)
    ]


def test_a_column_is_measured_once_for_all_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    sample = NumberSample()
    for batch in batches():
        sample = sample + NumberSample.of(batch)
    asked: list[int] = []
    true_ruler = outliers.ruler

    def counted(values: outliers.Floats) -> outliers.Ruler | None:
        asked.append(len(values))
        return true_ruler(values)

    monkeypatch.setattr(outliers, "ruler", counted)
    total = FarValues()
    for batch in batches():
        total = total + FarValues.of(batch, sample)
    assert asked == [9_000]
    assert total.rows["train", "x"].tolist() == [17, 4_000]


def test_a_sample_travels_without_what_was_made_of_it() -> None:
    sample = NumberSample.of(batches()[0])
    outliers.measured(sample, "train", "x")
    again = pickle.loads(pickle.dumps(sample))
    assert sample.made
    assert not again.made
    assert again.column("train", "x").tolist() == sample.column("train", "x").tolist()
