"""Known answers of the guard on digits: memorisation by label noise, forgetting, the trace beside it, and its cost.

python benchmarks/guard_known.py [--seeds 20] [--first 400]
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from auditor import find
from auditor.guard.core import Guard
from auditor.guard.trace import curves
from auditor.guard.trace.log import Log
from auditor.runcheck import RunCheck, Seen
from auditor.tallies.evaluations import Evaluation, Evaluations, Losses
from benchmarks import guard_digits as digits

Array = NDArray[np.float64]


def membership(seeds: range) -> None:
    print("| label noise | membership AUC: mean (10-90 %) | gap, nats |\n|---|---|---|")
    check = find.checks(select=("TUN209",))[0]
    assert isinstance(check, RunCheck)
    for noise, epochs in ((0.0, 40), (0.2, 60), (0.4, 60), (1.0, 40), (1.0, 60)):
        areas, gaps = [], []
        for seed in seeds:
            setup = digits.SetUp(name="", noise=noise)
            (x, y), (vx, vy), _ = digits.rows(setup, seed)
            network = trained(x, y, seed, 1e-3, epochs)
            probe, held_out = digits.losses(network, x, y)[0], digits.losses(network, vx, vy)[0]
            rows = {n: Losses(ids=np.arange(len(v)), loss=v) for n, v in (("probe", probe), ("held_out", held_out))}
            seen = check.at(Evaluations({1: Evaluation(step=1, **rows)}))
            assert isinstance(seen, Seen)
            areas.append(seen.numbers["membership_auc"] or 0.0)
            gaps.append(held_out.mean() - probe.mean())
        q = np.quantile(areas, [0.1, 0.9])
        print(f"| {100 * noise:.0f} %, {epochs} epochs | {np.mean(areas):.3f} ({q[0]:.3f}–{q[1]:.3f}) | {np.mean(gaps):.3f} |")


def trained(x: Array, y: NDArray[np.int64], seed: int, rate: float, epochs: int) -> digits.Network:
    rng = np.random.default_rng(10_000 + seed)
    network = digits.Network(rng, rate)
    for _ in range(epochs):
        epoch(network, x, y, rng)
    return network


def epoch(network: digits.Network, x: Array, y: NDArray[np.int64], rng: np.random.Generator) -> None:
    order = rng.permutation(len(y))
    for start in range(0, len(y), digits.BATCH):
        part = order[start : start + digits.BATCH]
        network.step(x[part], y[part])


def forgetting(seeds: range) -> None:
    from sklearn.datasets import load_digits

    everything = load_digits(return_X_y=True)
    print(
        "\n| digits 0-4, then 5-9 | first status at evaluation 1 | alarm at or before 3 | alarm at any of 6 |\n|---|---|---|---|"
    )
    check = find.checks(select=("TUN211",))[0]
    assert isinstance(check, RunCheck)
    for name, rate, replay in (
        ("lr 1e-3", 1e-3, False),
        ("lr 1e-5", 1e-5, False),
        ("all old rows replayed, lr 3e-4", 3e-4, True),
    ):
        first, early, ever = [], 0, 0
        for seed in seeds:
            order = np.random.default_rng(seed).permutation(len(everything[1]))
            x, y = everything[0][order] / 16.0, everything[1][order].astype(np.int64)
            old, new = y < 5, y >= 5
            network = trained(x[old][:500], y[old][:500], seed, 1e-3, 30)
            network.rate = rate
            network.first, network.second, network.steps = [0 * w for w in network.weights], [0 * w for w in network.weights], 0
            rng = np.random.default_rng(seed)
            tx, ty = (
                (np.r_[x[new][:500], x[old][:500]], np.r_[y[new][:500], y[old][:500]]) if replay else (x[new][:500], y[new][:500])
            )
            run, status = Evaluations(), []
            for step in range(7):
                if step:
                    epoch(network, tx, ty, rng)
                loss, right = digits.losses(network, x[old][500:], y[old][500:])
                retained = Losses(ids=np.arange(len(loss)), loss=loss, right=right)
                held_out = Losses(ids=np.arange(2), loss=np.ones(2))
                run = Evaluations({**run.by_step, step: Evaluation(step=step, held_out=held_out, retained=retained)})
                seen = check.at(run)
                status.append(seen.level if isinstance(seen, Seen) else None)
            first.append(status[1])
            early += "error" in status[:4]
            ever += "error" in status
        said = ", ".join(f"{first.count(s)} {s or 'ok'}" for s in ("error", "warning", None) if first.count(s))
        print(f"| {name} | {said} | {early} of {len(first)} | {ever} of {len(first)} |")


def agreement(seeds: range, folder: Path) -> None:
    """The curve rule of the trace on mean losses alone, against TUN201 on the examples, over the same finished runs."""
    print("\n| runs | both alarm | neither | trace alone | guard alone | trace could not tell |\n|---|---|---|---|---|---|")
    for setup in digits.SETUPS[:5]:
        counts = {"both": 0, "neither": 0, "trace": 0, "guard": 0, "unsure": 0}
        for seed in seeds:
            c = digits.cached(setup, seed, folder)
            pairs = enumerate(zip(c["train"], c["held_out"].mean(1), strict=True))
            rows = [{"step": float(i), "loss": float(t), "eval_loss": float(v)} for i, (t, v) in pairs]
            curve = curves.judged(Log(path=Path("run"), source="csv", rows=tuple(rows)), "held-out", "eval_loss")
            theirs = digits.guard(c, answers=False) is not None
            if curve.status == "cannot-tell":
                counts["unsure"] += 1
            else:
                ours = curve.status in ("alarm", "warning")
                counts["both" if ours and theirs else "trace" if ours else "guard" if theirs else "neither"] += 1
        print(f"| {setup.name} | {' | '.join(str(n) for n in counts.values())} |")


def cost(evaluations: int = 40) -> None:
    rng = np.random.default_rng(0)
    base = rng.exponential(1.0, 500)
    p = rng.dirichlet(np.ones(10), 500)
    guard = Guard()
    begun = time.process_time()
    for i in range(evaluations):
        rows = Losses(ids=np.arange(500), loss=base + rng.normal(0, 0.05, 500), label=rng.integers(0, 10, 500), probabilities=p)
        for step in range(200 * i, 200 * i + 200):
            guard.step(step, loss=1.0, gradient_norm=1.0, ids=range(16))
        guard.see(
            Evaluation(
                step=200 * (i + 1), held_out=rows, probe=Losses(ids=np.arange(480), loss=base[:480], right=rng.random(480) < 0.9)
            )
        )
    spent = (time.process_time() - begun) / evaluations
    print(
        f"\nthe core takes {1000 * spent:.0f} CPU-milliseconds an evaluation of 500 + 480 rows with probabilities and 200 steps"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, default=400)
    parser.add_argument("--curves", type=Path, default=Path("/tmp/guard_digits"))
    given = parser.parse_args()
    seeds = range(given.first, given.first + given.seeds)
    membership(seeds)
    forgetting(seeds)
    agreement(range(300, 375), given.curves)
    cost()


if __name__ == "__main__":
    main()
