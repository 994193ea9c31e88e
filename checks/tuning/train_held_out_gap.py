"""TUN202."""

from __future__ import annotations

from typing import Any

from auditor.check import Specimen
from auditor.model import Effect
from auditor.runcheck import RunCheck, Seen
from auditor.statistics.paired import bootstrap_gap, welch
from auditor.tallies.evaluations import Evaluations


def _run(wrong: int) -> dict[str, list[Any]]:
    return {
        "step": [10],
        "held_out_loss": [[0.5 + 0.01 * (i % 9) for i in range(200)]],
        "held_out_right": [[i >= wrong for i in range(200)]],
        "probe_loss": [[0.4 + 0.01 * (i % 9) for i in range(200)]],
        "probe_right": [[i >= 10 for i in range(200)]],
    }


class TrainHeldOutGap(RunCheck):
    """The model answers its training rows much better than held-out rows.

    ## Why
    The gap is what was learnt by heart; it will not be there in use.

    ## Measured
    Mean held-out loss - mean loss of the training probe, nats, with Welch's 95 % interval: reported, no limit. Accuracy of
    the probe - accuracy held out, share, with its bootstrap 95 % interval (1,000 draws): a warning where the lower limit is
    above .10. High is bad. Never the ratio of losses: it explodes as the training loss goes to 0.

    ## Fix
    Regularise (dropout, weight decay, fewer trained layers), add data, or stop earlier; if the probe is a copy of the
    held-out rows, the gap says nothing.

    ## Known limits
    A gap as such is no overfitting: a model may have one and still improve on new rows. Augmented training rows are probed
    without augmentation.

    ## Source
    The budget of ten points is chosen by us; the ratio rule of .1 that it stands against fired in 17-20 of 20 healthy runs.
    """

    code = "TUN202"
    shown = ("gap", "gap_low", "gap_high")
    accuracy_budget: float = 0.10  # share; chosen by us, as a loss of skill that a user would notice
    loss_budget: float | None = None  # nats; none by default: losses have no common scale
    min_n: int = 30  # rows a side for the normal approximation of a mean
    good = Specimen(train=_run(12))
    bad = Specimen(train=_run(80))

    def at(self, run: Evaluations) -> Seen | str:
        held_out, probe = run.last.held_out, run.last.probe
        if probe is None or not probe.full:
            return self.unsure(run, "gap", "no_train_probe", "no training rows were evaluated as the held-out rows are")
        if held_out is None or not held_out.full or min(len(held_out.loss), len(probe.loss)) < self.min_n:
            n = 0 if held_out is None else len(held_out.loss)
            return self.unsure(run, "gap", "n_too_small", f"{n} held-out and {len(probe.loss)} probe rows, want {self.min_n}")
        gap, low, high = welch(held_out.loss, probe.loss)
        numbers: dict[str, float | None] = {"gap": gap, "gap_low": low, "gap_high": high}
        over = self.loss_budget is not None and low > self.loss_budget
        effect = Effect(name="loss_gap", value=gap, low=low, high=high, unit="nats", method="Welch 95 %")
        limit = self.loss_budget
        said = f"held-out loss exceeds the probe's by {gap:.4g} nats ({low:.4g} to {high:.4g})"
        if held_out.right is not None and probe.right is not None:
            wide, wide_low, wide_high = bootstrap_gap(probe.right.astype(float), held_out.right.astype(float))
            numbers |= {"accuracy_gap": wide, "accuracy_gap_low": wide_low, "accuracy_gap_high": wide_high}
            said += f"; accuracy falls short by {100 * wide:.1f} points ({100 * wide_low:.1f} to {100 * wide_high:.1f})"
            if not over:
                effect = Effect(
                    name="accuracy_gap", value=wide, low=wide_low, high=wide_high, unit="share", method="bootstrap 95 %"
                )
                over, limit = wide_low > self.accuracy_budget, self.accuracy_budget
        n = held_out.units
        return self.seen(run, effect, said, level="warning" if over else None, limit=limit, numbers=numbers, n=n)
