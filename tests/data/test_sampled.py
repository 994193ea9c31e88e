"""At most so many rows of a source."""

from __future__ import annotations

import numpy as np
import pytest

from auditor.audit import Request, run
from auditor.data import frames
from auditor.data.frames import open_frame
from auditor.data.sampled import Sampled

DATA = {"n": list(range(1000)), "label": ["a", "b"] * 500}


def rows(most: int, seed: int = 0) -> list[int]:
    source = Sampled(open_frame(DATA, "train", "train"), most, seed)
    return [int(n) for raw in source.read() for n in raw.rows]


def test_positions_are_those_of_the_source_and_contents_go_with_them() -> None:
    source = Sampled(open_frame(DATA, "train", "train"), 50, 3)
    for raw in source.read():
        assert raw.table.column("n").to_pylist() == raw.rows.tolist()


def test_the_same_seed_draws_the_same_rows_whatever_the_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = rows(100, seed=7)
    monkeypatch.setattr(frames, "BATCH_ROWS", 13)
    assert rows(100, seed=7) == whole
    assert rows(100, seed=8) != whole


def test_every_part_of_the_source_is_drawn_alike() -> None:
    draws = np.array([n for seed in range(40) for n in rows(100, seed)])
    by_tenth = np.bincount(draws // 100, minlength=10)
    assert by_tenth.sum() == 4000
    assert np.all(np.abs(by_tenth - 400) < 4 * np.sqrt(400))


def test_a_source_with_fewer_rows_is_read_whole_and_nothing_is_said_of_it() -> None:
    source = Sampled(open_frame(DATA, "train", "train"), 5000, 0)
    assert sum(len(raw.rows) for raw in source.read()) == 1000
    assert source.assumed == ()


def test_an_audit_of_a_sample_says_so() -> None:
    audit = run(Request(train=DATA, sample=200, select=("IMB101",)))
    assert audit.provenance["rows"] == {"train": 200}
    assert any("200 of 1,000 records" in said for said in audit.assumed)
