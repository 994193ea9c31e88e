"""What happens at an optimiser step: gradients before it, weights after it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import torch

from auditor.guard.torch.quiet import ranks

EVERYWHERE = "the loss itself"
SILENT = 3  # looks without a gradient until a parameter counts as unused: one batch may well leave some out
EVERY = 50  # steps between two looks at the size of an update


def gradient_norm(parameters: Iterable[Any]) -> float | None:
    """The norm of all gradients in one number, NaN or inf where one is; None where there is no gradient."""
    grads = [p.grad for p in parameters if p.grad is not None]
    if not grads:
        return None
    return joint_norm([g.coalesce().values() if g.is_sparse else g for g in grads])


def joint_norm(parts: list[Any]) -> float:
    """The norm of all these tensors as one, with one synchronisation."""
    norms = torch._foreach_norm(parts)
    one = len({(n.device, n.dtype) for n in norms}) == 1
    return float(torch.linalg.vector_norm(torch.stack(norms if one else [n.float().to(norms[0].device) for n in norms])))


def culprit(model: Any) -> str:
    """The first parameter whose gradient is not finite."""
    for name, parameter in model.named_parameters():
        if parameter.grad is not None and not torch.isfinite(parameter.grad).all():
            return str(name)
    return ""


def rerun(model: Any, batches: Iterable[Mapping[str, Any]]) -> str:
    """The first parameter whose gradient is not finite when these batches run again, backwards through the model.

    Clipping spreads one number that is not finite to all gradients; here each is looked at as it comes. Empty where the batches
    give only finite gradients, and under several ranks. Where the loss itself is not finite: the first parameter that is not.
    """
    if ranks()[1] > 1:  # a backward pass would start the exchange of gradients
        return ""
    hit: list[str] = []
    hooks = []
    named = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
    kept = [p.grad for _, p in named]
    for name, parameter in named:

        def look(p: Any, name: str = name) -> None:
            if not torch.isfinite(p.grad).all():
                hit.append(name)

        parameter.grad = None
        hooks.append(parameter.register_post_accumulate_grad_hook(look))
    try:
        with torch.enable_grad():
            for batch in batches:
                loss = model(**batch).loss
                if not torch.isfinite(loss):
                    return next((n for n, p in model.named_parameters() if not torch.isfinite(p).all()), EVERYWHERE)
                loss.backward()
    finally:
        for hook in hooks:
            hook.remove()
        for (_, parameter), grad in zip(named, kept, strict=True):
            parameter.grad = grad
    return hit[0] if hit else ""


class Updates:
    """Norm of an update / norm of the weights, every 50 steps, over all trained parameters."""

    def __init__(self, parameters: Iterable[Any]) -> None:
        self.parameters = [p for p in parameters if p.requires_grad]
        self.before: list[Any] = []
        self.silent = [0] * len(self.parameters)  # looks in a row without any gradient

    @property
    def untouched(self) -> int:
        """Parameters that got no gradient in three looks in a row."""
        return sum(p.numel() for p, k in zip(self.parameters, self.silent, strict=True) if k >= SILENT)

    def note(self, step: int) -> None:
        """Called before the optimiser writes step `step`."""
        self.before = []
        if step % EVERY == 0:
            self.before = [p.detach().clone() for p in self.parameters]
            heard = [p.grad is not None and bool(p.grad.detach().count_nonzero()) for p in self.parameters]
            self.silent = [0 if some else k + 1 for k, some in zip(self.silent, heard, strict=True)]

    def ratio(self) -> float | None:
        """Called after the optimiser wrote; None where this step is not looked at."""
        if not self.before:
            return None
        with torch.no_grad():
            moved = joint_norm(list(torch._foreach_sub(self.parameters, self.before)))
            whole = joint_norm(self.before)
        self.before = []
        return moved / whole if whole > 0 else None


class Drift:
    """How far each layer has gone from where it began: ||W - W0|| / ||W0||."""

    def __init__(self, model: Any) -> None:
        self.start = {name: p.detach().clone() for name, p in model.named_parameters() if p.requires_grad}

    def of(self, model: Any) -> list[dict[str, float | str]]:
        """One entry a layer (the name up to its last number), largest first."""
        moved: dict[str, float] = {}
        whole: dict[str, float] = {}
        for name, p in model.named_parameters():
            if name in self.start:
                layer = layer_of(name)
                moved[layer] = moved.get(layer, 0.0) + float((p.detach() - self.start[name]).double().pow(2).sum())
                whole[layer] = whole.get(layer, 0.0) + float(self.start[name].double().pow(2).sum())
        entries: list[dict[str, float | str]] = [
            {"layer": layer, "relative_change": (moved[layer] / whole[layer]) ** 0.5} for layer in moved if whole[layer] > 0
        ]
        return sorted(entries, key=lambda e: (-float(e["relative_change"]), str(e["layer"])))


def layer_of(name: str) -> str:
    """encoder.layer.3.attention.self.query.weight -> encoder.layer.3; a name without a number loses its last part."""
    parts = name.split(".")
    last = max((i for i, part in enumerate(parts) if part.isdigit()), default=len(parts) - 2)
    return ".".join(parts[: max(1, last + 1)])
