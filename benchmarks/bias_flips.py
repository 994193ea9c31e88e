"""False alarms of the flip test on groups that mean nothing, by kind of feature, and what it finds where a group is harmed.

Run: python -m benchmarks.bias_flips [FIRST SEED] [SEEDS]
"""

from __future__ import annotations

import sys

import numpy as np
import pandas as pd

import auditor

JOBS = ["nurse", "baker"]


def frame(kind: str, seed: int, rows: int, planted: bool) -> tuple[pd.DataFrame, auditor.Roles]:
    """Two groups and predictions that follow the features in part; planted: a third of the favourable ones of b are refused."""
    rng = np.random.default_rng(seed)
    likely = rng.random(rows)
    columns: dict[str, object] = {"g": rng.choice(["a", "b"], rows, p=[0.6, 0.4])}
    if kind == "numbers":
        columns |= {f"x{j}": likely + 0.5 * rng.normal(size=rows) for j in range(4)}
    elif kind == "text":
        who = rng.choice(["he", "she"], rows)
        columns["text"] = [
            f"the {JOBS[int(p > 0.5)]} said that {w} was number {i}" for i, (p, w) in enumerate(zip(likely, who, strict=True))
        ]
    else:
        columns |= {f"c{j}": rng.choice(list("klm"), rows) for j in range(1 if kind == "one category" else 3)}
    predicted = likely > 0.5
    data = pd.DataFrame(columns)
    if planted:
        predicted &= ~((data.g == "b").to_numpy() & (rng.random(rows) < 1 / 3))
    data["p"] = predicted.astype(int)
    text = ("text",) if kind == "text" else ()
    return data, auditor.Roles(prediction="p", sensitive="g", text=text)


def main() -> None:
    said = [int(x) for x in sys.argv[1:]]
    first, seeds = (said[i] if len(said) > i else usual for i, usual in enumerate((100, 100)))
    print("| features | rows | alarms, nothing planted | found, planted |\n|---|---|---|---|")
    for kind in ("numbers", "three categories", "one category", "text"):
        for rows in (400, 2_000):
            hits = [0, 0]
            for planted in (False, True):
                for seed in range(first, first + seeds):
                    data, roles = frame(kind, seed, rows, planted)
                    hits[planted] += bool(auditor.check(data, roles=roles, select=["BIA308"]).findings)
            print(f"| {kind} | {rows:,} | {hits[0]} of {seeds} | {hits[1]} of {seeds} |", flush=True)


if __name__ == "__main__":
    main()
