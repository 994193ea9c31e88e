"""TUN201."""

from __future__ import annotations

from typing import Any

import numpy as np

from auditor.check import Specimen
from auditor.model import Effect, Level
from auditor.runcheck import RunCheck, Seen
from auditor.statistics.proportions import Z95
from auditor.tallies.evaluations import Evaluations
from auditor.tallies.rises import Judgement, RiseRule, held, judged, wanted

WHY = {
    "n_too_small": "too few held-out rows (or clusters) to tell overfitting from noise",
    "no_train_probe": "no training rows were evaluated, so overfitting cannot be told from divergence",
    "missing_metric": "no held-out losses by example",
    "non_finite": "the held-out loss is not finite",
    "changed_rows": "the held-out rows are not those of the best evaluation",
}


def _run(later: float, train: float) -> dict[str, list[Any]]:
    wave = np.sin(np.arange(120.0))
    losses = [(1.0 + 0.1 * wave).tolist(), (later + 0.12 * wave).tolist(), (later + 0.02 + 0.1 * wave).tolist()]
    probe = [[1.0] * 20, [train] * 20, [train] * 20]
    return {"step": [10, 20, 30], "held_out_loss": list(losses), "probe_loss": list(probe)}


class Overfit(RunCheck):
    """The held-out loss has risen above its best while the training loss went on falling.

    ## Why
    From the best evaluation on, further training learns the training rows by heart and serves new rows worse.

    ## Measured
    GL = 100 (mean held-out loss now / mean at the best evaluation - 1), percent, high is bad, and z of the paired
    differences example by example (by cluster where rows belong together), in evaluation mode. Warning: GL > 2, z > 1.64 and
    the probe of training rows below its loss at the best evaluation. Error: a warning at 2 of the last 3 evaluations, or
    GL > 5 with z > 3. Fewer than 100 rows, or a rise of 5 % that could be missed: cannot tell. Where accuracy is shown to
    hold, TUN208 speaks in its place. Where the best loss is below 1e-8, the rise in hundredths of a nat stands for GL.

    ## Fix
    Stop at the best evaluation or restore it (--on-overfit restore-best); if validation labels are noisy, clean them before
    acting.

    ## Known limits
    It measures loss under the held-out labels, noise included: with wrong labels in both sets it fires while the loss on
    clean labels still falls. The best is the luckiest of several evaluations, so z is a little optimistic.

    ## Source
    Prechelt 1998, doi:10.1007/3-540-49430-8_3, with a paired test; limits chosen by us on digits, see benchmarks.
    """

    code = "TUN201"
    answers = True
    shown = ("gl", "z")
    gl_warn: float = 2.0  # percent; see RiseRule
    gl_alarm: float = 5.0  # percent
    z: float = 1.64  # one-sided 5 %
    z_single: float = 3.0  # for an alarm at a single evaluation
    repeat: int = 2  # of the last three evaluations
    min_n: int = 100  # rows or clusters
    blind: float = 0.05  # share of the best loss that must be detectable for an ok
    margin: float = 0.02  # accuracy that may be lost and still "holds"; see TUN208
    learnt: float = 0.01  # share that accuracy on training rows may gain beyond the held-out one
    good = Specimen(train=_run(0.9, 0.5))
    bad = (Specimen(train=_run(1.2, 0.5)), Specimen(train=_run(1.03, 0.5)))

    def at(self, run: Evaluations) -> Seen | str:
        rule = RiseRule(**{k: getattr(self, k) for k in RiseRule.__dataclass_fields__})
        found = judged(run, rule)
        if found.rise is None or found.best is None:
            return self._without_rise(run, found)
        rise = found.rise
        step = found.best.step
        scale = 100 / rise.best if rise.gl is not None else 100.0
        low, high = (scale * (rise.rise + side * Z95 * rise.se) for side in (-1, 1))
        unit = "percent" if rise.gl is not None else "hundredths of a nat"
        effect = Effect(name="GL", value=rise.size, low=low, high=high, unit=unit, method="paired normal 95 %")
        numbers = {"gl": rise.gl, "z": rise.z, "rise": rise.rise, "se": rise.se, "best_step": float(step)}
        said = (
            f"held-out loss is {rise.size:+.1f} {unit} of the best (step {step:,}), z = {rise.z:.1f} over {rise.n:,} examples; "
            f"training loss {'fell' if rise.train_falls else 'did not fall'} meanwhile"
        )
        if found.status == "cannot-tell":
            said += f"; a rise of 5 % could be missed with these rows, about {wanted(rise, rule):,} would show it"
        level: Level | None = {"alarm": "error", "warning": "warning"}.get(found.status)  # type: ignore[assignment]  # two of three
        if (
            level
            and (accuracy := held(run, found, margin=self.margin, learnt=self.learnt, z=self.z)) is not None
            and accuracy.holds
        ):
            said, level = said + "; accuracy holds, so TUN208 speaks", None
        limit = self.gl_alarm if rise.over(self.gl_alarm, self.z_single) else self.gl_warn
        return self.seen(run, effect, said, level=level, limit=limit, numbers=numbers, n=rise.n, reason=found.reason)

    def _without_rise(self, run: Evaluations, found: Judgement) -> Seen:
        if found.status == "cannot-tell":
            said = WHY[found.reason] + (f": {found.n}, want at least {self.min_n}" if found.reason == "n_too_small" else "")
            return self.unsure(run, "GL", found.reason, said, found.n)
        effect = Effect(name="GL", value=0.0, unit="percent")
        message = f"held-out loss {run.last.loss:.4g} is the best so far"
        return self.seen(run, effect, message, limit=self.gl_warn, numbers={"gl": 0.0}, n=found.n)
