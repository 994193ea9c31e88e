"""TUN203."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from auditor.check import Specimen
from auditor.model import Effect, Level
from auditor.runcheck import RunCheck, Seen
from auditor.statistics.spike import SpikeRule, diverged
from auditor.tallies.evaluations import Evaluations


def _run(end: float, train: float) -> dict[str, list[Any]]:
    early = [1.0 + 0.1 * math.sin(i) for i in range(80)]
    return {
        "step": [80, 120],
        "steps": [list(range(80)), list(range(80, 120))],
        "step_loss": [early, [end + 0.1 * math.sin(i) for i in range(40)]],
        "held_out_loss": [[1.0, 1.1], [end, end + 0.1]],
        "probe_loss": [[1.0, 1.1], [train, train + 0.1]],
    }


class Divergence(RunCheck):
    """The loss has climbed and stays up, on training rows and held-out rows alike.

    ## Why
    The weights have left the region that was learnt; further steps make the model worse on everything.

    ## Measured
    Median of the last 20 step losses / median of the 100 before, ratio, high is bad. Error above 1.5, where the mean losses
    of probe and held-out rows are above those of the best evaluation too (where both are known).

    ## Fix
    Go back to the best checkpoint and lower the learning rate (a tenth), with warm-up and gradient clipping.

    ## Known limits
    A change of curriculum or of the mixture of data raises the loss without harm. Losses at or below 0 (reinforcement
    learning) are not judged. Fewer than 70 step losses: cannot tell.

    ## Source
    Windows and ratio chosen by us: 1.5 medians is beyond batch noise and warm-up of a fine-tune; practice as described for
    large models (PaLM, arXiv:2204.02311, to be verified against the source).
    """

    code = "TUN203"
    answers = True
    ratio: float = 1.5  # of medians
    last: int = 20  # steps
    window: int = 100  # steps before them
    good = (Specimen(train=_run(1.0, 1.0)), Specimen(train=_run(2.5, 0.5)))
    bad = Specimen(train=_run(2.5, 2.5))

    def at(self, run: Evaluations) -> Seen | str:
        _, losses = run.series("step_loss")
        finite = losses[np.isfinite(losses)]
        rule = SpikeRule(ratio=self.ratio, last=self.last, window=self.window)
        if len(finite) < rule.after + rule.last:
            said = f"{len(finite)} step losses, want at least {rule.after + rule.last}"
            return self.unsure(run, "median_ratio", "n_too_small" if len(finite) else "missing_metric", said, len(finite))
        up, last, before = diverged(losses, rule, since=len(run.last.steps))
        effect = Effect(
            name="median_ratio", value=last / before if before > 0 else None, unit="ratio", reason="median not above 0"
        )
        best, now = run.best, run.last
        rising = [
            a.mean > b.mean
            for a, b in ((now.held_out, best and best.held_out), (now.probe, best and best.probe))
            if a and b and a.mean is not None and b.mean is not None
        ]
        both = best is not None and best.step != now.step and all(rising)
        said = f"median loss of the last {self.last} steps is {last:.4g}, before it was {before:.4g}"
        if up and not both:
            said += "; the evaluations do not confirm it"
        level: Level | None = "error" if up and both else None
        numbers = {"median_last": last, "median_before": before}
        return self.seen(run, effect, said, level=level, limit=self.ratio, numbers=numbers, n=len(finite), split="train")
