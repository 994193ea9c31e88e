"""The cache saves time and changes nothing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from auditor import audit
from auditor.derive import cache
from auditor.rows import Derived, Roles

TABLE: dict[str, list[Any]] = {
    "x": [(i % 2) * 6 + (i * 37 % 101) / 50 for i in range(240)],
    "label": ["ab"[(i + (i % 6 == 0)) % 2] for i in range(240)],
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("AUDITOR_CACHE", str(tmp_path))
    return tmp_path


def audited() -> Any:
    done = audit.run(audit.Request(train=TABLE, data="t", roles=Roles(label="label"), select=("NOI301",)))
    return done.findings, [(o.status, o.measured) for o in done.outcomes]


def test_the_audit_is_the_same_with_and_without_it(folder: Path) -> None:
    first = audited()
    entries = list(folder.glob("*.npz"))
    assert len(entries) == 1
    assert not list(folder.glob("*.part"))
    assert audited() == first
    entries[0].unlink()
    assert audited() == first


def test_a_damaged_entry_is_computed_again(folder: Path) -> None:
    first = audited()
    entry = next(folder.glob("*.npz"))
    whole = entry.read_bytes()
    for broken in (b"", whole[: len(whole) // 2], whole[:-200] + bytes(200), whole[:300] + bytes(20) + whole[320:]):
        entry.write_bytes(broken)
        assert audited() == first


def test_a_folder_that_cannot_be_written_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    monkeypatch.setenv("AUDITOR_CACHE", str(blocked / "below"))
    assert audited()[1][0][0] in ("found", "inconclusive")


def test_the_entries_unused_for_longest_are_dropped(folder: Path) -> None:
    import os

    for i in range(4):
        cache.store(f"k{i}", [Derived(name="d", split="train", rows=np.arange(9), values=np.zeros(1_000), info={"i": i})])
        os.utime(folder / f"k{i}.npz", (i, i))
    size = (folder / "k0.npz").stat().st_size
    assert cache.load("k0") is not None  # read now, so it is the newest
    cache.trim(2 * size)
    assert sorted(p.stem for p in folder.glob("*.npz")) == ["k0", "k3"]


def test_what_is_read_back_is_what_was_stored(folder: Path) -> None:
    column = Derived(
        name="d", split="train", rows=np.arange(3), values=np.array([[0.1, 0.9]] * 3, np.float32), info={"a": 0.1, "b": ["x"]}
    )
    cache.store("k", [column])
    found = cache.load("k")
    assert found is not None
    assert found[0].values.dtype == np.float32
    assert np.array_equal(found[0].values, column.values)
    assert dict(found[0].info) == dict(column.info)
