"""A trainer that is killed and goes on from its checkpoint leaves the ledger of one that was never interrupted."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

torch = pytest.importorskip("torch", reason="the extra `train` is not installed")
transformers = pytest.importorskip("transformers", reason="the extra `train` is not installed")

RUN = """
import os, signal
from pathlib import Path
import numpy as np, torch, transformers
from auditor.guard.core import Guard
torch.set_num_threads(1)

def rows(n, seed):
    ids = np.random.default_rng(seed).integers(3, 60, (n, 8))
    return [{"input_ids": r.tolist(), "attention_mask": [1] * 8, "labels": int(r[0] > 30)} for r in ids]

class Kill(transformers.TrainerCallback):
    def __init__(self, step):
        self.step = step
    def on_step_end(self, args, state, control, **more):
        if state.global_step == self.step:
            os.kill(os.getpid(), signal.SIGKILL)

def run(folder, kill=None, resume=None, run_id=None, own_folder=None):
    guard = Guard(validation=rows(120, 2), directory=own_folder)
    if run_id:
        guard.state.run_id = run_id
    torch.manual_seed(0)
    model = transformers.BertForSequenceClassification(transformers.BertConfig(vocab_size=60, hidden_size=16,
        num_hidden_layers=1, num_attention_heads=2, intermediate_size=16, max_position_embeddings=16))
    told = transformers.TrainingArguments(output_dir=str(folder), per_device_train_batch_size=8, max_steps=10,
        eval_strategy="steps",
        eval_steps=2, save_steps=4, logging_steps=2, report_to=[], use_cpu=True, seed=0, disable_tqdm=True, learning_rate=1e-2,
        dataloader_pin_memory=False)
    trainer = transformers.Trainer(model=model, args=told, train_dataset=rows(64, 1), eval_dataset=rows(120, 2),
                                   callbacks=[guard.huggingface(), *([Kill(kill)] if kill else [])])
    trainer.train(resume_from_checkpoint=resume)
    return guard
"""
ROOM: dict[str, Any] = {}


def run(*given: Any, **more: Any) -> Any:
    if not ROOM:
        exec(RUN, ROOM)
    return ROOM["run"](*given, **more)


def untimed(ledger: Path) -> list[str]:
    """The lines as they were written, the time cut out of their text."""
    lines = []
    for line in ledger.read_text().splitlines():
        ts = json.loads(line)["ts"]
        lines.append(line.replace(f'"ts":"{ts}"', "", 1))
    return lines


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run that died at step 7, one step after an evaluation and three after its checkpoint, in the middle of a line."""
    folder = tmp_path_factory.mktemp("killed")
    code = RUN + f"\nrun({str(folder / 'run')!r}, kill=7, run_id='0123456789abcdef', own_folder={str(folder / 'own')!r})"
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | {"OMP_NUM_THREADS": "1"}, timeout=240, capture_output=True, text=True
    )
    assert done.returncode == -signal.SIGKILL, done.stderr[-2000:]
    return folder


def test_a_killed_and_resumed_run_has_the_ledger_of_an_uninterrupted_one(killed: Path, tmp_path: Path) -> None:
    whole = run(tmp_path / "run", run_id="0123456789abcdef", own_folder=tmp_path / "own")
    ledger = killed / "own" / "holdout_ledger.jsonl"
    assert len(untimed(ledger)) == 4  # steps 0, 2, 4, 6
    with ledger.open("a") as file:
        file.write('{"ts":"2026-01-01T00:0')
    later = run(killed / "run", resume=str(killed / "run" / "checkpoint-4"), own_folder=killed / "own")
    assert untimed(ledger) == untimed(tmp_path / "own" / "holdout_ledger.jsonl")
    assert later.state.run_id == "0123456789abcdef"
    assert not later.ledger.differing
    strip = [{k: v for k, v in e.items() if k != "logged_train_loss"} for e in later.tuning["evaluations"]]
    assert strip == [{k: v for k, v in e.items() if k != "logged_train_loss"} for e in whole.tuning["evaluations"]]
    assert later.tuning["guards"] == whole.tuning["guards"]


def test_other_held_out_rows_after_a_resume_are_said(tmp_path: Path) -> None:
    run(tmp_path)
    rows = ROOM["rows"]
    try:
        ROOM["rows"] = lambda n, seed: rows(n, seed + (100 if n == 120 else 0))
        later = run(tmp_path, resume=str(tmp_path / "checkpoint-8"))
    finally:
        ROOM["rows"] = rows
    said = {g["code"]: g for g in later.tuning["guards"]}
    assert said["TUN106"]["status"] != "ok"
