"""Few rows: the same run from several seeds, and no claim smaller than their spread."""

from __future__ import annotations

import dataclasses
import math
from collections import Counter
from statistics import median
from typing import Any

import numpy as np

from auditor.request import Request
from auditor.tune import fitting, proof
from auditor.tune.material import Material, Told
from auditor.tune.preparing import guarded, prepared
from auditor.tune.recipe import Recipe

FEW = 64  # rows of the median class: guard.md, section 4, few-shot
SEEDS = 3  # of which a spread can be told at all


def wanted(material: Material, recipe: Recipe) -> int:
    """How many runs: as asked for, else three where classes have so few rows that the seed decides much of the result."""
    if recipe.seeds is not None:
        return recipe.seeds
    if material.head.kind != "classification":
        return 1
    return SEEDS if median(Counter(e["labels"] for e in material.train.examples).values()) < FEW else 1


def spread(material: Material, recipe: Recipe, request: Request, pace: fitting.Pace, base: proof.Scored, told: Told) -> None:
    """Runs the other seeds, guarded in the same way, and judges the gain over the base by the spread of all."""
    first = told.more["test"][0]
    values = [first["tuned"]]
    for seed in range(recipe.seed + 1, recipe.seed + wanted(material, recipe)):
        folder = recipe.folder / "seeds" / str(seed)
        again = dataclasses.replace(recipe, seed=seed, output=str(folder), resume=None)
        model = prepared(material, again, seed, Told())
        guard = guarded(material, again, request, pace, None)
        fitting.fit(
            model,
            material.tokenizer,
            material.train.examples,
            again,
            folder=folder,
            seed=seed,
            steps=pace,
            guard=guard,
            progress=request.progress,
            stage=f"tuning, seed {seed}",
            checkpoints=False,
        )
        seen = proof.losses(model, material.test, material.pad, 2 * recipe.batch_size)
        tuned = proof.scored("the tuned model", seen)
        proof.certify(guard, material.test, tuned)
        values.append(tuned.mean)
    told.more["seeds"], line = judged(values, base.mean, first["metric"], recipe.seed)
    told.notes.append(line)


def judged(values: list[float], base: float, metric: str, seed: int) -> tuple[dict[str, Any], str]:
    """The entry `tuning.seeds` and its sentence: a gain below 2 sd/sqrt(seeds) is not claimed."""
    mean, sd = float(np.mean(values)), float(np.std(values, ddof=1))
    least = 2 * sd / math.sqrt(len(values))
    gain = (mean - base) * (1 if metric == "accuracy" else -1)
    claimed = gain > least
    entry = {
        "seeds": list(range(seed, seed + len(values))),
        "metric": metric,
        "values": values,
        "mean": mean,
        "sd": sd,
        "least_claim": least,
        "gain_over_base": gain,
        "claimed": claimed,
    }
    word = "is claimed" if claimed else "is not claimed: it is within what the seed alone does"
    return entry, (
        f"{len(values)} seeds: {metric} {mean:.4g} on average, standard deviation {sd:.2g}; the gain over the base of "
        f"{gain:+.4g} {word} (least claim {least:.2g})"
    )
