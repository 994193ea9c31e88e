"""TUN207."""

from __future__ import annotations

from typing import Any

import numpy as np

from auditor.check import Specimen
from auditor.model import Effect, Level
from auditor.runcheck import RunCheck, Seen
from auditor.statistics.paired import paired
from auditor.statistics.reliability import brier, classwise_error, error_rise, likelihood, temperature, top_label
from auditor.tallies.evaluations import Evaluations, Losses


def _run(sharper: float) -> dict[str, list[Any]]:
    rng = np.random.default_rng(0)
    logit = rng.normal(0, 1.5, 600)
    label = (rng.random(600) < 1 / (1 + np.exp(-logit))).astype(int)

    def of(scale: float) -> list[list[float]]:
        p = 1 / (1 + np.exp(-scale * logit))
        pairs: list[list[float]] = np.stack([1 - p, p], axis=1).tolist()
        return pairs

    p = [of(1.0), of(sharper)]
    loss = [[float(-np.log(q[y])) for q, y in zip(part, label, strict=True)] for part in p]
    # the first is made the better by a hair, so that the sharper is compared with it
    loss[1] = [x + 1e-6 for x in loss[1]]
    return {"step": [10, 20], "held_out_loss": loss, "held_out_label": [label.tolist()] * 2, "held_out_probabilities": p}


class CalibrationDrift(RunCheck):
    """The model has grown surer of its answers than it is right, while its accuracy held.

    ## Why
    Whoever acts on its probabilities (thresholds, review queues) is misled more and more.

    ## Measured
    Debiased calibration error of the predicted class over 15 bins of equal mass, now - at the best evaluation, share, with a
    paired bootstrap 95 % interval; high is bad. Warning where the lower limit is above .02 while accuracy does not fall.
    Beside it: the error by class, likelihood, Brier score, and the temperature fitted on half of the held-out rows. Fewer
    than 200 rows: cannot tell.

    ## Fix
    Divide the logits by the temperature shown; it does not change an answer.

    ## Known limits
    The error is a root and floored at 0, so its bootstrap is rough below .01. Bins hide what happens inside them.

    ## Source
    Kumar et al. 2019, arXiv:1909.10155 (debiasing); Guo et al. 2017, arXiv:1706.04599 (temperature). The limit of two points
    is chosen by us, about the error that 600 rows can tell.
    """

    code = "TUN207"
    shown = ("calibration_error", "temperature")
    rise: float = 0.02  # share
    min_n: int = 200  # rows
    draws: int = 300  # bootstrap
    good = Specimen(train=_run(1.0))
    bad = Specimen(train=_run(3.0))

    def at(self, run: Evaluations) -> Seen | str:
        best = run.best
        now, then = run.last.held_out, best.held_out if best else None
        if now is None or now.probabilities is None or now.label is None:
            return "the probabilities of the held-out rows are not known"
        if now.units < self.min_n:
            return self.unsure(run, "error_rise", "n_too_small", f"{now.units} held-out rows, want {self.min_n}", now.units)
        numbers = self._numbers(now)
        if best is None or then is None or then.probabilities is None or best.step == run.last.step or now.right is None:
            effect = Effect(name="error_rise", value=0.0, unit="share")
            return self.seen(run, effect, "loss is the best so far", limit=self.rise, numbers=numbers, n=now.units)
        labels = now.label.astype(np.int64)
        value, low, high = error_rise(
            top_label(now.probabilities, labels), top_label(then.probabilities, labels), draws=self.draws
        )
        assert then.right is not None  # made from probabilities and labels
        change = paired(now.right.astype(float) - then.right.astype(float), now.cluster)
        fell = change.mean + 1.64 * change.se < 0  # one-sided 5 %
        said = (
            f"calibration error {numbers['calibration_error']:.3f}, {value:+.3f} since the best evaluation (step {best.step:,}; "
            f"{low:+.3f} to {high:+.3f}); accuracy {'fell' if fell else 'did not fall'}; a temperature of "
            f"{numbers['temperature']:.2f} fits"
        )
        effect = Effect(name="error_rise", value=value, low=low, high=high, unit="share", method="paired bootstrap 95 %")
        level: Level | None = "warning" if low > self.rise and not fell else None
        return self.seen(run, effect, said, level=level, limit=self.rise, numbers=numbers | {"error_rise": value}, n=now.units)

    @staticmethod
    def _numbers(now: Losses) -> dict[str, float | None]:
        from auditor.statistics.reliability import calibration_error

        assert now.probabilities is not None and now.label is not None  # asked before
        p, labels = now.probabilities, now.label.astype(np.int64)
        return {
            "calibration_error": calibration_error(*top_label(p, labels)),
            "classwise_error": classwise_error(p, labels),
            "likelihood": likelihood(p, labels),
            "brier": brier(p, labels),
            "temperature": temperature(p[::2], labels[::2]),
        }
