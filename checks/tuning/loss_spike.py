"""TUN204."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from auditor.check import Specimen
from auditor.model import Effect, Level
from auditor.runcheck import RunCheck, Seen
from auditor.statistics.spike import SpikeRule, spikes
from auditor.tallies.evaluations import Evaluations


def _run(*spiky: int) -> dict[str, list[Any]]:
    losses = [2.0 * math.exp(-i / 200) + 0.05 * math.sin(7 * i) for i in range(120)]
    for i in spiky:
        losses[i] *= 100
    return {"step": [120], "steps": [list(range(120))], "step_loss": [losses], "held_out_loss": [[1.0, 1.1]]}


class LossSpike(RunCheck):
    """A training step had a loss or a gradient far outside what the steps before it had.

    ## Why
    One bad batch (a broken row, a wrong label, an outlier in length) can throw away what was learnt.

    ## Measured
    Step loss, or gradient norm, against the last 100 finite values before it: a spike exceeds their median by more than 6
    robust standard deviations (1.4826 MAD; gradient norms in logarithms) and by more than half, after the first 50 values.
    High is bad. Warning; error where it is not back within 2 deviations in 10 steps.

    ## Fix
    Look at the rows of that batch, then leave them out or clip gradients lower.

    ## Known limits
    A learning-rate warm-up, or a change of the mixture of data, looks like a spike. Losses at or below 0 (reinforcement
    learning) are judged by gradient norm only.

    ## Source
    Window and limits chosen by us: 6 robust deviations is beyond the heavy tail of batch losses; the usual callback waits for
    3 times the running mean.
    """

    code = "TUN204"
    lasting = ("error", "warning")
    window: int = 100  # values
    after: int = 50  # values of warm-up
    deviations: float = 6.0  # robust standard deviations
    ratio: float = 1.5  # of the median
    back: int = 10  # steps
    good = Specimen(train=_run())
    bad = (Specimen(train=_run(90)), Specimen(train=_run(*range(90, 120))))

    def at(self, run: Evaluations) -> Seen | str:
        rule = SpikeRule(window=self.window, after=self.after, deviations=self.deviations, ratio=self.ratio, back=self.back)
        found: list[tuple[int, Any, str]] = []
        seen_values = 0
        for name, logarithm in (("step_loss", False), ("gradient_norm", True)):
            steps, values = run.series(name)
            seen_values = max(seen_values, int(np.isfinite(values).sum()))
            start = max(0, len(values) - len(run.last.steps) - self.back)
            found += [(int(steps[s.at]), s, name) for s in spikes(values, rule, logarithm=logarithm, start=start)]
        if seen_values < self.after:
            reason = "n_too_small" if seen_values else "missing_metric"
            return self.unsure(run, "spike", reason, f"{seen_values} step losses, want {self.after}", seen_values)
        if not found:
            return self.seen(run, Effect(name="spikes", value=0.0, unit="steps"), "no spike", limit=0.0, n=seen_values)
        stays = [f for f in found if f[1].back is False]
        step, worst, name = (stays or sorted(found, key=lambda f: -f[1].value / f[1].median))[0]
        level: Level = "error" if stays else "warning"
        effect = Effect(name=name, value=worst.value, unit="nats" if name == "step_loss" else "norm")
        said = (
            f"{name.replace('_', ' ')} {worst.value:.4g} where the median before was {worst.median:.4g}; "
            f"{'not back' if stays else 'back' if worst.back else 'too early to say whether back'} within {self.back} steps"
            f"{f'; {len(found)} spikes' if len(found) > 1 else ''}"
        )
        numbers = {"median": worst.median, "spikes": float(len(found)), "spike_step": float(step)}
        return self.seen(
            run,
            effect,
            said,
            level=level,
            limit=worst.limit,
            numbers=numbers,
            n=seen_values,
            affected=len(found),
            split="train",
            step=step,
        )
