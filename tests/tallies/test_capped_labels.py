"""Counters with an entry a label: what they hold stays below a stated cap, and any cutting gives the same."""

from __future__ import annotations

import pyarrow as pa
import pytest

import auditor
from auditor import audit as steps
from auditor.check import Tally
from auditor.rows import Batch, Roles, Setting
from auditor.tallies import absences, complete
from auditor.tallies.absences import MissingLabels
from auditor.tallies.complete import CompleteRows
from auditor.tallies.sample import NumberSample
from auditor.tallies.sentinels import SentinelCounts

ROWS = 400


def columns(labels: int) -> dict[str, list[object]]:
    return {
        "x": [None if i % 5 == 0 else i / 7 for i in range(ROWS)],
        "sex": ["fm"[i % 2] for i in range(ROWS)],
        "label": [f"class {i * 7 % labels}" for i in range(ROWS)],
    }


def counted(kind: type[Tally], labels: int, cut: int) -> Tally:
    """The tally of a table with so many labels, summed over batches of so many rows."""
    table = pa.table(columns(labels))
    request = steps.Request(train=table, data="d", roles=Roles(label="label", sensitive=("sex",)), task="classification")
    setting: Setting = steps.look_at(steps.open_sources(request), request.roles, request)[0]
    after = tuple(one.of(Batch(split="train", table=table, rows=pa.array(range(ROWS)).to_numpy(), setting=setting))
                  for one in (NumberSample, SentinelCounts)) if kind is MissingLabels else ()  # fmt: skip
    total = kind()
    for start in range(0, ROWS, cut):
        part = table.slice(start, cut)
        rows = pa.array(range(start, start + len(part))).to_numpy()
        total = total + kind.of(Batch(split="train", table=part, rows=rows, setting=setting), *after)
    return total


@pytest.mark.parametrize("cut", [1, 7, 400])
def test_labels_beyond_the_cap_are_given_up_whatever_the_cutting(cut: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(absences, "CELLS", 60)
    few, many = counted(MissingLabels, 20, cut), counted(MissingLabels, 200, cut)
    assert isinstance(few, MissingLabels)
    assert isinstance(many, MissingLabels)
    assert few.over == frozenset()
    assert few.every["train"].total() == ROWS
    assert few.missing["train", "x"].total() == ROWS / 5
    assert (many.missing, many.every, many.over) == ({}, {}, frozenset({"train"}))


@pytest.mark.parametrize("cut", [1, 7, 400])
def test_cells_of_complete_rows_do_not_come_back_after_the_cap(cut: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(complete, "CAP", 50)
    few, many = counted(CompleteRows, 20, cut), counted(CompleteRows, 200, cut)
    assert isinstance(few, CompleteRows)
    assert isinstance(many, CompleteRows)
    assert few.by["train", "sex"].total() == ROWS * 4 / 5
    assert (many.by, many.over) == ({}, frozenset({("train", "sex")}))


def test_too_many_labels_cannot_be_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(absences, "CELLS", 60)
    audit = auditor.check(columns(200), roles={"label": "label"}, task="classification", select=("LEK203",))
    assert [(o.status, "too many to count" in o.reason) for o in audit.outcomes] == [("inconclusive", True)]
