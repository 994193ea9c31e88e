"""What the guard must show of a model's memory: skill lost in a second task, and secrets learned by heart.

python -m benchmarks.guard_memory [forgetting] [canaries]      both where none is named
"""

from __future__ import annotations

import sys
import tempfile
import time
from typing import Any

import numpy as np
import torch
import transformers

from auditor.guard.core import Guard
from auditor.guard.torch.canaries import plant
from benchmarks.guard_torch import trained


def forgetting() -> None:
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    print("\n| digits 0-4, then 5-9 (20 seeds) | status at evaluation 1 | alarm by 3 | alarm at any of 6 |\n|---|---|---|---|")
    for name, rate, replay in (
        ("lr 1e-3", 1e-3, False),
        ("lr 1e-5", 1e-5, False),
        ("all old rows replayed, lr 3e-4", 3e-4, True),
    ):
        seen = [forgotten(x / 16, y, seed, rate, replay) for seed in range(20)]
        first = [s[1] for s in seen]
        said = ", ".join(f"{first.count(s)} {s}" for s in ("alarm", "warning", "ok", "cannot-tell") if first.count(s))
        print(f"| {name} | {said} | {sum('alarm' in s[:4] for s in seen)} of 20 | {sum('alarm' in s for s in seen)} of 20 |")


def forgotten(x: Any, y: Any, seed: int, rate: float, replay: bool) -> list[str]:
    order = np.random.default_rng(seed).permutation(len(y))
    x, y = torch.tensor(x[order], dtype=torch.float32), torch.tensor(y[order])
    (ox, oy), (nx, ny) = (x[y < 5], y[y < 5]), (x[y >= 5], y[y >= 5])
    torch.manual_seed(seed)
    model = torch.nn.Sequential(torch.nn.Linear(64, 256), torch.nn.ReLU(), torch.nn.Linear(256, 10))
    epochs(model, torch.optim.AdamW(model.parameters(), lr=1e-3), ox[:500], oy[:500], 30)
    tx, ty = (torch.cat([nx[:500], ox[:500]]), torch.cat([ny[:500], oy[:500]])) if replay else (nx[:500], ny[:500])
    guard = Guard((tx, ty), (nx[500:], ny[500:]), retain=(ox[500:], oy[500:]))
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate)
    with guard.watch(model, optimizer) as watch:
        for _ in range(6):
            epochs(model, optimizer, tx, ty, 1, watch)
            watch.evaluate()
    told = {e["step"]: e["status"] for e in guard.state.events.get("TUN211", [])}
    return [told.get(e["step"], "ok") for e in guard.tuning["evaluations"]]


def epochs(model: Any, optimizer: Any, x: Any, y: Any, count: int, watch: Any = None) -> None:
    for _ in range(count):
        for part in torch.randperm(len(y)).split(32):
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(model(x[part]), y[part])
            loss.backward()
            optimizer.step()
            if watch:
                watch.step(loss)


NO_DROPOUT = {"resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0}


def canaries() -> None:
    """GPT-2 of 2 layers, width 128, no dropout, constant rate 2e-3, letters as tokens; 600 texts and 210 planted rows."""
    rng = np.random.default_rng(0)
    words = ["".join(rng.choice(list("abcdefghijklmnopqrstuvwxyz"), rng.integers(2, 7))) for _ in range(200)]

    def encode(text: str) -> dict[str, list[int]]:
        ids = [ord(c) - 32 for c in f"{text:<56}"[:56]]
        return {"input_ids": ids, "labels": [i if i else -100 for i in ids] if text else ids}

    def plain() -> str:
        return " ".join([*rng.choice(words, 5), *(str(d) for d in rng.integers(0, 10, 4))])

    texts = [encode(plain()) for _ in range(600)]
    train, planted = plant(texts, encode, seed=1)
    torch.manual_seed(0)
    config = transformers.GPT2Config(vocab_size=96, n_positions=64, n_embd=128, n_layer=2, n_head=2, **NO_DROPOUT)
    guard = Guard(train, [encode(plain()) for _ in range(120)], canaries=planted, probe_size=100)
    model = transformers.GPT2LMHeadModel(config)
    steps = -(-len(train) // 16)
    with tempfile.TemporaryDirectory() as folder:
        args: dict[str, Any] = {"max_steps": 8 * steps, "per_device_train_batch_size": 16, "per_device_eval_batch_size": 64}
        watcher = guard.huggingface(4 * steps)
        trained(None, folder, model, train, [], [watcher], learning_rate=2e-3, lr_scheduler_type="constant", **args)
    print("\n| epoch | unseen: mean (3 se) | once | 4 times | 16 times |\n|---|---|---|---|---|")
    for seen in guard.state.run.all:
        bits, repeats = seen.exposure, seen.repeats
        unseen = bits[repeats == 0]
        error = 3 * unseen.std(ddof=1) / len(unseen) ** 0.5
        rest = " | ".join(f"{bits[repeats == k].mean():.2f}" for k in (1, 4, 16))
        print(f"| {seen.step // steps} | {unseen.mean():.2f} ({error:.2f}) | {rest} |")
    told = next(v for v in guard.verdicts if v.code == "TUN210")
    print(f"\nTUN210: {told.status}: {told.message}")


ROWS = {f.__name__: f for f in (forgetting, canaries)}

if __name__ == "__main__":
    for wanted in sys.argv[1:] or ROWS:
        begun = time.process_time()
        ROWS[wanted]()
        print(f"({wanted}: {time.process_time() - begun:.0f} CPU-seconds)", file=sys.stderr)
