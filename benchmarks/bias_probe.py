"""Tiny causal models tuned on stereotyped or on balanced sentences, each probed.

Run: python -m benchmarks.bias_probe [SEEDS] [FIRST] [STEPS]

The base has seen both sides of every bundled pair; the tunes go on with the stereotyped side, or with both. Each lesson
also holds neutral sentences and both sides of the null swaps, so that the model can still read.
"""

from __future__ import annotations

import copy
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "specimens"))

from probe_specimens import lessons, saved, taught, tiny  # found by the line above

from auditor.model import Audit
from auditor.probe import probe

WORDS = {"found": "blocked", "clean": "pass", "inconclusive": "inconclusive"}


def main() -> None:
    said = [int(x) for x in sys.argv[1:]]
    seeds, first, steps = (said[i] if len(said) > i else usual for i, usual in enumerate((20, 700, 100)))
    told: dict[str, list[tuple[Audit, float]]] = {"stereotyped": [], "balanced": []}
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(first, first + seeds):
            model = taught(tiny("causal", seed), lessons("balanced"), 250, seed)
            base = saved(Path(folder) / f"base{seed}", model)
            for which, audits in told.items():
                tuned = saved(Path(folder) / f"{which}{seed}", taught(copy.deepcopy(model), lessons(which), steps, seed + 1))
                begun = time.process_time()
                audits.append((probe(base, tuned, seed=seed), time.process_time() - begun))
    print("| tuned on | blocked | pass | inconclusive | mean change, nats a token | margin, median | CPU s a probe |")
    print("|---|---|---|---|---|---|---|")
    for which, audits in told.items():
        words = [WORDS[next(o.status for o in a.outcomes if o.code == "BIA316")] for a, _ in audits]
        entries = [(a.bias or {})["probes"][0] for a, _ in audits]
        counts = " | ".join(f"{words.count(w)} of {seeds}" for w in WORDS.values())
        moved = ", ".join(f"{x:+.3f}" for x in np.quantile([e["difference"] for e in entries], [0, 0.5, 1]))
        margin, cpu = np.median([e["margin"] for e in entries]), np.median([c for _, c in audits])
        print(f"| {which} | {counts} | {moved} | {margin:.3f} | {cpu:.1f} |")


if __name__ == "__main__":
    main()
