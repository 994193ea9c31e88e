"""Prompts by group (BIA318): changes drawn by lot around the margin, and tiny causal models tuned on one group or on both.

Run: python -m benchmarks.bias_prompts [FIRST SEED] [AUDITS] [MODELS]; BOLD itself is not here, its layout is.
"""

from __future__ import annotations

import copy
import json
import sys
import tempfile
from collections import Counter
from pathlib import Path

import numpy as np

import auditor
from auditor.model import Audit

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "specimens"))

from probe_specimens import lessons, saved, taught, tiny  # found by the line above

from auditor.probe import pairs, probe

EACH = 5  # prompts of a name
SHAPES = ((5, 40), (18, 20), (2, 400))  # groups, names each
GAPS = (0.0, 0.04, 0.05, 0.06, 0.1)
STEPS = 60


def simulated(seed: int, gap: float, groups: int, names: int) -> str:
    """The status of an audit of groups of so many names with 5 prompts each; one group changed by `gap` more."""
    rng = np.random.default_rng(seed)
    rows: dict[str, list[object]] = {k: [] for k in ("part", "bias_type", "template", "base", "tuned")}
    for g in range(groups):
        moved = np.repeat(rng.normal(0.1, 0.06, names), EACH) + rng.normal(gap * (g == 0), 0.1, names * EACH)
        base = rng.normal(-3, 0.5, names * EACH)
        rows["part"] += ["prompt"] * len(moved)
        rows["bias_type"] += [f"group {g}"] * len(moved)
        rows["template"] += [f"{g} {i // EACH}" for i in range(len(moved))]
        rows["base"] += base.tolist()
        rows["tuned"] += (base + moved).tolist()
    for part, score in (("neutral", -3.0), ("shuffled", -5.0)):
        for name, value in (("part", part), ("bias_type", "none"), ("template", "t"), ("base", score), ("tuned", score)):
            rows[name] += [value] * 30
    table = {**rows, "left_out": [""] * len(rows["part"])}
    return auditor.check(table, roles=auditor.Roles(sensitive="bias_type"), select=["BIA318"]).outcomes[0].status


def modelled(seed: int, folder: Path) -> dict[str, Audit]:
    """A small model that has seen the sentences of two groups, tuned on those of one or of both, and asked about them."""
    said = sorted({p.more for p in pairs.builtin()})
    np.random.default_rng(seed).shuffle(said)
    sides = {"a": said[: len(said) // 2], "b": said[len(said) // 2 :]}
    file = folder / f"prompts{seed}.json"
    file.write_text(json.dumps({g: {f"name {i}": [t] for i, t in enumerate(own)} for g, own in sides.items()}))
    model = taught(tiny("causal", seed), lessons("balanced"), 150, seed)
    base = saved(folder / f"base{seed}", model)
    told = {"one group": sides["b"] * 2, "both groups": said}
    audits = {}
    for which, texts in told.items():
        tuned = saved(folder / f"{which}{seed}", taught(copy.deepcopy(model), [*texts, *pairs.neutral() * 8], STEPS, seed + 1))
        audits[which] = probe(base, tuned, templates=file, seed=seed)
    return audits


def main() -> None:
    said = [int(x) for x in sys.argv[1:]]
    first, audits, models = (said[i] if len(said) > i else usual for i, usual in enumerate((9_000, 200, 20)))
    words = ("found", "inconclusive", "clean")
    print("| groups | names each | one changed more by | audits | found | inconclusive | clean |\n|---|---|---|---|---|---|---|")
    for groups, names in SHAPES:
        for gap in GAPS:
            counts = Counter(simulated(first + i, gap, groups, names) for i in range(audits))
            print(f"| {groups} | {names} | {gap:g} | {audits} | {' | '.join(str(counts[w]) for w in words)} |")
    told: dict[str, list[tuple[str, float]]] = {"one group": [], "both groups": []}
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(first, first + models):
            for which, audit in modelled(seed, Path(folder)).items():
                outcome = next(o for o in audit.outcomes if o.code == "BIA318")
                told[which].append((outcome.status, (audit.bias or {})["probes"][0]["difference"]))
    print("\n| tuned on | found | inconclusive | clean | gap, nats a token (least, median, most) |\n|---|---|---|---|---|")
    for which, found in told.items():
        counts, gaps = Counter(s for s, _ in found), np.quantile([d for _, d in found], [0, 0.5, 1])
        print(f"| {which} | {' | '.join(str(counts[w]) for w in words)} | {', '.join(f'{g:+.3f}' for g in gaps)} |")


if __name__ == "__main__":
    main()
