"""The sidecar: what is written is what is read, and what cannot be trusted is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from auditor.guard.core import Guard
from auditor.guard.preflight import Facts
from auditor.guard.sidecar import FILE, write_whole
from auditor.rows import InputError
from auditor.tallies.evaluations import Evaluation, Losses

BASE = np.random.default_rng(0).exponential(1.0, 300)
CURVE = ((1.0, 1.0), (0.8, 0.7), (0.7, 0.5), (0.72, 0.4), (0.8, 0.2))


def see(guard: Guard, i: int) -> None:
    rng = np.random.default_rng(100 + i)
    held_out = Losses(ids=np.arange(300), loss=BASE * CURVE[i][0] + rng.normal(0, 0.05, 300), groups={"sex": np.arange(300) % 2})
    for step in range(10 * i, 10 * i + 10):
        guard.step(step, loss=1.0 / (1 + step), gradient_norm=1.0)
    guard.see(Evaluation(step=10 * (i + 1), held_out=held_out, probe=Losses(ids=np.arange(50), loss=BASE[:50] * CURVE[i][1])))


def timeless(path: Path) -> Any:
    document = json.loads(path.read_text())
    document.pop("meta")
    return document


def test_an_interrupted_run_ends_with_the_state_and_ledger_of_an_uninterrupted_one(tmp_path: Path) -> None:
    whole, first, second = Guard(directory=tmp_path / "a"), Guard(directory=tmp_path / "b"), Guard(directory=tmp_path / "b")
    whole.state.run_id = first.state.run_id = "same"
    for i in range(5):
        see(whole, i)
    whole.saved(50, tmp_path / "a" / "checkpoint-50")
    for i in range(3):
        see(first, i)
    first.saved(30, tmp_path / "b" / "checkpoint-30")
    see(first, 3)  # seen, but its checkpoint was never written: it is trained again
    assert second.resume(tmp_path / "b" / "checkpoint-30")
    for i in range(3, 5):
        see(second, i)
    second.saved(50, tmp_path / "b" / "checkpoint-50")
    one, other = (timeless(tmp_path / x / "checkpoint-50" / FILE) for x in "ab")
    for document in (one, other):
        document["histories"]["0"].pop("checkpoints")
    assert one == other
    ledgers = [
        [{k: v for k, v in json.loads(line).items() if k != "ts"} for line in (tmp_path / x / "holdout_ledger.jsonl").open()]
        for x in "ab"
    ]
    assert ledgers[0] == ledgers[1]
    assert second.tuning["evaluations"] == whole.tuning["evaluations"]
    assert second.verdicts == whole.verdicts


def test_the_same_state_gives_the_same_bytes_but_for_meta(tmp_path: Path) -> None:
    guard = Guard()
    see(guard, 0)
    guard.saved(10, tmp_path / "c")
    first = timeless(tmp_path / "c" / FILE), (tmp_path / "c" / "guard_vectors_0.npz").read_bytes()
    guard.saved(10, tmp_path / "c")
    assert (timeless(tmp_path / "c" / FILE), (tmp_path / "c" / "guard_vectors_0.npz").read_bytes()) == first


def test_a_folder_without_a_sidecar_changes_nothing(tmp_path: Path) -> None:
    assert not Guard().resume(tmp_path)


def test_two_guards_share_one_file_and_keep_each_their_own(tmp_path: Path) -> None:
    one, two = Guard(), Guard()
    two.number = 1
    see(one, 0)
    see(two, 0)
    see(two, 1)
    one.saved(10, tmp_path)
    two.saved(10, tmp_path)
    again = Guard()
    assert again.resume(tmp_path)
    assert len(again.state.run.by_step) == 1
    other = Guard()
    other.number = 1
    assert other.resume(tmp_path)
    assert len(other.state.run.by_step) == 2


def test_vectors_that_were_changed_are_refused(tmp_path: Path) -> None:
    guard = Guard()
    see(guard, 0)
    guard.saved(10, tmp_path)
    (tmp_path / "guard_vectors_0.npz").write_bytes(b"x")
    with pytest.raises(InputError, match="hash differs"):
        Guard().resume(tmp_path)


@pytest.mark.parametrize("text", ['{"schema": "tune-auditor/guard-state/2"}', '{"schema": "tune-', "[]"])
def test_a_sidecar_of_another_schema_or_half_written_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text)
    with pytest.raises(InputError):
        Guard().resume(tmp_path)


def test_other_held_out_rows_are_told_and_the_best_is_forgotten(tmp_path: Path) -> None:
    guard = Guard()
    guard.preflight(Facts(n_train=9, n_held_out=300, held_out_digests=["a"]))
    see(guard, 0)
    guard.saved(10, tmp_path)
    later = Guard()
    later.preflight(Facts(n_train=9, n_held_out=300, held_out_digests=["b"]))
    assert later.resume(tmp_path)
    see(later, 1)
    assert next(v for v in later.verdicts if v.code == "TUN106").status == "alarm"
    assert later.state.best_step == 20


def test_a_check_with_other_limits_starts_anew(tmp_path: Path) -> None:
    guard = Guard()
    for i in range(5):
        see(guard, i)
    guard.saved(50, tmp_path)
    assert Guard(limits={"TUN201": {"gl_warn": 3.0}}).resume(tmp_path)
    later = Guard(limits={"TUN201": {"gl_warn": 3.0}})
    later.resume(tmp_path)
    assert any("TUN201 starts anew" in note for note in later.notes)
    assert "TUN201" not in later.state.held


def test_a_write_that_fails_leaves_the_old_content(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "f"
    write_whole(path, b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
