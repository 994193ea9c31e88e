"""Pairs of a chosen and a rejected answer, as trl's DPOTrainer collates them: one loss and one reward accuracy a pair."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch.nn import functional

from auditor.guard.torch.examples import Examples
from auditor.guard.torch.losses import moved
from auditor.guard.torch.quiet import gathered, quiet, ranks
from auditor.tallies.evaluations import Losses

BETA = 0.1  # DPOConfig's own default, Rafailov et al. 2023, arXiv:2305.18290
OTHERS = frozenset({"completion_mask", "ref_chosen_logps", "ref_rejected_logps"})  # fields of a batch that no model takes
NO_REFERENCE = (
    "preference pairs are judged without a reference model (none in the batch, no adapter to switch off): `right` says which "
    "answer is likelier; set precompute_ref_log_probs=True to judge by rewards"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pairs:
    """What was measured on one set of pairs."""

    losses: Losses  # -log sigmoid(beta * margin), nats; `right` = the chosen answer has the higher reward
    chosen: float  # mean log-probability of the chosen answers, nats: falling while the margin rises is likelihood displacement
    rejected: float  # the same of the rejected ones
    margin: float  # mean reward of the chosen less that of the rejected answers (beta times the log-ratio), nats
    referred: bool  # whether a reference model was there

    def facts(self, name: str) -> dict[str, float]:
        """The means for one evaluation, by set: held_out_chosen_logp, held_out_rejected_logp, held_out_reward_margin."""
        named = {"chosen_logp": self.chosen, "rejected_logp": self.rejected, "reward_margin": self.margin}
        return {f"{name}_{key}": value for key, value in named.items()}


def are_pairs(rows: Examples) -> bool:
    """Whether the rows are preference pairs of token numbers."""
    first = rows.rows[0] if len(rows) else None
    return isinstance(first, Mapping) and {"prompt_ids", "chosen_ids", "rejected_ids"} <= set(first)


def measure(
    model: Any, rows: Examples, numbers: NDArray[np.int64], beta: float = BETA, groups: Mapping[str, NDArray[Any]] | None = None
) -> Pairs:
    """Every pair in evaluation mode; on several ranks each takes its share and all get all."""
    rank, world = ranks()
    parts = []
    with quiet(model) as bare:
        device = next(bare.parameters()).device
        for some, batch in rows.batches(numbers[rank::world]):
            parts.append((some, *_of_batch(bare, moved(batch, device))))
    whole = [part for of_rank in gathered(parts) for part in of_rank]
    ids, chosen, rejected, ref_chosen, ref_rejected, known = (np.concatenate([p[i] for p in whole]) for i in range(6))
    margin = beta * ((chosen - ref_chosen) - (rejected - ref_rejected))
    losses = Losses(
        ids=ids,
        loss=np.logaddexp(0.0, -margin),
        right=margin > 0,
        groups={name: np.asarray(v)[ids] for name, v in (groups or {}).items()},
    )
    return Pairs(
        losses=losses,
        chosen=float(chosen.mean()),
        rejected=float(rejected.mean()),
        margin=float(margin.mean()),
        referred=bool(known.all()),
    )


def _of_batch(model: Any, batch: Mapping[str, Any]) -> tuple[NDArray[Any], ...]:
    """Log-probabilities of chosen and rejected answers, those of the reference (0 where there is none), and whether there is."""
    chosen, rejected = _answers(model, batch)
    if "ref_chosen_logps" in batch:
        reference = tuple(batch[f"ref_{k}_logps"].double().cpu().numpy() for k in ("chosen", "rejected"))
    elif hasattr(model, "disable_adapter"):
        with _base(model):
            reference = _answers(model, batch)
    else:
        reference = (np.zeros(len(chosen)), np.zeros(len(chosen)))
        return chosen, rejected, *reference, np.zeros(len(chosen), bool)
    return chosen, rejected, *reference, np.ones(len(chosen), bool)


def _base(model: Any) -> Any:
    """The reference inside a PEFT model: its adapter named `ref` where trl made one, else the model without adapters."""
    if "ref" not in getattr(model, "peft_config", {}):
        return model.disable_adapter()
    from trl.trainer.utils import use_adapter

    return use_adapter(model, adapter_name="ref")


def _answers(model: Any, batch: Mapping[str, Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Summed log-probability of each answer's tokens; the first half of a batch is chosen, the second rejected."""
    out = model(**{k: v for k, v in batch.items() if k not in OTHERS})
    tokens, counted = batch["input_ids"][:, 1:], batch["completion_mask"][:, 1:]
    logits = out.logits[:, -tokens.shape[1] - 1 : -1].float()  # virtual tokens of a learned prompt stand in front
    each = -functional.cross_entropy(logits.transpose(1, 2), tokens, reduction="none").double()
    whole = (each * counted).sum(1).cpu().numpy()
    half = len(whole) // 2
    return whole[:half], whole[half:]
