"""Logs of every kind, and the verdict that each must get: the cases of the benchmark, and files that are broken."""

from __future__ import annotations

import importlib.util
import json
import struct
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from auditor.guard.core import Guard
from auditor.guard.trace import checkpoints, formats, judge, tfevents
from auditor.guard.trace.runtype import kind_of
from auditor.rows import InputError
from auditor.tallies.evaluations import Evaluation, Losses

HERE = Path(__file__).parents[3] / "benchmarks" / "trace.py"


def cases() -> Any:
    spec = importlib.util.spec_from_file_location("trace_cases", HERE)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["trace_cases"] = module
    spec.loader.exec_module(module)
    return module


MADE = cases()


@pytest.mark.parametrize("case", MADE.CASES, ids=lambda c: c.name)
def test_the_log_gets_its_verdict(case: Any, tmp_path: Path) -> None:
    assert MADE.wrong(case, judge(case.make(tmp_path))) == []


def test_the_same_log_gives_the_same_audit(tmp_path: Path) -> None:
    path = MADE.state(tmp_path, MADE.history(MADE.RISING))
    assert judge(path) == judge(path)


def test_the_record_of_a_trace_holds_no_nan(tmp_path: Path) -> None:
    rows = MADE.with_norm(MADE.history(MADE.FALLING, MADE.nan_hidden), 300, float("nan"))
    json.dumps(judge(MADE.state(tmp_path, rows)).tuning, allow_nan=False)


def test_training_and_evaluation_levels_are_never_compared(tmp_path: Path) -> None:
    def scaled(step: float) -> float:
        return 4 * float(MADE.down(step))

    one, four = (judge(MADE.state(tmp_path, MADE.history(MADE.RISING, f))) for f in (MADE.down, scaled))
    assert [g["status"] for g in (one.tuning or {})["guards"]] == [g["status"] for g in (four.tuning or {})["guards"]]
    assert all(e["gap"] is None for e in (four.tuning or {})["evaluations"])


def test_what_a_guard_left_beside_a_checkpoint_outweighs_the_log(tmp_path: Path) -> None:
    MADE.run_folder(tmp_path, (300, 600))
    guard = Guard(limits={"TUN201": {"gl_warn": 3.0}})
    base = np.random.default_rng(0).exponential(1.0, 300)
    for i in range(1, 13):
        rows = Losses(ids=np.arange(300), loss=base * (1 - 0.01 * i))
        guard.see(Evaluation(step=50 * i, held_out=rows, probe=Losses(ids=np.arange(300), loss=base * (1 - 0.02 * i))))
    guard.saved(600, tmp_path / "checkpoint-600")
    audit = judge(tmp_path)
    assert {o.code: o.status for o in audit.outcomes}["TUN201"] == "clean"
    assert (audit.tuning or {})["mode"] == "posthoc with a guard's record"
    (tmp_path / "checkpoint-600" / "guard_vectors_0.npz").write_bytes(b"")
    broken = judge(tmp_path)
    assert broken.verdict == "fail"
    assert any("left out" in note for note in (broken.tuning or {})["notes"])


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("trainer_state.json", "", "is empty"),
        ("trainer_state.json", "{]", "no readable log_history"),
        ("trainer_state.json", "{}", "has no log_history"),
        ("trainer_state.json", '{"log_history": []}', "holds no log entry"),
        ("metrics.csv", "a,b\n1,2\n", "neither a step nor an epoch"),
        ("metrics.csv", "step,loss\n", "no numbers"),
        ("log.jsonl", "not json\n", "no line is a JSON object"),
        ("events.out.tfevents.1", "x", "holds no scalar"),
    ],
)
def test_a_file_that_holds_no_log_is_refused_in_one_line(tmp_path: Path, name: str, text: str, words: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(InputError, match=words) as caught:
        judge(tmp_path / name)
    assert "\n" not in str(caught.value)


def test_a_folder_without_a_log_and_a_path_that_is_not_there_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="holds no log"):
        judge(tmp_path)
    with pytest.raises(InputError, match="no such file"):
        judge(tmp_path / "nowhere")


