"""TUN211."""

from __future__ import annotations

from typing import Any

from auditor.check import Specimen
from auditor.model import Effect, Level
from auditor.runcheck import RunCheck, Seen
from auditor.statistics.paired import paired
from auditor.tallies.evaluations import Evaluations


def _run(later: float, wrong: int) -> dict[str, list[Any]]:
    base = [0.5 + 0.01 * (i % 11) for i in range(150)]
    return {
        "step": [0, 100],
        "held_out_loss": [[1.0, 1.1], [0.8, 0.9]],
        "retained_loss": [base, [x * later + 0.001 * (i % 3) for i, x in enumerate(base)]],
        "retained_right": [[True] * 150, [i >= wrong for i in range(150)]],
    }


class Forgetting(RunCheck):
    """The model has lost skill on the general data that was to be kept.

    ## Why
    A fine-tune that forgets what the base model knew serves one task and fails the others.

    ## Measured
    On the retained rows, now against step 0, paired row by row with 95 % intervals: fall of accuracy (share) and rise of mean
    loss (share of the base loss); high is bad. Error where the lower limit of the fall is above .02, or that of the rise above
    5 % with a base loss of at least .1 nats (below it a relative rise warns only). Warning where the point is beyond and z >
    1.64. No retained rows, or no evaluation at step 0: cannot tell.

    ## Fix
    Mix retained rows into the training data, lower the learning rate, or train adapters (LoRA) instead of all weights.

    ## Known limits
    Retained rows that resemble the new task hide forgetting. Skills that no retained row asks for are not seen.

    ## Source
    Limits chosen by us; on digits 0-4 then 5-9 the warning came at the first evaluation and the error within two more.
    """

    code = "TUN211"
    answers = True
    shown = ("retained_fall", "retained_rise")
    accuracy_fall: float = 0.02  # share
    loss_rise: float = 0.05  # share of the base loss
    base_loss: float = 0.1  # nats; below it a relative rise is rounding of a solved task
    z: float = 1.64  # one-sided 5 %
    min_n: int = 100  # rows or clusters, as TUN201
    good = Specimen(train=_run(1.0, 0))
    bad = (Specimen(train=_run(1.3, 0)), Specimen(train=_run(1.0, 20)))

    def at(self, run: Evaluations) -> Seen | str:
        now, base = run.last.retained, run.first.retained
        if now is None or base is None or run.first.step != 0 or not now.full or not base.full:
            said = "no retained rows were given (--retain)" if now is None else "the base model was not evaluated at step 0"
            return self.unsure(run, "retained_fall", "missing_metric", said)
        if len(now.loss) != len(base.loss):
            return self.unsure(run, "retained_fall", "changed_rows", "the retained rows are not those of step 0")
        if now.units < self.min_n:
            return self.unsure(run, "retained_fall", "n_too_small", f"{now.units} retained rows, want {self.min_n}", now.units)
        if run.last.step == 0:
            effect = Effect(name="loss_rise", value=0.0, unit="share")
            return self.seen(run, effect, "this is the base model", limit=self.loss_rise, n=now.units, split="retained")
        return self._against(run)

    def _against(self, run: Evaluations) -> Seen:
        now, base = run.last.retained, run.first.retained
        assert now is not None and base is not None and base.mean is not None  # asked before
        loss = paired(now.loss - base.loss, now.cluster)
        scale = base.mean if base.mean > 0 else float("nan")
        rise, (low, high) = loss.mean / scale, (x / scale for x in loss.interval())
        effect = Effect(name="loss_rise", value=rise, low=low, high=high, unit="share", method="paired normal 95 %")
        limit, level = self.loss_rise, self._level(low, rise, loss.z, self.loss_rise)
        if level == "error" and base.mean < self.base_loss:
            level = "warning"
        said = (
            f"loss on retained rows {100 * rise:+.1f} % of {base.mean:.3g} nats at step 0 ({100 * low:+.1f} to {100 * high:+.1f})"
        )
        numbers: dict[str, float | None] = {"retained_rise": rise, "retained_rise_low": low}
        if now.right is not None and base.right is not None:
            fall = paired(base.right.astype(float) - now.right.astype(float), now.cluster)
            fall_low, fall_high = fall.interval()
            numbers |= {"retained_fall": fall.mean, "retained_fall_low": fall_low}
            said += f"; accuracy fell by {100 * fall.mean:.1f} points ({100 * fall_low:.1f} to {100 * fall_high:.1f})"
            other = self._level(fall_low, fall.mean, fall.z, self.accuracy_fall)
            if other == "error" or (other and not level):
                level, limit = other, self.accuracy_fall
                effect = Effect(
                    name="accuracy_fall", value=fall.mean, low=fall_low, high=fall_high, unit="share", method="paired normal 95 %"
                )
        return self.seen(run, effect, said, level=level, limit=limit, numbers=numbers, n=loss.n, split="retained")

    def _level(self, low: float, value: float, z: float, limit: float) -> Level | None:
        return "error" if low > limit else "warning" if value > limit and z > self.z else None
