"""Annotators who disagree more on one group (BIA210), where it is planted and where it is not.

Run: python -m benchmarks.bias_annotators [FIRST SEED] [SEEDS] [SHUFFLES]; CIFAR-10N is read from $AUDITOR_DATA.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

import auditor

ERRORS = (0.05, 0.15, 0.40)
CLASSES = 4
CIFAR = Path(os.environ.get("AUDITOR_DATA", "../shared/data")) / "cifar10n_part" / "labels.csv"


def annotated(seed: int, rows: int, errors: tuple[float, ...], planted: tuple[float, ...]) -> pd.DataFrame:
    """Three groups (60, 30, 10 %), four classes, a column an annotator who errs so often; in group b as in `planted`."""
    rng = np.random.default_rng(seed)
    group, truth = rng.choice(["a", "b", "c"], rows, p=[0.6, 0.3, 0.1]), rng.integers(0, CLASSES, rows)
    frame = pd.DataFrame({"g": group, "label": truth})
    for i, (often, there) in enumerate(zip(errors, planted, strict=True)):
        slip = rng.random(rows) < np.where(group == "b", there, often)
        said = (truth + slip * rng.integers(1, CLASSES, rows)) % CLASSES
        frame[f"r{i}"] = np.where(rng.random(rows) < 0.05, np.nan, said)  # a twentieth is not asked
    return frame


def cifar(seed: int, share: float) -> pd.DataFrame:
    """1,500 photographs, three people each, groups drawn by lot; one annotator of `share` of the rows of b says another."""
    rng = np.random.default_rng(seed)
    frame = pd.read_csv(CIFAR)
    frame = frame[[f"random_label{i}" for i in (1, 2, 3)]].set_axis(["r0", "r1", "r2"], axis=1).astype(str)
    names = np.unique(frame.to_numpy())
    frame["g"] = rng.choice(["a", "b", "c"], len(frame), p=[0.6, 0.3, 0.1])
    hit = np.flatnonzero((frame.g == "b").to_numpy() & (rng.random(len(frame)) < share))
    for row, which in zip(hit.tolist(), rng.integers(0, 3, len(hit)).tolist(), strict=True):
        frame.iloc[row, which] = rng.choice(names[names != frame.iloc[row, which]])
    return frame


def found(frame: pd.DataFrame) -> list[str]:
    """The groups that are found."""
    roles = auditor.Roles(sensitive="g", annotators=("r0", "r1", "r2"))
    return [f.where.group for f in auditor.check(frame, roles=roles, select=["BIA210"]).findings]


def main() -> None:
    said = [int(x) for x in sys.argv[1:]]
    first, seeds, shuffles = (said[i] if len(said) > i else usual for i, usual in enumerate((5_000, 100, 200)))
    worse = (0.15, 0.25, 0.50)
    cases: list[tuple[str, int, Callable[[int], pd.DataFrame]]] = [
        ("errors .05, .15, .40 in every group, 3,000 rows", shuffles, lambda s: annotated(s, 3_000, ERRORS, ERRORS)),
        ("errors .05 each; .05, .15, .40 in b, 3,000 rows", seeds, lambda s: annotated(s, 3_000, (0.05,) * 3, ERRORS)),
        ("the same, 1,000 rows", seeds, lambda s: annotated(s, 1_000, (0.05,) * 3, ERRORS)),
        ("errors .05, .15, .40; .10 more in b, 3,000 rows", seeds, lambda s: annotated(s, 3_000, ERRORS, worse)),
        ("CIFAR-10N, groups by lot", shuffles, lambda s: cifar(s, 0.0)),
        ("CIFAR-10N, one annotator changed in 30 % of b", seeds, lambda s: cifar(s, 0.3)),
        ("CIFAR-10N, one annotator changed in 15 % of b", seeds, lambda s: cifar(s, 0.15)),
    ]
    print("| annotations | audits | any finding | b found | another group found |\n|---|---|---|---|---|")
    for name, runs, made in cases:
        every = [found(made(seed)) for seed in range(first, first + runs)]
        counts = (sum(map(bool, every)), sum("b" in f for f in every), sum(bool(set(f) - {"b"}) for f in every))
        print(f"| {name} | {runs} | {' | '.join(map(str, counts))} |", flush=True)


if __name__ == "__main__":
    main()
