"""TUN101."""

from __future__ import annotations

from typing import Any

import numpy as np

from auditor.check import Specimen
from auditor.model import Effect, Level
from auditor.runcheck import RunCheck, Seen
from auditor.tallies.evaluations import Evaluations


def _run(*bad: int, scaler: bool = False) -> dict[str, list[Any]]:
    norms = [float("inf") if i in bad else 1.0 for i in range(300)]
    run: dict[str, list[Any]] = {
        "step": [300],
        "steps": [list(range(1, 301))],
        "gradient_norm": [norms],
        "held_out_loss": [[1.0, 1.1]],
    }
    if scaler:
        run["skipped"] = [[float(i in bad) for i in range(300)]]
    return run


class NonFinite(RunCheck):
    """A loss, a gradient or an evaluation is not a finite number.

    ## Why
    One NaN that reaches the weights makes all of them NaN; the usual log filter hides it behind a running mean.

    ## Measured
    Steps whose loss or gradient norm is NaN or infinite, evaluations whose mean loss is: count, any is an error. Under a loss
    scaler (half precision) skipped steps are normal: an error at 5 in a row, or above 5 % of the last 200.

    ## Fix
    Look at the rows of that batch; lower the learning rate; use bfloat16 or float32; go on from the last finite checkpoint.

    ## Known limits
    A norm or loss that was not handed in is not seen. A scaler's first steps are skipped by design.

    ## Source
    Five in a row and 5 % of 200 steps are chosen by us: a scaler that has found its factor skips about one step in 2,000.
    """

    code = "TUN101"
    in_a_row: int = 5  # skipped steps
    share: float = 0.05  # of the last 200 steps
    window: int = 200  # steps
    good = (Specimen(train=_run()), Specimen(train=_run(10, 50, scaler=True)))
    bad = (Specimen(train=_run(9)), Specimen(train=_run(*range(20, 26), scaler=True)))

    def at(self, run: Evaluations) -> Seen | str:
        steps = np.concatenate([e.steps for e in run.all])
        bad: set[int] = set()
        looked = 0
        for name in ("step_loss", "gradient_norm"):
            at, values = run.series(name)
            _, skipped = run.series("skipped")
            allowed = skipped > 0 if len(skipped) == len(values) else np.zeros(len(values), bool)
            given = np.isfinite(values).any()
            looked = max(looked, len(values) if given else 0)
            # NaN stands for "not read" in a series that is all NaN, and for a fault in one that is not
            wrong = (~np.isfinite(values) & ~allowed) if given else np.isinf(values)
            bad |= {int(s) for s in at[wrong]}
        if (fact := run.last.facts.get("non_finite_step")) is not None:
            bad = {int(fact)}
        said = [f"first at step {min(bad):,}"] if bad else []
        for part, name in ((run.last.held_out, "held-out"), (run.last.probe, "probe"), (run.last.retained, "retained")):
            if part is not None and part.n and part.mean is not None and not np.isfinite(part.mean):
                said.append(f"the mean {name} loss is {part.mean}")
        said += self._skips(run)
        n = max(looked, len(steps), 1)
        effect = Effect(name="non_finite", value=float(len(bad) or len(said)), unit="steps")
        first = min(bad) if bad else None
        message = "; ".join(said) or "all numbers are finite"
        numbers: dict[str, float | None] = {"non_finite_steps": float(len(bad)), "first": None if first is None else float(first)}
        level: Level | None = "error" if said else None
        return self.seen(
            run,
            effect,
            message,
            level=level,
            limit=0.0,
            numbers=numbers,
            n=n,
            affected=min(len(bad), n),
            split="train",
            step=first,
        )

    def _skips(self, run: Evaluations) -> list[str]:
        _, skipped = run.series("skipped")
        if not len(skipped):
            return []
        row = longest = 0
        for hit in skipped:
            row = row + 1 if hit else 0
            longest = max(longest, row)
        if longest >= self.in_a_row:
            return [f"the loss scaler skipped {longest} steps in a row"]
        last = skipped[-self.window :]
        if len(last) == self.window and last.mean() > self.share:
            return [f"the loss scaler skipped {100 * last.mean():.0f} % of the last {self.window} steps"]
        return []
