"""The model and the guard of a run, before its first step."""

from __future__ import annotations

from typing import Any

from auditor.guard.core import Guard
from auditor.guard.torch.examples import Examples
from auditor.guard.torch.scaling import accumulation_ratio
from auditor.model import Audit
from auditor.request import Request
from auditor.tune import layers
from auditor.tune.fitting import Pace
from auditor.tune.material import Material, Told
from auditor.tune.recipe import Recipe
from auditor.tune.tasks import Padding

TOLERANCE = 0.02  # of the ratio 1: that of the guard's own refusal, above rounding


def guarded(material: Material, recipe: Recipe, request: Request, pace: Pace, before: Audit | None) -> Guard:
    """The guard of the run, over the rows as the model sees them."""
    at_once = 2 * recipe.batch_size

    def looked(encoded: Any) -> Any:
        from torch.utils.data import DataLoader

        return DataLoader(encoded.examples, batch_size=at_once, collate_fn=Padding(material.pad))

    return Guard(
        looked(material.train),
        looked(material.validation),
        before=before,
        retain=None if material.retain is None else looked(material.retain),
        sensitive=material.rows.sensitive(material.validation.split, material.validation.at) or None,
        on_overfit=recipe.on_overfit,
        probe_size=pace.probe,
        directory=recipe.folder,
        seed=recipe.seed,
        limits=request.limits,
        judge_by=request.policy,
    )


def prepared(material: Material, recipe: Recipe, seed: int, told: Told) -> Any:
    """The base model, with the layers frozen or adapters added that the recipe names."""
    model = material.fresh(recipe.base, seed)
    if material.head.kind == "regression" and material.head.new:
        start(model, material.mean_label())
    if recipe.lora:
        model = layers.adapted(model, material.head.kind)
    elif isinstance(recipe.freeze, int):
        layers.freeze(model, recipe.freeze)
    share = layers.share(model)
    told.more["trained"] = {**share, "adapted_modules": layers.matched(model)} if recipe.lora else share
    ratio = accumulation_ratio(model, Examples(material.train.examples, Padding(material.pad)))
    if ratio is not None and abs(ratio - 1) > TOLERANCE:
        model.accepts_loss_kwargs = False
        told.notes.append(
            "the model ignores the number of items that the Trainer divides by: accepts_loss_kwargs was set to False"
        )
    return model


def start(model: Any, mean: float) -> None:
    """A new regression head begins at the mean of the labels."""
    import torch

    last = [m for m in model.modules() if isinstance(m, torch.nn.Linear) and m.out_features == 1 and m.bias is not None]
    if last:
        last[-1].bias.data.fill_(mean)
