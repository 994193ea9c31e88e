"""Planted worst slices and shuffled outcomes: `python -m benchmarks.bias_slices [FIRST_SEED] [SEEDS]`.

20,000 rows, 8 columns of 4 levels; errors .10, and a planted rate in one slice of two conditions (support .0625).
"""

from __future__ import annotations

import sys
import time

import numpy as np

from auditor.checks.bias.weak_slice import WeakSlice
from auditor.statistics.slices import Search, search

ROWS, COLUMNS, LEVELS = 20_000, 8, 4
BASE = 0.10
PLANTED = ((2, 1), (5, 3))
RATES = (0.35, 0.20, 0.15)


def run(seed: int, rate: float, shuffled: bool) -> tuple[Search, float]:
    """The search, and its CPU-seconds."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, LEVELS, (ROWS, COLUMNS))
    inside = np.logical_and.reduce([codes[:, c] == level for c, level in PLANTED])
    outcome = (rng.random(ROWS) < np.where(inside, rate, BASE)).astype(float)
    if shuffled:
        outcome = rng.permutation(outcome)
    order = rng.integers(0, 2**62, ROWS).astype(np.uint64)
    begun = time.process_time()
    check = WeakSlice()
    found = search(codes, outcome, order, least=check.least, share=check.share, draws=check.draws, seed=seed)
    return found, time.process_time() - begun


def main() -> None:
    first = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000
    seeds = int(sys.argv[2]) if len(sys.argv) > 2 else 50
    print("| error in the slice | planted slice first | in the top 3 | a slice reported | limits hold the gap | CPU s, median |")
    print("|---|---|---|---|---|---|")
    for rate in (*RATES[: 1 if seeds > 20 else None], None):
        runs = [run(seed, rate or RATES[0], rate is None) for seed in range(first, first + seeds)]
        found = [[s for s in r.slices if s.gap > 0] for r, _ in runs]
        top = sum(bool(s) and s[0].items == PLANTED for s in found)
        three = sum(any(x.items == PLANTED for x in s[:3]) for s in found)
        own = [x for s in found for x in s if x.items == PLANTED]
        held = f"{sum(x.low < (rate or 0) - BASE < x.high for x in own)} of {len(own)}" if rate else "-"
        name = f"{rate:g}" if rate else "outcome shuffled"
        cpu = np.median([c for _, c in runs])
        some = sum(bool(r.slices) for r, _ in runs)
        print(f"| {name} | {top} of {seeds} | {three} of {seeds} | {some} of {seeds} | {held} | {cpu:.2f} |")


if __name__ == "__main__":
    main()
