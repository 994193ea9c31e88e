"""The eyes of a guard on a PyTorch model: which rows it looks at, and one look at all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray

from auditor.guard.preflight import Facts, probe_rows
from auditor.guard.torch import preferences
from auditor.guard.torch.examples import Examples, examples
from auditor.guard.torch.losses import measure
from auditor.guard.torch.quiet import ranks, unwrapped
from auditor.tallies.evaluations import Evaluation

if TYPE_CHECKING:
    from auditor.guard.core import Guard


@dataclass(slots=True)
class Eyes:
    """Probe of training rows, held-out rows, retained rows."""

    guard: Guard
    train: Examples | None = None
    held_out: Examples | None = None
    retained: Examples | None = None
    probe: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))
    beta: float = preferences.BETA  # strength of the reward of preference pairs
    groups: Mapping[str, NDArray[Any]] = field(default_factory=dict)  # sensitive attribute -> one value a held-out row

    @classmethod
    def of(cls, guard: Guard, train: Any = None, held_out: Any = None, beta: float = preferences.BETA, **more: Any) -> Eyes:
        """The rows the guard was given, or else those of the trainer; given rows lose the fields that the trainer's lack."""
        own = fields_of(train)
        wanted = {"train": guard.train if guard.train is not None else train}
        wanted["held_out"] = guard.validation if guard.validation is not None else held_out
        wanted["retained"] = guard.retain
        sets: dict[str, Any] = {name: None if data is None else examples(data, **more) for name, data in wanted.items()}
        if own:
            sets = {name: None if rows is None else rows.only(own) for name, rows in sets.items()}
        eyes = cls(guard, beta=beta, **sets)
        if eyes.train is not None:
            eyes.probe = probe_rows(len(eyes.train), eyes.train.labels(), size=guard.probe_size, seed=guard.seed)
        if isinstance(guard.sensitive, Mapping):
            eyes.groups = {name: np.asarray(values) for name, values in guard.sensitive.items()}
        elif guard.sensitive is not None:
            eyes.groups = {"group": np.asarray(guard.sensitive)}
        return eyes

    def facts(self, model: Any, *, optimizer: Any = None, accumulation: int = 1, ratio: float | None = None) -> Facts:
        """What is known before the first step."""
        return Facts(
            n_train=None if self.train is None else len(self.train),
            n_held_out=None if self.held_out is None else len(self.held_out),
            train_digests=None if self.train is None else self.train.digests(),
            held_out_digests=None if self.held_out is None else self.held_out.digests(),
            trainable=trainable(model, optimizer),
            labelled=None if self.train is None else self.train.labelled(),
            accumulation=accumulation,
            world_size=ranks()[1],
            accumulation_ratio=ratio,
        )

    def look(self, model: Any, step: int, epoch: float | None = None, train_loss: float | None = None) -> Evaluation:
        """One evaluation: every set, by one function, in evaluation mode."""

        facts: dict[str, float] = {}

        def of(name: str, rows: Examples | None, numbers: NDArray[np.int64] | None = None, groups: Any = None) -> Any:
            if rows is None or not len(rows):
                return None
            which = np.arange(len(rows)) if numbers is None else numbers
            if self.guard.loss is not None or not preferences.are_pairs(rows):
                return measure(model, rows, which, self.guard.loss, groups)
            pairs = preferences.measure(model, rows, which, self.beta, groups)
            facts.update(pairs.facts(name))
            if not pairs.referred and preferences.NO_REFERENCE not in self.guard.notes:
                self.guard.notes.append(preferences.NO_REFERENCE)
            return pairs.losses

        seen = Evaluation(
            step=step,
            epoch=epoch,
            held_out=of("held_out", self.held_out, None, self.groups),
            probe=of("train", self.train, self.probe),
            retained=of("retained", self.retained),
            train_loss=train_loss,
        )
        rows = self.train or self.held_out
        if self.guard.canaries is not None and rows is not None:
            bits, repeats = self.guard.canaries.exposures(model, rows.collate, rows.at_once)
            seen = replace(seen, exposure=bits, repeats=repeats)
        return replace(seen, facts=facts)


def fields_of(rows: Any) -> frozenset[str]:
    """The fields of the rows of a trainer; none where rows are not named."""
    first = rows[0] if hasattr(rows, "__len__") and hasattr(rows, "__getitem__") and len(rows) else None
    return frozenset(first) if isinstance(first, Mapping) else frozenset()


def trainable(model: Any, optimizer: Any = None) -> int:
    """Parameters that will change: they want a gradient and, where an optimiser is given, are in it."""
    wanted = [p for p in unwrapped(model).parameters() if p.requires_grad]
    if optimizer is not None:
        inside = {id(p) for group in optimizer.param_groups for p in group["params"]}
        wanted = [p for p in wanted if id(p) in inside]
    return sum(p.numel() for p in wanted)


def device_of(model: Any) -> Any:
    """The device of the first parameter."""
    return next(unwrapped(model).parameters()).device if any(True for _ in model.parameters()) else torch.device("cpu")