def test_the_state_of_the_newest_checkpoint_is_taken_where_the_run_has_none(tmp_path: Path) -> None:
    for step in (9, 100):
        (tmp_path / f"checkpoint-{step}").mkdir()
        MADE.state(tmp_path / f"checkpoint-{step}", MADE.history(MADE.RISING[: step // 9]))
    log = formats.read(tmp_path)
    assert log.path.parent.name == "checkpoint-100"
    assert log.folder == tmp_path


def test_the_checksum_of_the_record_format_is_castagnoli() -> None:
    crc = 0xE3069283  # the published check value of "123456789"
    assert tfevents.masked_crc(b"123456789") == (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def test_events_of_the_tensorboard_writer_are_read_to_the_number(tmp_path: Path) -> None:
    tensorboard = pytest.importorskip("tensorboard.summary.writer.event_file_writer")
    event_pb2 = pytest.importorskip("tensorboard.compat.proto.event_pb2")
    summary_pb2 = pytest.importorskip("tensorboard.compat.proto.summary_pb2")
    writer = tensorboard.EventFileWriter(str(tmp_path))
    values = np.random.default_rng(0).normal(size=20).astype(np.float32)
    for step, value in enumerate(values):
        summary = summary_pb2.Summary(value=[summary_pb2.Summary.Value(tag="train/loss", simple_value=float(value))])
        writer.add_event(event_pb2.Event(wall_time=1.0, step=step, summary=summary))
    writer.close()
    (path,) = tmp_path.glob("*tfevents*")
    scalars, notes = tfevents.scalars(path)
    assert notes == []
    assert [(s.step, s.value) for s in scalars] == [(i, float(v)) for i, v in enumerate(values)]


@pytest.mark.parametrize("where", [5, 30, -3])
def test_an_event_file_with_a_broken_byte_is_read_up_to_it(tmp_path: Path, where: int) -> None:
    path = MADE.events(tmp_path, [{"train/loss": 1.0, "step": i} for i in range(4)])
    content = bytearray(path.read_bytes())
    content[where] ^= 0xFF
    path.write_bytes(bytes(content))
    scalars, notes = tfevents.scalars(path)
    assert len(notes) == 1
    assert len(scalars) == (3 if where < 0 else 0)


def test_only_whole_weights_count_and_pickles_never(tmp_path: Path) -> None:
    MADE.weights(tmp_path / "checkpoint-1")
    MADE.weights(tmp_path / "checkpoint-2")
    whole = tmp_path / "checkpoint-2" / "model.safetensors"
    whole.write_bytes(whole.read_bytes()[:-1])
    (tmp_path / "checkpoint-3").mkdir()
    (tmp_path / "checkpoint-3" / "pytorch_model.bin").write_bytes(b"\x80\x04")
    MADE.weights(tmp_path / "checkpoint-4")
    (tmp_path / "checkpoint-4" / "model.safetensors").rename(tmp_path / "checkpoint-4" / "a.safetensors")
    index = {"weight_map": {"w": "a.safetensors", "v": "b.safetensors"}}
    (tmp_path / "checkpoint-4" / "model.safetensors.index.json").write_text(json.dumps(index))
    (tmp_path / "checkpoint-5").mkdir()
    (tmp_path / "checkpoint-5" / "model.safetensors").write_bytes(struct.pack("<Q", 1 << 60))
    assert list(checkpoints.existing(tmp_path)) == [1]


def test_two_labels_are_assumed_where_transformers_did_not_write_its_default(tmp_path: Path) -> None:
    path = MADE.scaled(tmp_path)
    config = {"architectures": ["BertForSequenceClassification"], "transformers_version": "5.0.0"}
    for more, status in (({}, "warning"), ({"problem_type": "regression"}, None)):
        (tmp_path / "config.json").write_text(json.dumps({**config, **more}))
        said = {g["code"]: g["status"] for g in (judge(path).tuning or {})["guards"]}
        assert said.get("TUN102") == status


def test_the_hours_after_the_best_evaluation_are_told_where_the_run_says_how_long_it_took(tmp_path: Path) -> None:
    rows = [*MADE.history(MADE.RISING), {"train_runtime": 7200.0, "train_loss": 1.0, "step": 600}]
    tuning = judge(MADE.state(tmp_path, rows)).tuning or {}
    assert (tuning["steps_after_best"], tuning["hours_after_best"]) == (300, 1.0)


@pytest.mark.parametrize(
    ("keys", "kind"),
    [
        (["loss", "eval_loss"], "supervised"),
        (["loss", "kl", "reward"], "rl"),
        (["loss", "kl", "rewards/chosen"], "preference"),
        (["loss", "train/rewards/accuracy_reward/mean"], "rl"),
    ],
)
def test_the_names_in_a_log_tell_the_kind_of_run(tmp_path: Path, keys: list[str], kind: str) -> None:
    log = formats.read(MADE.state(tmp_path, [{**dict.fromkeys(keys, 1.0), "step": 1}]))
    assert kind_of(log).kind == kind
