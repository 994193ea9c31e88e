"""False alarms, alarms and delay of the overfit guard and of common stopping rules, on the same curves.

scikit-learn's digits, 400 training rows, an MLP 64-256-10 with AdamW in numpy (`--verify` compares it with torch), one
evaluation an epoch. Truth is the loss on about 1,100 unseen rows of the same label process. An alarm is false while that loss
is at most 0.5 % above its own best so far; delay counts from the first epoch at which it is more than 2 % above.

    python benchmarks/guard_digits.py [--seeds 75] [--first 200] [--curves /tmp/guard_digits]
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditor import find
from auditor.runcheck import RunCheck, Seen
from auditor.statistics.proportions import wilson
from auditor.tallies.evaluations import Evaluation, Evaluations, Losses

Array = NDArray[np.float64]
TRAIN, HIDDEN, BATCH = 400, 256, 32
FALSE, ONSET = 0.005, 0.02  # shares above the best unseen loss


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUp:
    """One kind of run."""

    name: str
    noise: float = 0.0  # share of labels replaced by one drawn at random from the other classes; 1 = all at random
    rate: float = 1e-3
    epochs: int = 40
    held_out: int = 300
    clean: bool = True


SETUPS = (
    SetUp(name="clean, lr 1e-3, 40 epochs"),
    SetUp(name="clean, lr 1e-3, 12 epochs", epochs=12),
    SetUp(name="clean, lr 3e-4, 40 epochs", rate=3e-4),
    SetUp(name="20 % noise, 60 epochs", noise=0.2, epochs=60, clean=False),
    SetUp(name="random labels, 40 epochs", noise=1.0, clean=False),
    SetUp(name="lr 3e-3, 30 epochs", rate=3e-3, epochs=30, clean=False),
    SetUp(name="lr 3e-3, 30 epochs, 40 held-out rows", rate=3e-3, epochs=30, held_out=40, clean=False),
)


def rows(setup: SetUp, seed: int) -> Iterator[tuple[Array, NDArray[np.int64]]]:
    """Features and labels of train, held-out and unseen rows."""
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(y))
    x, y = x[order] / 16.0, y[order].astype(np.int64)
    if setup.noise >= 1:
        y = rng.integers(0, 10, len(y))
    elif setup.noise:
        wrong = rng.random(len(y)) < setup.noise
        y = np.where(wrong, (y + rng.integers(1, 10, len(y))) % 10, y)
    last = TRAIN + setup.held_out
    for part in (slice(0, TRAIN), slice(TRAIN, last), slice(last, None)):
        yield x[part], y[part]


class Network:
    """64-256-10 with ReLU, torch's default initial weights, and AdamW with torch's defaults (weight decay 0.01)."""

    def __init__(self, rng: np.random.Generator, rate: float) -> None:
        self.rate, self.steps = rate, 0
        self.weights = [
            rng.uniform(-1, 1, shape) / math.sqrt(fan)
            for shape, fan in (((64, HIDDEN), 64), ((HIDDEN,), 64), ((HIDDEN, 10), HIDDEN), ((10,), HIDDEN))
        ]
        self.first = [np.zeros_like(w) for w in self.weights]
        self.second = [np.zeros_like(w) for w in self.weights]

    def forward(self, x: Array) -> tuple[Array, Array]:
        a, b, c, d = self.weights
        hidden = np.maximum(x @ a + b, 0)
        logits = hidden @ c + d
        logits -= logits.max(axis=1, keepdims=True)
        return hidden, logits - np.log(np.exp(logits).sum(axis=1, keepdims=True))

    def step(self, x: Array, y: NDArray[np.int64]) -> None:
        hidden, logp = self.forward(x)
        delta = np.exp(logp)
        delta[np.arange(len(y)), y] -= 1
        delta /= len(y)
        back = (delta @ self.weights[2].T) * (hidden > 0)
        gradients = [x.T @ back, back.sum(0), hidden.T @ delta, delta.sum(0)]
        self.steps += 1
        for i, g in enumerate(gradients):
            self.first[i] += 0.1 * (g - self.first[i])
            self.second[i] += 0.001 * (g * g - self.second[i])
            m, v = self.first[i] / (1 - 0.9**self.steps), self.second[i] / (1 - 0.999**self.steps)
            self.weights[i] *= 1 - self.rate * 0.01
            self.weights[i] -= self.rate * m / (np.sqrt(v) + 1e-8)


def losses(network: Network, x: Array, y: NDArray[np.int64]) -> tuple[Array, NDArray[np.bool_]]:
    logp = network.forward(x)[1]
    return -logp[np.arange(len(y)), y], np.argmax(logp, axis=1) == y


def curve(setup: SetUp, seed: int) -> dict[str, Any]:
    """Per-example held-out losses and answers, and mean training and unseen loss, by epoch."""
    (x, y), (vx, vy), (ux, uy) = rows(setup, seed)
    rng = np.random.default_rng(10_000 + seed)
    network = Network(rng, setup.rate)
    kept: dict[str, list[Any]] = {"held_out": [], "right": [], "train": [], "train_accuracy": [], "unseen": []}
    for _ in range(setup.epochs):
        order = rng.permutation(TRAIN)
        for start in range(0, TRAIN, BATCH):
            part = order[start : start + BATCH]
            network.step(x[part], y[part])
        loss, right = losses(network, vx, vy)
        kept["held_out"].append(loss)
        kept["right"].append(right)
        loss, right = losses(network, x, y)
        kept["train"].append(loss.mean())
        kept["train_accuracy"].append(right.mean())
        kept["unseen"].append(losses(network, ux, uy)[0].mean())
    return {k: np.array(v) for k, v in kept.items()} | {"label": vy}


def cached(setup: SetUp, seed: int, folder: Path) -> dict[str, Any]:
    path = folder / f"{setup.name.replace(' ', '_')}-{seed}.npz"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        np.savez(path, **curve(setup, seed))
    with np.load(path) as stored:
        return dict(stored)


def guard(c: dict[str, Any], code: str = "TUN201", level: str = "error", *, answers: bool = True) -> int | None:
    """The epoch at which the shipped check first reaches the level, as the guard asks it: slimmed after each evaluation."""
    check = find.checks(select=(code,))[0]
    assert isinstance(check, RunCheck)
    run = Evaluations()
    ids = np.arange(len(c["label"]))
    for epoch, loss in enumerate(c["held_out"]):
        known = {"right": c["right"][epoch], "label": c["label"]} if answers else {}
        held_out = Losses(ids=ids, loss=loss, **known)
        probe = Losses(mean=float(c["train"][epoch]), accuracy=float(c["train_accuracy"][epoch]), n=TRAIN)
        run = Evaluations({**run.by_step, epoch: Evaluation(step=epoch, held_out=held_out, probe=probe)})
        seen = check.at(run)
        if isinstance(seen, Seen) and seen.level == level:
            return epoch
        run = run.slim()
    return None


def patience(c: dict[str, Any], allowed: int) -> int | None:
    best, waited = math.inf, 0
    for epoch, loss in enumerate(c["held_out"].mean(axis=1)):
        waited = 0 if loss < best else waited + 1
        best = min(best, loss)
        if waited >= allowed:
            return epoch
    return None


def ratio(c: dict[str, Any]) -> int | None:
    over = np.flatnonzero((c["held_out"].mean(axis=1) - c["train"]) / c["train"] > 0.1)
    return int(over[0]) if len(over) else None


def gl(c: dict[str, Any], limit: float, times: int) -> int | None:
    mean = c["held_out"].mean(axis=1)
    over = 100 * (mean / np.minimum.accumulate(mean) - 1) > limit
    run = 0
    for epoch, hit in enumerate(over):
        run = run + 1 if hit else 0
        if run >= times:
            return epoch
    return None


RULES: dict[str, Callable[[dict[str, Any]], int | None]] = {
    "auditor TUN201 alarm": guard,
    "the same without answers (losses alone)": lambda c: guard(c, answers=False),
    "(TUN208 warning in its place)": lambda c: guard(c, "TUN208", "warning"),
    "patience 1 (HF default)": lambda c: patience(c, 1),
    "patience 3 (Lightning default)": lambda c: patience(c, 3),
    "patience 5": lambda c: patience(c, 5),
    "(val-train)/train > 0.1 (SageMaker)": ratio,
    "GL5": lambda c: gl(c, 5, 1),
    "GL5 twice": lambda c: gl(c, 5, 2),
}


def scored(setup: SetUp, seeds: range, folder: Path) -> None:
    curves = [cached(setup, s, folder) for s in seeds]
    above = [c["unseen"] / np.minimum.accumulate(c["unseen"]) - 1 for c in curves]
    onsets = [int(np.argmax(a > ONSET)) if (a > ONSET).any() else None for a in above]
    crossed = sum(o is not None for o in onsets)
    print(f"\n### {setup.name}: {len(curves)} seeds, {setup.held_out} held-out rows; unseen loss passes +2 % in {crossed}\n")
    print(
        "| rule | alarms | false | false, Wilson 95 % | after true onset | delay: median (10-90 %) |\n|---|---|---|---|---|---|"
    )
    for name, rule in RULES.items():
        fired = [rule(c) for c in curves]
        alarms = [i for i, e in enumerate(fired) if e is not None]
        wrong = sum(above[i][fired[i]] <= FALSE for i in alarms)
        late = sum(onsets[i] is not None and fired[i] >= onsets[i] for i in alarms)  # type: ignore[operator]  # alarms are no None
        delays = [fired[i] - onsets[i] for i in alarms if onsets[i] is not None]  # type: ignore[operator]  # the same
        low, high = wilson(wrong, len(curves))
        shown = "–"
        if delays:
            q = np.quantile(delays, [0.5, 0.1, 0.9])
            shown = f"{q[0]:+.1f} ({q[1]:+.0f}..{q[2]:+.0f})"
        print(f"| {name} | {len(alarms)} | {wrong} | {100 * low:.1f}–{100 * high:.1f} % | {late} | {shown} |")


def verify() -> None:
    """The numpy network against torch in float64, same weights and batches: largest difference of a weight."""
    import torch

    torch.set_num_threads(1)
    (x, y), _, _ = rows(SETUPS[0], 0)
    ours = Network(np.random.default_rng(0), 1e-3)
    model = torch.nn.Sequential(torch.nn.Linear(64, HIDDEN), torch.nn.ReLU(), torch.nn.Linear(HIDDEN, 10)).double()
    with torch.no_grad():
        for p, w in zip(model.parameters(), ours.weights, strict=True):
            p.copy_(torch.from_numpy(w.T.copy()))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    for start in list(range(0, TRAIN, BATCH)) * 5:
        part = slice(start, start + BATCH)
        ours.step(x[part], y[part])
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(torch.from_numpy(x[part])), torch.from_numpy(y[part])).backward()
        optimizer.step()
    pairs = zip(model.parameters(), ours.weights, strict=True)
    print("largest difference of a weight from torch:", max(np.abs(p.detach().numpy().T - w).max() for p, w in pairs))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=75)
    parser.add_argument("--first", type=int, default=200)
    parser.add_argument("--curves", type=Path, default=Path("/tmp/guard_digits"))
    parser.add_argument("--verify", action="store_true")
    given = parser.parse_args()
    if given.verify:
        return verify()
    for setup in SETUPS:
        scored(setup, range(given.first, given.first + given.seeds), given.curves)


if __name__ == "__main__":
    main()
