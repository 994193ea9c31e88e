"""Whether a loss that a Trainer accumulates would come out too large, told without a step."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from typing import Any

import numpy as np

from auditor.guard.torch.examples import Examples
from auditor.guard.torch.losses import moved
from auditor.guard.torch.quiet import quiet

ROWS = 8


def accumulation_ratio(model: Any, rows: Examples | None) -> float | None:
    """The factor by which two accumulated micro-batches would be too large: 2 = the fault, 1 = right, None = not to be told.

    The Trainer leaves its own division out where the model takes loss arguments (`accepts_loss_kwargs`, else `**kwargs` in
    `forward`). Such a model must divide by `num_items_in_batch`: a loss that does not halve when
    that number doubles is the fault.
    """
    if rows is None or not len(rows) or not takes_loss_arguments(model):
        return 1.0 if rows is not None else None
    _, batch = next(rows.batches(np.arange(min(ROWS, len(rows)))))
    if not isinstance(batch, Mapping) or "labels" not in batch:
        return None
    with quiet(model) as bare:
        batch = moved(batch, next(bare.parameters()).device)
        items = int((batch["labels"] != -100).sum())
        try:
            one, two = (float(bare(**batch, num_items_in_batch=items * k).loss) for k in (1, 2))
        except TypeError:  # forward takes **kwargs but hands them on to something that does not
            return None
    return 2.0 * two / one if one else None


def takes_loss_arguments(model: Any) -> bool:
    """Whether the Trainer believes that the model divides by `num_items_in_batch` itself: its own rule, repeated."""
    bare = model.get_base_model() if hasattr(model, "get_base_model") else model
    declared = getattr(bare, "accepts_loss_kwargs", None)
    if declared is not None:
        return bool(declared)
    parameters = inspect.signature(bare.forward).parameters.values()
    return any(p.kind is inspect.Parameter.VAR_KEYWORD for p in parameters)
