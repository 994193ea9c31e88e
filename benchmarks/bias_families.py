"""False alarms where many groups or metrics are compared at once: BIA403's notes, and changes of spreads told by BIA401.

Run: python -m benchmarks.bias_families [FIRST SEED] [SEEDS]
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import pandas as pd

import auditor
from auditor.statistics.mitigation import changes

METRICS: dict[str, Any] = {
    "f1": lambda y, p: 2 * (y & p).sum() / (y.sum() + p.sum()),
    "recall": lambda y, p: (y & p).sum() / y.sum(),
    "precision": lambda y, p: (y & p).sum() / p.sum(),
    "accuracy": lambda y, p: (y == p).mean(),
    "selected": lambda y, p: p.mean(),
}  # those of scikit-learn give the same numbers and take fifty times as long


def notes(seed: int, groups: int, metrics: int) -> bool:
    """Whether BIA403 notes a difference: equal groups of about 200 rows."""
    rng = np.random.default_rng(seed)
    n = 200 * groups
    y = rng.integers(0, 2, n)
    frame = pd.DataFrame({"g": rng.choice([f"g{i:02}" for i in range(groups)], n), "y": y})
    frame["p"] = np.where(rng.random(n) < 0.8, y, 1 - y)
    roles = auditor.Roles(label="y", prediction="p", sensitive="g")
    return bool(
        auditor.check(frame, roles=roles, select=["BIA403"], options={"metrics": dict(list(METRICS.items())[:metrics])}).findings
    )


def told(seed: int, groups: int, after: str) -> tuple[bool, bool]:
    """Whether the change of the spread of selection rates is told worse, better: groups of 150 rows, all of one rate before."""
    rng = np.random.default_rng(seed)
    n = 150 * groups
    g, y, before = np.repeat(np.arange(groups), 150), rng.integers(0, 2, n), rng.integers(0, 2, n)
    decided = {
        "another model as even": rng.integers(0, 2, n),
        "one in ten decided anew": np.where(rng.random(n) < 0.1, rng.integers(0, 2, n), before),
        "all selected": np.ones(n, int),
    }[after]
    table = np.zeros((groups, 2, 2, 2), np.int64)
    np.add.at(table, (g, y, before, decided), 1)
    verdict = next(c.verdict for c in changes(table, seed) if c.metric == "demographic_parity_difference")
    return verdict == "worse", verdict == "better"


def main() -> None:
    said = [int(x) for x in sys.argv[1:]]
    first, seeds = (said[i] if len(said) > i else usual for i, usual in enumerate((100, 60)))
    print("| groups | metrics | comparisons | audits with a note |\n|---|---|---|---|")
    for groups, metrics in ((2, 1), (6, 1), (20, 1), (20, 5)):
        found = sum(notes(s, groups, metrics) for s in range(first, first + seeds))
        print(f"| {groups} | {metrics} | {(groups - 1) * metrics} | {found} of {seeds} |", flush=True)
    print("\n| groups | after | worse | better |\n|---|---|---|---|")
    for groups in (2, 6):
        for after in ("another model as even", "one in ten decided anew", "all selected"):
            found = np.array([told(s, groups, after) for s in range(first, first + seeds)]).sum(axis=0)
            print(f"| {groups} | {after} | {found[0]} of {seeds} | {found[1]} of {seeds} |", flush=True)


if __name__ == "__main__":
    main()
