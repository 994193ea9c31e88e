"""How many layers to train, by short paired trials: the cheapest that cannot be told from the best."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditor.request import Progress
from auditor.statistics.paired import paired
from auditor.tune import layers
from auditor.tune.fitting import Pace, fit
from auditor.tune.proof import losses
from auditor.tune.recipe import Recipe
from auditor.tune.tasks import Encoded

BUDGET = 0.05  # of the run's steps, for each trial: guard.md, section 4
SEEDS = 3  # fewer tell nothing of the spread
STEPS = 5  # a trial of fewer steps moves nothing


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Trial:
    """One choice of layers."""

    frozen: int  # layers that stay as they are
    name: str
    trained: int  # parameters
    each: NDArray[np.float64]  # (n,) held-out loss a row, mean over the seeds


def choices(count: int) -> list[tuple[int, str]]:
    """(frozen layers, name), the cheapest first."""
    half = count // 2
    found = [(count, "head only"), (half, f"last {count - half} layers"), (0, "all layers")]
    return [c for i, c in enumerate(found) if c[0] not in [f for f, _ in found[:i]]]


def chosen(
    fresh: Callable[[int], Any],
    tokenizer: Any,
    train: Encoded,
    held_out: Encoded,
    recipe: Recipe,
    pace: Pace,
    folder: Path,
    progress: Progress,
) -> tuple[int, list[dict[str, Any]], str]:
    """Layers to freeze, one entry a trial, and the reason. `fresh(seed)` is a new model; pairs share seeds and data order."""
    short = replace(pace, steps=max(STEPS, int(BUDGET * pace.steps)), every=pace.steps + 1)
    done = []
    for frozen, name in choices(len(layers.blocks(fresh(recipe.seed)))):
        runs = []
        for k in range(SEEDS):
            model = fresh(recipe.seed + k)
            if frozen:
                layers.freeze(model, frozen)
            fit(
                model,
                tokenizer,
                train.examples,
                recipe,
                folder=folder,
                seed=recipe.seed + k,
                steps=short,
                progress=progress,
                stage=f"trial: {name}",
                checkpoints=False,
            )
            runs.append(losses(model, held_out, tokenizer.pad_token_id, 2 * recipe.batch_size).loss)
        done.append(Trial(frozen=frozen, name=name, trained=layers.share(model)["trained"], each=np.mean(runs, axis=0)))
    return judged(done, short.steps)


def judged(done: list[Trial], steps: int) -> tuple[int, list[dict[str, Any]], str]:
    """The cheapest whose paired interval against the best includes 0."""
    best = min(done, key=lambda t: float(np.mean(t.each)))
    entries, taken = [], None
    for trial in sorted(done, key=lambda t: t.trained):
        low, high = (0.0, 0.0) if trial is best else paired(trial.each - best.each).interval()
        within = trial is best or low <= 0
        taken = trial if within and taken is None else taken
        entries.append(
            {
                "trained": trial.name,
                "frozen_layers": trial.frozen,
                "parameters": trial.trained,
                "held_out_loss": float(np.mean(trial.each)),
                "above_best_low": low,
                "above_best_high": high,
                "taken": trial is taken,
            }
        )
    assert taken is not None
    why = (
        f"freeze: {taken.name} is trained; of {len(done)} trials of {steps} steps on {SEEDS} seeds each it is the cheapest "
        f"whose held-out loss cannot be told from the best ({best.name}, {np.mean(best.each):.4g} nats)"
    )
    return taken.frozen, entries, why
