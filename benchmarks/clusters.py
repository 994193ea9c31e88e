"""Limits of means and shares of values in clusters of any size: how often they hold the truth.

Run: python -m benchmarks.clusters [FIRST SEED] [RUNS]; cluster sizes of CrowS-Pairs are read from AUDITOR_DATA.
"""

from __future__ import annotations

import os
import sys
from collections import Counter
from pathlib import Path

import numpy as np

from auditor.probe import pairs
from auditor.statistics.clusters import apart, clustered_wilson, effective, percentiles

DATA = Path(os.environ.get("AUDITOR_DATA", Path(__file__).parents[2] / "shared" / "data"))
MADE = {
    "20 of 16": [16] * 20,
    "40 of 3": [3] * 40,
    "300 of 3": [3] * 300,
    "100 and 19 of 5": [100, *[5] * 19],
    "60 and 60 of 1": [60, *[1] * 60],
}
SHARES = (0.5, 0.8, 0.95)


def shapes() -> dict[str, list[int]]:
    """Pairs by template: made up, and of the bias types of CrowS-Pairs with 20 templates."""
    files = sorted((DATA / "crows_pairs").glob("*.csv"))
    real = [p for p in pairs.read(str(files[0])) if p.edits == 1 and len(p.more.split()) == len(p.less.split())] if files else []
    found = {"CrowS-Pairs": sorted(Counter(p.template for p in real).values())} if real else {}
    for kind in sorted({p.bias_type for p in real}):
        sizes = sorted(Counter(p.template for p in real if p.bias_type == kind).values())
        if len(sizes) >= 20:
            found[kind] = sizes
    return {**MADE, **found}


def held(first: int, runs: int, sizes: list[int], alike: float) -> list[float]:
    """Shares of runs in which the limits hold: a mean by bootstrap, a gap at .05 and .05/18 by t, shares .5, .8 and .95."""
    rng, place = np.random.default_rng(first + len(sizes)), np.repeat(np.arange(len(sizes)), sizes)
    other = np.repeat(np.arange(40), 3)
    counts = np.zeros(3 + len(SHARES))

    def drawn(where: np.ndarray) -> np.ndarray:
        own = rng.normal(0, np.sqrt(alike), where.max() + 1)[where]
        return own + rng.normal(0, np.sqrt(1 - alike), len(where))

    for seed in range(runs):
        own, rest = (drawn(place), place), (drawn(other), other)
        ends = [percentiles(*own, alpha=0.05, seed=seed), *(apart(own, rest, alpha=a)[1:] for a in (0.05, 0.05 / 18))]
        counts[:3] += [low is not None and high is not None and low <= 0 <= high for low, high in ends]
        for i, share in enumerate(SHARES):
            size = (1 - alike) / max(alike, 1e-9)
            rates = rng.beta(share * size, (1 - share) * size, len(sizes)) if 0 < alike < 1 else np.full(len(sizes), share)
            rates = (rng.random(len(sizes)) < share).astype(float) if alike == 1 else rates
            low, high = clustered_wilson(rng.random(len(place)) < rates[place], place) or (1.0, 0.0)
            counts[3 + i] += low <= share <= high
    return (counts / runs).tolist()


def main() -> None:
    said = [int(x) for x in sys.argv[1:]]
    first, runs = (said[i] if len(said) > i else usual for i, usual in enumerate((17_000, 1_000)))
    print("| clusters | number | worth | alike | mean | gap | gap, .05/18 | share .50 | .80 | .95 |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    for name, sizes in shapes().items():
        for alike in (0.0, 0.3, 1.0):
            cells = " | ".join(f"{x:.3f}" for x in held(first, runs, sizes, alike))
            print(f"| {name} | {len(sizes)} | {effective(np.array(sizes, float)):.1f} | {alike:g} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
