"""TUN103."""

from __future__ import annotations

from auditor.check import Specimen
from auditor.model import Effect, Level
from auditor.runcheck import RunCheck, Seen
from auditor.tallies.evaluations import Evaluations

LOSS = [[1.0, 1.1]]


class NothingTrains(RunCheck):
    """The weights do not move, or they move violently.

    ## Why
    Hours of compute change nothing: all layers frozen, parameters missing from the optimiser, a learning rate of zero.

    ## Measured
    Parameters that are trained: count, error at 0. Norm of an update / norm of the weights, outside warm-up: ratio, error below
    1e-7, warning above .1. Parameters without any gradient in three checks in a row: count, a warning above 0.

    ## Fix
    Unfreeze the layers that shall learn, build the optimiser from their parameters, and look at the learning rate.

    ## Known limits
    In the first steps of a warm-up the learning rate is 0 and nothing moves.

    ## Source
    1e-7 is the smallest relative change that float32 can hold (2^-23); .1 a step rewrites the weights within ten.
    """

    code = "TUN103"
    dead: float = 1e-7  # ratio
    violent: float = 0.1  # ratio
    good = Specimen(train={"step": [50], "held_out_loss": LOSS, "fact_trainable": [10], "fact_update_ratio": [1e-3]})
    bad = (
        Specimen(train={"step": [50], "held_out_loss": LOSS, "fact_trainable": [0], "fact_update_ratio": [0.0]}),
        Specimen(train={"step": [50], "held_out_loss": LOSS, "fact_trainable": [10], "fact_update_ratio": [0.0]}),
    )

    def at(self, run: Evaluations) -> Seen | str:
        trainable, ratio = run.fact("trainable"), run.fact("update_ratio")
        untouched = run.fact("untouched_parameters") or 0
        if trainable is None and ratio is None:
            return "neither trained parameters nor updates were counted"
        level: Level | None = None
        said, limit = "", self.dead
        if trainable == 0:
            level, said = "error", "no parameter is trained"
        elif ratio is not None and ratio < self.dead:
            level, said = "error", f"updates are {ratio:.2g} of the weights: nothing moves"
        elif ratio is not None and ratio > self.violent:
            level, said, limit = "warning", f"updates are {ratio:.2g} of the weights a step", self.violent
        elif untouched > 0:
            level, said = "warning", f"{untouched:.0f} parameters get no gradient"
        else:
            said = f"{trainable or 0:,.0f} parameters are trained" + (
                "" if ratio is None else f", updates are {ratio:.2g} of the weights"
            )
        value = ratio if ratio is not None else trainable
        effect = Effect(
            name="update_ratio" if ratio is not None else "trainable",
            value=value,
            unit="ratio" if ratio is not None else "parameters",
        )
        numbers = {"trainable": trainable, "update_ratio": ratio, "untouched_parameters": untouched}
        return self.seen(run, effect, said, level=level, limit=limit, numbers=numbers, n=1, split="train")
