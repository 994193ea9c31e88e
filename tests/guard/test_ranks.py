"""Two gloo ranks: the losses of one process, one verdict, one stop, no hang."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra `train` is not installed")
transformers = pytest.importorskip("transformers", reason="the extra `train` is not installed")

from auditor.guard.torch.examples import examples  # noqa: E402
from auditor.guard.torch.losses import measure  # noqa: E402

LIMIT = 240  # seconds after which the two ranks hang

SHARED = """
import numpy as np, torch, transformers
torch.set_num_threads(1)

def bert():
    torch.manual_seed(0)
    config = transformers.BertConfig(vocab_size=60, hidden_size=32, num_hidden_layers=1, num_attention_heads=2,
                                     intermediate_size=32, max_position_embeddings=16)
    model = transformers.BertForSequenceClassification(config)
    model.accepts_loss_kwargs = False
    return model

def rows(n, seed):
    rng = np.random.default_rng(seed)
    ids = rng.integers(3, 60, (n, 8))
    return [{"input_ids": r.tolist(), "attention_mask": [1] * 8, "labels": int(rng.integers(2))} for r in ids]
"""

WORKER = """
import json, math, sys
from pathlib import Path
from auditor.guard.core import Guard
from auditor.guard.torch.examples import examples
from auditor.guard.torch.losses import measure
from auditor.guard.torch.quiet import ranks

folder = Path(sys.argv[1])
told = transformers.TrainingArguments(
    output_dir=str(folder / "run"), per_device_train_batch_size=16, max_steps=120, eval_strategy="steps", eval_steps=10,
    save_steps=40, report_to=[], use_cpu=True, ddp_backend="gloo", seed=0, disable_tqdm=True, learning_rate=1e-2,
    dataloader_pin_memory=False, lr_scheduler_type="constant", logging_steps=50)
guard = Guard(validation=rows(120, 2), on_overfit="restore-best")
trainer = transformers.Trainer(model=bert(), args=told, train_dataset=rows(65, 1), eval_dataset=rows(120, 2),
                               callbacks=[guard.huggingface()])
rank, world = ranks()
alone = measure(bert(), examples(rows(65, 1), collate=transformers.default_data_collator, at_once=8), np.arange(65))
trainer.train()
kept = [float(p.double().sum()) for p in trainer.model.parameters()]
said = {"world": world, "ids": alone.ids.tolist(), "losses": alone.loss.tolist(), "weights": kept,
        "step": trainer.state.global_step,
        "stop": guard.tuning["stop_step"], "code": guard.tuning["stop_code"], "action": guard.tuning["action"],
        "guards": [(g["code"], g["status"], g["step"], g["statistic"]) for g in guard.tuning["guards"]]}

def caught(act):
    try:
        act()
    except Exception as cause:
        return f"{type(cause).__name__}: {cause}"
    return "nothing"

x, y = torch.randn(120, 4), torch.randint(0, 2, (120,))
model = torch.nn.Linear(4, 2)
pair = Guard((x[:60], y[:60]), (torch.randn(120, 4), y), directory=None)
with pair.watch(model, torch.optim.SGD(model.parameters(), lr=0.1)) as watch:
    watch.step(1.0)
    said["nan"] = caught(lambda: watch.step(math.nan if rank == 1 else 1.0))
    watch.keeper.keep = None
    pair.on_overfit = "restore-best"
    if rank == 0:
        def full(*_): raise OSError("disk full")
        pair.see = full
    said["disk"] = caught(watch.evaluate)
(folder / f"rank{rank}.json").write_text(json.dumps(said))
torch.distributed.destroy_process_group()
"""


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, Any]]]:
    folder = tmp_path_factory.mktemp("ranks")
    script = folder / "worker.py"
    script.write_text(SHARED + WORKER)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    plain = os.environ | {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "OMP_NUM_THREADS": "1"}
    logs = [folder / f"log{rank}" for rank in (0, 1)]
    started = []
    for rank, log in enumerate(logs):
        with log.open("w") as out:
            env = plain | {"RANK": str(rank), "LOCAL_RANK": str(rank)}
            command = [sys.executable, str(script), str(folder)]
            started.append(subprocess.Popen(command, env=env, stdout=out, stderr=subprocess.STDOUT))
    try:
        codes = [process.wait(LIMIT) for process in started]
    finally:
        for process in started:
            process.kill()
    assert codes == [0, 0], "\n".join(log.read_text()[-2000:] for log in logs)
    return folder, [json.loads((folder / f"rank{rank}.json").read_text()) for rank in (0, 1)]


Both = tuple[Path, list[dict[str, Any]]]


def test_losses_of_65_rows_on_two_ranks_are_those_of_one_process(both: Both) -> None:
    room: dict[str, Any] = {}
    exec(SHARED, room)
    rows = examples(room["rows"](65, 1), collate=transformers.default_data_collator)
    alone = measure(room["bert"](), rows, np.arange(65))
    for said in both[1]:
        assert said["world"] == 2
        assert said["ids"] == list(range(65))
        assert np.abs(np.array(said["losses"]) - alone.loss).max() < 1e-6


def test_both_ranks_stop_at_one_step_with_one_verdict_and_the_same_weights(both: Both) -> None:
    first, second = both[1]
    assert first["action"] == "restore-best"
    assert first["code"] == "TUN201"
    assert first["step"] < 120
    for name in ("step", "stop", "code", "guards", "weights"):
        assert first[name] == second[name]


def test_only_the_first_rank_writes(both: Both) -> None:
    lines = [json.loads(line) for line in (both[0] / "run" / "holdout_ledger.jsonl").read_text().splitlines()]
    steps = [line["step"] for line in lines if line["purpose"] == "eval"]
    assert steps == sorted(set(steps))


def test_a_loss_that_is_not_finite_on_one_rank_stops_both(both: Both) -> None:
    assert all(said["nan"].startswith("GuardStop: step 2: the loss is not finite") for said in both[1])


def test_a_full_disk_on_the_rank_that_writes_ends_both(both: Both) -> None:
    first, second = both[1]
    assert first["disk"] == "OSError: disk full"
    assert second["disk"] == "InputError: another rank ended the run: OSError: disk full"
