"""What the guard's PyTorch and Hugging Face adapters must show, row by row, on tiny models made from their configs.

python -m benchmarks.guard_torch [nan] [losses] [identity] [overhead] [resume]      all where none is named
"""

from __future__ import annotations

import contextlib
import io
import json
import multiprocessing
import os
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import torch
import transformers

from auditor.guard.core import Guard
from auditor.guard.torch.examples import examples
from auditor.guard.torch.losses import measure
from auditor.guard.torch.quiet import ranks
from auditor.guard.verdicts import GuardStop

torch.set_num_threads(1)
transformers.logging.set_verbosity_error()
Rows = list[dict[str, Any]]


def bert(layers: int = 1, width: int = 16, vocabulary: int = 60, length: int = 16) -> Any:
    torch.manual_seed(0)
    config = transformers.BertConfig(
        vocab_size=vocabulary,
        hidden_size=width,
        num_hidden_layers=layers,
        num_attention_heads=2,
        intermediate_size=4 * width,
        max_position_embeddings=length,
    )
    model = transformers.BertForSequenceClassification(config)
    model.accepts_loss_kwargs = False
    return model


def rows(n: int, seed: int, length: int = 8, vocabulary: int = 60) -> Rows:
    ids = np.random.default_rng(seed).integers(3, vocabulary, (n, length))
    return [{"input_ids": r.tolist(), "attention_mask": [1] * length, "labels": int(r[0] > vocabulary // 2)} for r in ids]


def trained(guard: Guard | None, folder: str, model: Any, train: Rows, held: Rows, callbacks: Any = (), **more: Any) -> Any:
    told: dict[str, Any] = {"per_device_train_batch_size": 8, "max_steps": 20, "eval_strategy": "no", "save_strategy": "no"}
    told |= {"report_to": [], "use_cpu": True, "seed": 0, "disable_tqdm": True, "dataloader_pin_memory": False}
    resume = more.pop("resume", None)
    trainer = transformers.Trainer(
        model=model,
        args=transformers.TrainingArguments(output_dir=folder, logging_steps=1000, **(told | more)),
        train_dataset=train,
        eval_dataset=held,
        callbacks=[*callbacks, *([guard.huggingface()] if guard else [])],
    )
    with contextlib.redirect_stdout(io.StringIO()):
        trainer.train(resume_from_checkpoint=resume)
    return trainer


def nan() -> None:
    print("\n| NaN planted in | caught at its step | other weights finite | named where it was |\n|---|---|---|---|")
    for what in ("loss", "gradient", "weight"):
        caught = finite = named = 0
        for seed in range(20):
            k, model = int(np.random.default_rng(seed).integers(1, 21)), bert()
            target = "bert.encoder.layer.0.output.dense.weight"
            state = Planted(what, k, model, dict(model.named_parameters())[target])
            with tempfile.TemporaryDirectory() as folder:
                try:
                    trained(Guard(validation=rows(120, 2)), folder, model, rows(64, 1), rows(120, 2), [state])
                except GuardStop as stop:
                    caught += stop.step == k
                    named += (target if what != "loss" else "loss") in str(stop)
            bad = sum(int((~torch.isfinite(p)).sum()) for p in model.parameters())
            finite += bad == (what == "weight")
        print(f"| {what} | {caught} of 20 | {finite} of 20 | {named} of 20 |")


class Planted(transformers.TrainerCallback):  # type: ignore[misc]  # untyped where the library is absent
    """One number that is none, in the loss, a gradient (before clipping) or a weight, at step k."""

    def __init__(self, what: str, k: int, model: Any, weight: Any) -> None:
        self.what, self.k, self.weight, self.step = what, k, weight, 0
        if what == "loss":
            model.register_forward_hook(self.spoil)
        elif what == "gradient":
            weight.register_hook(self.spoiled)

    def on_step_begin(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        self.step = state.global_step + 1
        if self.what == "weight" and self.step == self.k:
            with torch.no_grad():
                self.weight[0, 0] = float("nan")

    def spoil(self, model: Any, _: Any, out: Any) -> Any:
        if model.training and self.step == self.k:
            out.loss = out.loss * float("nan")
        return out

    def spoiled(self, gradient: Any) -> Any:
        if self.step != self.k:
            return gradient
        gradient = gradient.clone()
        gradient[0, 0] = float("nan")
        return gradient


def losses() -> None:
    """Every combination looks at one fixed model (learning rate 0) twice; all must say the same of 65 + 120 rows."""
    found = {world: in_ranks(world, _combinations) for world in (1, 2)}
    base = found[1][0]["1x1"]
    widest = max(np.abs(np.array(v) - base).max() for said in found.values() for of_rank in said for v in of_rank.values())
    count = sum(len(r) for said in found.values() for r in said)
    print(
        f"\naccumulation 1/2/4 x evaluation batch 1/8/64 x 1 and 2 processes: {count} runs, largest difference {widest:.1e} nats"
    )


def _combinations() -> dict[str, list[float]]:
    said = {}
    for accumulation in (1, 2, 4):
        for batch in (1, 8, 64):
            guard, train, held = Guard(validation=rows(120, 2)), rows(65, 1), rows(120, 2)
            with tempfile.TemporaryDirectory() as folder:
                more = {"gradient_accumulation_steps": accumulation, "per_device_eval_batch_size": batch, "learning_rate": 0.0}
                more |= {"ddp_backend": "gloo"} if ranks()[1] > 1 or "RANK" in os.environ else {}
                trained(guard, folder, bert(), train, held, max_steps=2, **more)
            last = guard.state.run.last
            assert last.held_out is not None and last.probe is not None
            said[f"{accumulation}x{batch}"] = [*last.held_out.loss.tolist(), *last.probe.loss.tolist()]
    return said


def in_ranks(world: int, act: Callable[[], Any]) -> list[Any]:
    """What each of so many forked processes says; gloo joins them where they are two."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    context = multiprocessing.get_context("fork")
    said = context.SimpleQueue()

    def work(rank: int) -> None:
        if world > 1:
            os.environ |= {"RANK": str(rank), "LOCAL_RANK": str(rank), "WORLD_SIZE": str(world)}
            os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
        said.put(act())

    processes = [context.Process(target=work, args=(rank,)) for rank in range(world)]
    for process in processes:
        process.start()
    answers = [said.get() for _ in processes]
    for process in processes:
        process.join(60)
    return answers


def identity() -> None:
    models = []
    for guard in (None, Guard(validation=rows(120, 2))):
        with tempfile.TemporaryDirectory() as folder:
            args: dict[str, Any] = {"max_steps": 50, "eval_strategy": "steps", "eval_steps": 10, "learning_rate": 1e-3}
            models.append(trained(guard, folder, bert(), rows(64, 1), rows(120, 2), **args).model)
    same = all(torch.equal(p, q) for p, q in zip(*(m.parameters() for m in models), strict=True))
    print(f"\nguard on against off, 50 steps, dropout .1: weights {'bit-identical' if same else 'DIFFER'}")


STEPS, LENGTH, WORDS = 50, 48, 4000


class Timed:
    """CPU-seconds inside what the guard does at every step."""

    def __init__(self, watcher: Any) -> None:
        self.spent = 0.0
        for name in ("on_pre_optimizer_step", "on_step_end", "on_log", "_heard"):
            setattr(watcher, name, self.around(getattr(watcher, name)))

    def around(self, act: Any) -> Any:
        def timed(*given: Any, **more: Any) -> Any:
            begun = time.process_time()
            try:
                return act(*given, **more)
            finally:
                self.spent += time.process_time() - begun

        return timed


def overhead() -> None:
    """BERT of 48 tokens, batches of 16, AdamW; CPU-seconds of the process, one thread; medians where repeated."""
    for layers, width, times in ((2, 128, 3), (4, 256, 1)):
        _overhead(layers, width, times)


def _overhead(layers: int, width: int, times: int) -> None:
    train, held = rows(1200, 1, LENGTH, WORDS), rows(500, 2, LENGTH, WORDS)
    whole, hooks, probe, own = [], [], [], []
    model = bert(layers, width, WORDS, LENGTH)
    for _ in range(times):
        watcher = Guard(validation=held, probe_size=480).huggingface(10**6)
        timed = Timed(watcher)
        model = bert(layers, width, WORDS, LENGTH)
        clock = Clock()
        with tempfile.TemporaryDirectory() as folder:
            args: dict[str, Any] = {"max_steps": STEPS, "per_device_train_batch_size": 16}
            trained(None, folder, model, train, held, [clock, watcher], **args)
        whole.append(clock.spent)
        hooks.append(timed.spent)
    some = examples(train, collate=transformers.default_data_collator, at_once=8)
    other = examples(held, collate=transformers.default_data_collator, at_once=8)
    for _ in range(times):
        begun = time.process_time()
        measure(model, some, np.arange(480))
        middle = time.process_time()
        measure(model, other, np.arange(500))
        probe.append(middle - begun)
        own.append(time.process_time() - middle)
    step = (np.median(whole) - np.median(hooks)) / STEPS
    size = sum(p.numel() for p in model.parameters())
    print(
        f"\nBERT of {size:,} parameters ({layers} layers, width {width}), 16 rows of 48 tokens: {1000 * step:.0f} CPU-ms a step"
    )
    print(f"guard at every step: {100 * np.median(hooks) / STEPS / step:.2f} % of a step")
    print(f"probe pass, 480 rows each 200 steps: {100 * np.median(probe) / (200 * step):.2f} % of training")
    print(f"own held-out pass, 500 rows each 200 steps, apart: {100 * np.median(own) / (200 * step):.2f} % of training")


class Clock(transformers.TrainerCallback):  # type: ignore[misc]  # untyped where the library is absent
    """CPU-seconds from the first step's beginning to the last step's end."""

    def on_step_begin(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        if state.global_step == 0:
            self.begun = time.process_time()

    def on_step_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        self.spent = time.process_time() - self.begun


class Killed(transformers.TrainerCallback):  # type: ignore[misc]  # untyped where the library is absent
    def __init__(self, step: int) -> None:
        self.step = step

    def on_step_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        if state.global_step == self.step:
            os.kill(os.getpid(), signal.SIGKILL)


def resume() -> None:
    def run(folder: str, kill: int = 0, at: str | None = None) -> None:
        guard = Guard(validation=rows(120, 2))
        if at is None:
            guard.state.run_id = "0123456789abcdef"
        args: dict[str, Any] = {
            "max_steps": 12,
            "eval_strategy": "steps",
            "eval_steps": 2,
            "save_strategy": "steps",
            "save_steps": 4,
        }
        trained(guard, folder, bert(), rows(64, 1), rows(120, 2), [Killed(kill)], learning_rate=1e-2, resume=at, **args)

    def forked(*given: Any) -> None:
        process = multiprocessing.get_context("fork").Process(target=run, args=given)
        process.start()
        process.join(120)

    with tempfile.TemporaryDirectory() as whole:
        forked(whole)
        wanted, same, kills = untimed(whole), 0, (5, 6, 7, 9, 11)
        for kill in kills:
            with tempfile.TemporaryDirectory() as folder:
                forked(folder, kill)
                forked(folder, 0, f"{folder}/checkpoint-{4 * (kill // 4)}")
                same += untimed(folder) == wanted
    print(
        f"\nkilled by signal 9 at steps {kills} and resumed: {same} of {len(kills)} ledgers equal the uninterrupted but for time"
    )


def untimed(folder: str) -> list[str]:
    lines = (Path(folder) / "holdout_ledger.jsonl").read_text().splitlines()
    return [line.replace(json.loads(line)["ts"], "", 1) for line in lines]


ROWS = {f.__name__: f for f in (nan, losses, identity, overhead, resume)}

if __name__ == "__main__":
    for wanted in sys.argv[1:] or ROWS:
        begun = time.process_time()
        ROWS[wanted]()
        print(f"({wanted}: {time.process_time() - begun:.0f} CPU-seconds in this process)", file=sys.stderr)
