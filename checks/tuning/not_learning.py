"""TUN205."""

from __future__ import annotations

import math
from typing import Any

from auditor.check import Specimen
from auditor.model import Effect, Level
from auditor.runcheck import RunCheck, Seen
from auditor.statistics.paired import paired
from auditor.statistics.rise import prior_entropy
from auditor.tallies.evaluations import Evaluations


def _run(loss: float) -> dict[str, list[Any]]:
    return {
        "step": [60],
        "epoch": [1.5],
        "held_out_loss": [[loss + 0.01 * (i % 5) for i in range(120)]],
        "held_out_label": [[i % 2 for i in range(120)]],
    }


class NotLearning(RunCheck):
    """The held-out loss is no better than knowing the shares of the classes.

    ## Why
    The model has learnt nothing that it could say about a row: labels at random, a learning rate too low or too high, or
    nothing that is trained.

    ## Measured
    Mean held-out loss - entropy of the held-out class shares, nats, with its standard error, after 50 steps and one epoch,
    whichever is later. High is bad: a warning where the loss is not below the entropy by more than one standard error. For
    tokens the entropy of their shares is handed in.

    ## Fix
    Check labels (are they shuffled?), learning rate, and which layers are trained.

    ## Known limits
    Hard tasks begin slowly. An overconfident model can be worse than the class shares and still be right more often.

    ## Source
    The entropy of the class shares is the loss of the best constant answer; 50 steps and one epoch are chosen by us, as the
    least after which a fine-tune has seen its rows once.
    """

    code = "TUN205"
    after_steps: int = 50
    after_epochs: float = 1.0
    good = Specimen(train=_run(0.3))
    bad = Specimen(train=_run(0.7))

    def at(self, run: Evaluations) -> Seen | str:
        now = run.last
        held_out = now.held_out
        if now.step < self.after_steps or (now.epoch is not None and now.epoch < self.after_epochs):
            return self.unsure(run, "loss_above_prior", "too_few_evals", f"judged after {self.after_steps} steps and one epoch")
        entropy = run.fact("prior_entropy")
        if held_out is not None and held_out.full and held_out.label is not None:
            entropy = prior_entropy(held_out.label)
        if held_out is None or not held_out.full or entropy is None or len(held_out.loss) < 2:
            return self.unsure(run, "loss_above_prior", "missing_metric", "labels of the held-out rows are not known")
        test = paired(held_out.loss - entropy, held_out.cluster)
        low, high = test.interval()
        effect = Effect(name="loss_above_prior", value=test.mean, low=low, high=high, unit="nats", method="normal 95 %")
        if not math.isfinite(test.mean):
            return self.unsure(run, "loss_above_prior", "non_finite", "the held-out loss is not finite", test.n)
        if entropy == 0:
            return self.unsure(run, "loss_above_prior", "one_class", "the held-out rows have one class only", test.n)
        said = f"held-out loss {entropy + test.mean:.4g}, class shares alone give {entropy:.4g} (standard error {test.se:.2g})"
        level: Level | None = "warning" if test.mean >= -test.se else None
        numbers = {"prior_entropy": entropy, "above_prior": test.mean, "above_prior_se": test.se}
        return self.seen(run, effect, said, level=level, limit=-test.se, numbers=numbers, n=test.n)
