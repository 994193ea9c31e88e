"""Drift: false alarms without a shift, recall of planted shifts. 20 number columns, two splits.

Run: python -m benchmarks.drift [--null 200] [--planted 100] [--rows 50000]
"""

from __future__ import annotations

import argparse
import time
from collections import Counter

import numpy as np

import auditor

COLUMNS = 20
SHIFTS = (0.01, 0.1, 0.3)  # standard deviations, of one column
POINTS = 0.05  # of one category's share


def alarms(seed: int, rows: int, shift: float, points: float) -> Counter[str]:
    """Levels of the findings on the planted columns `x00`, `c`, and on the others."""
    rng = np.random.default_rng(seed)
    train, test = ({f"x{j:02d}": rng.normal(size=rows) for j in range(COLUMNS)} for _ in range(2))
    test["x00"] += shift
    splits = [
        {**columns, "c": np.array(["a", "b", "c"])[rng.choice(3, rows, p=p)]}
        for columns, p in ((train, (0.5, 0.3, 0.2)), (test, (0.5 - points, 0.3, 0.2 + points)))
    ]
    audit = auditor.check(splits[0], test=splits[1], select=("SHF201",), seed=seed)
    found: Counter[str] = Counter()
    for f in audit.findings:
        (column,) = f.where.columns
        found[f"{column if column in ('x00', 'c') else 'other'} {f.level}"] += 1
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--null", type=int, default=200)
    parser.add_argument("--planted", type=int, default=100)
    parser.add_argument("--rows", type=int, default=50_000)
    given = parser.parse_args()
    begun = time.process_time()
    print(
        "| planted | runs | with a finding there | of them warning or error | with any finding elsewhere |\n|---|---|---|---|---|"
    )
    plans = [(0.0, 0.0, given.null), *((s, 0.0, given.planted) for s in SHIFTS), (0.0, POINTS, given.planted)]
    for shift, points, runs in plans:
        there = strong = elsewhere = 0
        planted = "c" if points else "x00"
        for run in range(runs):
            found = alarms(90_000 + run, given.rows, shift, points)
            on = [level for level in ("note", "warning", "error") if found[f"{planted} {level}"]]
            there += bool(on) if shift or points else 0
            strong += bool(set(on) - {"note"})
            elsewhere += bool(found.total() - len(on)) if shift or points else bool(found)
        name = f"{shift:g} sd of one number" if shift else f"{points:g} of one share" if points else "nothing"
        print(f"| {name} | {runs} | {there} | {strong} | {elsewhere} |", flush=True)
    print(f"\n{time.process_time() - begun:.0f} CPU-seconds")


if __name__ == "__main__":
    main()
