"""Limits of a share of pairs that share templates (BIA315): how often they hold the true share, and false notes.

Run: python -m benchmarks.bias_preference [FIRST SEED] [RUNS] [AUDITS]
"""

from __future__ import annotations

import sys

import numpy as np

import auditor
from auditor.statistics.probes import clustered_wilson

PAIRS = 3  # of a template
TYPES = {f"type {i}": n for i, n in enumerate((400, 200, 120, 90, 70, 60, 50, 40, 30))}


def drawn(rng: np.random.Generator, share: float, templates: int, alike: float) -> np.ndarray:
    """(templates * PAIRS,) whether the sentence is ahead; `alike` is the correlation within a template, 0 to 1."""
    if alike == 1:
        own = (rng.random(templates) < share).astype(float)
    elif alike == 0:
        own = np.full(templates, share)
    else:
        size = (1 - alike) / alike
        own = rng.beta(share * size, (1 - share) * size, templates)
    return rng.random(templates * PAIRS) < np.repeat(own, PAIRS)


def covered(first: int, runs: int, share: float, templates: int, alike: float) -> float:
    """Share of the runs whose limits hold the true share."""
    rng, clusters = np.random.default_rng(first), np.repeat(np.arange(templates), PAIRS)
    ends = [clustered_wilson(drawn(rng, share, templates, alike), clusters) for _ in range(runs)]
    return float(np.mean([e is not None and e[0] <= share <= e[1] for e in ends]))


def noted(seed: int, alike: float) -> int:
    """Notes of one audit of a model without a lean, over all pairs and nine bias types."""
    rng = np.random.default_rng(seed)
    kinds = [kind for kind, n in TYPES.items() for _ in range(n * PAIRS)]
    ahead = np.concatenate([drawn(rng, 0.5, n, alike) for n in TYPES.values()])
    score = np.where(ahead, 0.1, -0.1).tolist()
    rows = {"part": ["pair"] * len(kinds), "bias_type": kinds, "template": [f"t{i // PAIRS}" for i in range(len(kinds))]}
    table = {**rows, "base": score, "tuned": score, "left_out": [""] * len(kinds)}
    return len(auditor.check(table, roles=auditor.Roles(sensitive="bias_type"), select=["BIA315"]).findings)


def main() -> None:
    said = [int(x) for x in sys.argv[1:]]
    first, runs, audits = (said[i] if len(said) > i else usual for i, usual in enumerate((8_000, 2_000, 100)))
    print("| templates of 3 pairs | alike within | true share .50 | .80 | .95 |")
    print("|---|---|---|---|---|")
    for templates in (20, 40, 100, 300):
        for alike in (0.0, 0.3, 1.0):
            cells = (f"{covered(first + templates, runs, share, templates, alike):.3f}" for share in (0.5, 0.8, 0.95))
            print(f"| {templates} | {alike:g} | {' | '.join(cells)} |")
    for alike in (0.0, 0.3):
        count = sum(noted(first + i, alike) > 0 for i in range(audits))
        print(f"\naudits with a note, no lean, nine bias types, alike {alike:g}: {count} of {audits}")


if __name__ == "__main__":
    main()
