"""One loss an example, by the same function for probe, held-out and retained rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn import functional

from auditor.guard.torch.examples import MASKED, Examples
from auditor.guard.torch.quiet import gathered, quiet, ranks
from auditor.rows import InputError
from auditor.tallies.evaluations import Losses

LossFunction = Callable[[Any, Any], Any]
CLASSES_KEPT = 1_000  # more classes than this: probabilities are not kept, only whether the answer was right


def measure(
    model: Any,
    rows: Examples,
    numbers: NDArray[np.int64],
    loss: LossFunction | None = None,
    groups: Mapping[str, NDArray[Any]] | None = None,
    cluster: NDArray[Any] | None = None,
) -> Losses:
    """Per-example losses of these rows in evaluation mode, float64; on several ranks each takes its share and all get all.

    `groups` and `cluster` hold one value for every row of `rows`. Rows without any unmasked label are excluded and counted.
    Raises InputError where no loss can be told from what the model returns.
    """
    rank, world = ranks()
    parts = []
    with quiet(model) as bare:
        device = next(bare.parameters()).device
        for some, batch in rows.batches(numbers[rank::world]):
            parts += _measured(bare, rows, some, moved(batch, device), loss)
    whole = [part for of_rank in gathered(parts) for part in of_rank]
    ids = np.concatenate([p[0] for p in whole]) if whole else np.zeros(0, np.int64)
    values = np.concatenate([p[1] for p in whole]) if whole else np.zeros(0)
    kept = ~np.isnan(values) | ~_excluded(whole)
    labels, probabilities, right = (_joined([p[i] for p in whole], kept) for i in (2, 3, 4))
    ids = ids[kept]
    return Losses(
        ids=ids,
        loss=values[kept],
        label=labels,
        probabilities=probabilities,
        right=right,
        cluster=None if cluster is None else np.asarray(cluster)[ids],
        groups={name: np.asarray(v)[ids] for name, v in (groups or {}).items()},
        excluded=int((~kept).sum()),
    )


def _measured(bare: Any, rows: Examples, some: NDArray[np.int64], batch: Any, loss: LossFunction | None) -> list[Any]:
    """The parts of one batch; row by row where the collator joins rows (padding-free), which leaves one loss for all."""
    values = _of_batch(bare, batch, loss)
    if len(values[0]) == len(some):
        return [(some, *values)]
    if len(some) == 1:
        raise InputError(f"got {len(values[0])} losses for one row, want one; give Guard(loss=...) with one loss an example")
    device = next(bare.parameters()).device
    alone = [some[i : i + 1] for i in range(len(some))]
    return [p for one in alone for _, b in rows.batches(one) for p in _measured(bare, rows, one, moved(b, device), loss)]


def _excluded(whole: list[Any]) -> NDArray[np.bool_]:
    return np.concatenate([p[5] for p in whole]) if whole else np.zeros(0, bool)


def _joined(parts: list[Any], kept: NDArray[np.bool_]) -> Any:
    return None if not parts or any(p is None for p in parts) else np.concatenate(parts)[kept]


def moved(batch: Any, device: Any) -> Any:
    """The batch on the device of the model."""
    if torch.is_tensor(batch):
        return batch.to(device)
    if isinstance(batch, Mapping):
        return {k: moved(v, device) for k, v in batch.items()}
    if isinstance(batch, (list, tuple)):
        return type(batch)(moved(v, device) for v in batch)
    return batch


def _of_batch(model: Any, batch: Any, loss: LossFunction | None) -> tuple[Any, Any, Any, Any, Any]:
    """(losses, labels, probabilities, right, excluded) of one batch, as numpy; None where there is no such thing."""
    if loss is not None:
        values = loss(model, batch)
        if not torch.is_tensor(values) or values.ndim != 1:
            shape = tuple(getattr(values, "shape", ()))
            raise InputError(f"loss(model, batch) gave shape {shape}, want one loss an example: use reduction='none'")
        plain = values.double().cpu().numpy()
        return plain, None, None, None, np.zeros(len(plain), bool)
    logits, labels = answered(model, batch)
    return per_example(logits, labels, shifted(model))


def answered(model: Any, batch: Any) -> tuple[Any, Any]:
    """(logits, labels): of a Hugging Face model from its named inputs, else of model(X) for a pair (X, y)."""
    if isinstance(batch, Mapping):
        labels = next((batch[k] for k in ("labels", "label") if batch.get(k) is not None), None)
        if labels is None:
            raise InputError(f"the batch has {', '.join(batch)}, want labels; give Guard(loss=...) where the loss is your own")
        out = model(**{k: v for k, v in batch.items() if k != "label"})
        return (out["logits"] if isinstance(out, Mapping) else out.logits), labels
    if isinstance(batch, (list, tuple)) and len(batch) == 2:
        return model(batch[0]), batch[1]
    raise InputError(
        f"got a batch of kind {type(batch).__name__}, want named inputs with labels or a pair (X, y); give Guard(loss=...)"
    )


def per_example(logits: Any, labels: Any, shift: bool) -> tuple[Any, Any, Any, Any, Any]:
    """Cross-entropy for classes and tokens, squared error for numbers, binary cross-entropy for label sets; nats."""
    n = len(labels)
    logits = logits.float()
    none = np.zeros(n, bool)
    if logits.ndim > 3:
        raise InputError(f"got an output of shape {tuple(logits.shape)}, want classes, tokens or numbers; give Guard(loss=...)")
    if logits.ndim == 3:
        return _tokens(logits, labels, shift)
    if labels.is_floating_point() and logits.ndim == 2 and labels.ndim == 2 and logits.shape[1] > 1:
        values = functional.binary_cross_entropy_with_logits(logits, labels.float(), reduction="none").double().mean(1)
        return values.cpu().numpy(), None, None, None, none
    if labels.is_floating_point() or logits.ndim == 1 or logits.shape[-1] == 1:
        values = (logits.reshape(n) - labels.reshape(n).float()).double() ** 2
        return values.cpu().numpy(), None, None, None, none
    values = functional.cross_entropy(logits.double(), labels, reduction="none", ignore_index=MASKED)
    right = (logits.argmax(1) == labels).cpu().numpy()
    probabilities = logits.double().softmax(1).cpu().numpy() if logits.shape[1] <= CLASSES_KEPT else None
    gone = (labels == MASKED).cpu().numpy()
    plain = values.cpu().numpy()
    plain[gone] = np.nan
    return plain, labels.cpu().numpy(), probabilities, right, gone


def _tokens(logits: Any, labels: Any, shift: bool) -> tuple[Any, Any, Any, Any, Any]:
    """Mean over the unmasked tokens of each row. Raises InputError where tokens and labels are not of one length."""
    if shift:
        logits = logits[:, -labels.shape[1] :]  # virtual tokens of a learned prompt stand in front
    if logits.shape[1] != labels.shape[1]:
        raise InputError(
            f"got {logits.shape[1]} places of output and {labels.shape[1]} of labels, want one label a place; "
            "give Guard(loss=...) with one loss an example"
        )
    if shift:
        logits, labels = logits[:, :-1], labels[:, 1:]
    known = labels != MASKED
    each = functional.cross_entropy(logits.transpose(1, 2), labels, reduction="none", ignore_index=MASKED).double()
    counts = known.sum(1)
    values = (each * known).sum(1) / counts.clamp(min=1)
    gone = (counts == 0).cpu().numpy()
    plain = values.cpu().numpy()
    plain[gone] = np.nan
    return plain, None, None, None, gone


def shifted(model: Any) -> bool:
    """True for causal language models, whose logits at a place are for the next token."""
    bare = model.get_base_model() if hasattr(model, "get_base_model") else model
    name = type(bare).__name__
    return name.endswith(("ForCausalLM", "LMHeadModel", "DoubleHeadsModel"))
