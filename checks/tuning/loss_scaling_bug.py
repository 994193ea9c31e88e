"""TUN102."""

from __future__ import annotations

from auditor.check import Specimen
from auditor.model import Effect
from auditor.runcheck import RunCheck, Seen
from auditor.tallies.evaluations import Evaluations

LOSS = [[1.0, 1.1]]


class LossScalingBug(RunCheck):
    """The training loss and its gradients are too large by the accumulation factor or the number of ranks.

    ## Why
    Clipping bites where it should not, optimisers that know scale take other steps, and logs cannot be compared.

    ## Measured
    Gradient norm of two accumulated micro-batches / of one batch of both, and the trainer's evaluation loss / the guard's own:
    ratio, 1 is right. Error where one is off by more than 2 % and accumulation or ranks exceed 1, else a note.

    ## Fix
    Set model.accepts_loss_kwargs = False before the Trainer is built.

    ## Known limits
    Dropout must be off while it is measured; batch normalisation sees other batches. Causal language models weigh by tokens:
    there the weighted mean is right.

    ## Source
    Seen with transformers 5.23 on sequence and token classification heads; 2 % is above float32 rounding and far below 2.
    """

    code = "TUN102"
    tolerance: float = 0.02  # share
    good = Specimen(train={"step": [0], "held_out_loss": LOSS, "fact_accumulation_ratio": [1.0], "fact_accumulation": [4]})
    bad = Specimen(train={"step": [0], "held_out_loss": LOSS, "fact_accumulation_ratio": [2.0], "fact_accumulation": [4]})

    def at(self, run: Evaluations) -> Seen | str:
        ratios = {name: run.fact(name) for name in ("accumulation_ratio", "evaluation_ratio")}
        known = {name: value for name, value in ratios.items() if value is not None}
        if not known:
            return "the scale of the loss was not measured"
        name, value = max(known.items(), key=lambda item: abs(item[1] - 1))
        met = max(run.fact("accumulation") or 1, run.fact("world_size") or 1) > 1
        off = abs(value - 1) > self.tolerance
        said = f"the {name.replace('_', ' ')} is {value:.3g}, 1 is right" + (
            "" if met or not off else "; this run does not meet it"
        )
        effect = Effect(name=name, value=value, unit="ratio")
        level = ("error" if met else "note") if off else None
        return self.seen(run, effect, said, level=level, limit=1 + self.tolerance, numbers=ratios, n=1, split="train")  # type: ignore[arg-type]  # one of three words
