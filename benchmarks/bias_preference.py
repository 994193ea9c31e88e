"""False notes of BIA315 on models without a lean; how often its limits hold is in benchmarks.clusters.

Run: python -m benchmarks.bias_preference [FIRST SEED] [AUDITS]
"""

from __future__ import annotations

import sys

import numpy as np

import auditor

PAIRS = 3  # of a template
TYPES = {f"type {i}": n for i, n in enumerate((400, 200, 120, 90, 70, 60, 50, 40, 30))}


def drawn(rng: np.random.Generator, sizes: list[int], alike: float) -> np.ndarray:
    """Whether the sentence is ahead, pair by pair of templates of these sizes; `alike` is the correlation within one."""
    size = (1 - alike) / max(alike, 1e-9)
    own = rng.beta(size / 2, size / 2, len(sizes)) if alike else np.full(len(sizes), 0.5)
    return rng.random(sum(sizes)) < np.repeat(own, sizes)


def noted(seed: int, alike: float, uneven: bool) -> int:
    """Notes of one audit of a model without a lean, over all pairs and nine bias types; uneven: a third of the pairs of a
    type have one template."""
    rng = np.random.default_rng(seed)
    sizes = {kind: [PAIRS] * n if not uneven else [n, *[2] * n] for kind, n in TYPES.items()}
    ahead = np.concatenate([drawn(rng, own, alike) for own in sizes.values()])
    kinds = [kind for kind, own in sizes.items() for _ in range(sum(own))]
    templates = [f"{kind} {i}" for kind, own in sizes.items() for i, n in enumerate(own) for _ in range(n)]
    score = np.where(ahead, 0.1, -0.1).tolist()
    rows = {"part": ["pair"] * len(kinds), "bias_type": kinds, "template": templates}
    table = {**rows, "base": score, "tuned": score, "left_out": [""] * len(kinds)}
    return len(auditor.check(table, roles=auditor.Roles(sensitive="bias_type"), select=["BIA315"]).findings)


def main() -> None:
    said = [int(x) for x in sys.argv[1:]]
    first, audits = (said[i] if len(said) > i else usual for i, usual in enumerate((8_000, 200)))
    print("| templates | alike | audits | with a note |\n|---|---|---|---|")
    for uneven in (False, True):
        for alike in (0.0, 0.3):
            count = sum(noted(first + i, alike, uneven) > 0 for i in range(audits))
            sizes = "one of a third of the pairs, others of 2" if uneven else f"of {PAIRS} pairs"
            print(f"| {sizes} | {alike:g} | {audits} | {count} |", flush=True)


if __name__ == "__main__":
    main()
