"""TUN206."""

from __future__ import annotations

import math
from typing import Any

from auditor.check import Specimen
from auditor.model import Effect, Level
from auditor.runcheck import RunCheck, Seen
from auditor.statistics.stopping import Patience, generalisation_loss, gl_stops, pq_stops, progress, up_stops
from auditor.tallies.evaluations import Evaluations
from auditor.tallies.rises import rise_at


def _run(step: float) -> dict[str, list[Any]]:
    means = [1.0 + step * i for i in range(8)]
    return {"step": list(range(8)), "held_out_loss": [[m, m + 0.1, m - 0.1] for m in means], "probe_loss": [[1.0]] * 8}


class PatienceSpent(RunCheck):
    """The held-out loss has not improved for several evaluations.

    ## Why
    Steps that gain nothing cost time, and may be the beginning of overfitting.

    ## Measured
    Evaluations since the held-out loss last improved by more than `min_delta` on the value that last counted (so small gains
    add up); high is bad, a warning at 5. Prechelt's rules GL 5, PQ 0.5 and UP 3 stand beside it for comparison.

    ## Fix
    Look whether TUN201 agrees before stopping: a plateau is no overfitting.

    ## Known limits
    Patience alone stops healthy runs: patience 1 to 3 was wrong in up to 20 of 20 noise-free runs, so no action answers it.

    ## Source
    Prechelt 1998, doi:10.1007/3-540-49430-8_3; patience 5 is the smallest that was wrong in fewer than a third of the runs of
    benchmarks/guard_digits.py.
    """

    code = "TUN206"
    patience: int = 5  # evaluations
    min_delta: float | None = None  # nats; None = one paired standard error, 0 where there is none
    warm_up: int = 0  # first evaluations that are not counted
    good = Specimen(train=_run(-0.05))
    bad = Specimen(train=_run(0.05))

    def at(self, run: Evaluations) -> Seen | str:
        losses = [e.loss for e in run.all if e.held_out is not None]
        if not losses:
            return self.unsure(run, "evaluations_waited", "missing_metric", "no held-out loss")
        delta = self.min_delta
        if delta is None:
            found, _ = rise_at(run, run.last.step)
            delta = found.se if found is not None and math.isfinite(found.se) else 0.0
        state = Patience()
        for loss in losses:
            state = state.after(loss, delta, self.warm_up)
        train = [e.probe.mean for e in run.all if e.probe is not None and e.probe.mean is not None]
        stops = {"GL5": gl_stops(losses), "PQ0.5": pq_stops(losses, train), "UP3": up_stops(losses)}
        said = (
            f"{state.waited} evaluations without a gain above {delta:.2g} nats"
            f"{' (the last loss is not finite)' if state.reason else ''}; of GL5, PQ0.5 and UP3 "
            f"{', '.join(k for k, v in stops.items() if v) or 'none'} would stop"
        )
        effect = Effect(name="evaluations_waited", value=float(state.waited), unit="evaluations")
        numbers = {
            "waited": float(state.waited),
            "min_delta": delta,
            "prechelt_gl": generalisation_loss(losses),
            "prechelt_progress": progress(train),
            **{name: float(stop) for name, stop in stops.items()},
        }
        level: Level | None = "warning" if state.waited >= self.patience else None
        return self.seen(run, effect, said, level=level, limit=float(self.patience), numbers=numbers, n=len(losses))
