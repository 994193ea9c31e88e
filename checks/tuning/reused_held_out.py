"""TUN107."""

from __future__ import annotations

from auditor.check import Specimen
from auditor.model import Effect, Level
from auditor.runcheck import RunCheck, Seen
from auditor.statistics.optimism import optimism_bound
from auditor.tallies.evaluations import Evaluations

LOSS = [[0.1 * (i % 5) for i in range(200)]]


class ReusedHeldOut(RunCheck):
    """The held-out rows were looked at so often that what they promise is not what new rows will give.

    ## Why
    Each choice made by a look fits the held-out rows a little; the final number is then too good.

    ## Measured
    Optimism bound sqrt(ln(2 k / .05) / (2 n)) of accuracy after k looks at n rows, share, high is bad: a warning where it
    exceeds the gain that is claimed. Error where the split that certifies the result was used to choose.

    ## Fix
    Certify on rows that no choice has seen.

    ## Known limits
    The bound holds for k models fixed beforehand; where choices followed earlier looks it is too small. It is about accuracy:
    losses are not bounded.

    ## Source
    Hoeffding 1963, doi:10.1080/01621459.1963.10500830, with a union over the looks.
    """

    code = "TUN107"
    delta: float = 0.05  # the bound holds with probability 1 - delta
    good = Specimen(train={"step": [10], "held_out_loss": LOSS, "fact_looks": [1], "fact_claimed_gain": [0.3]})
    bad = (
        Specimen(train={"step": [10], "held_out_loss": LOSS, "fact_looks": [100], "fact_claimed_gain": [0.02]}),
        Specimen(train={"step": [10], "held_out_loss": LOSS, "fact_looks": [1], "fact_certified_on_selected": [1.0]}),
    )

    def at(self, run: Evaluations) -> Seen | str:
        looks, claimed = run.fact("looks"), run.fact("claimed_gain")
        held_out = run.last.held_out
        if looks is None or held_out is None or not held_out.n:
            return "no ledger of looks was kept"
        bound = optimism_bound(int(looks), held_out.n, self.delta)
        said = f"{int(looks)} looks at {held_out.n:,} held-out rows: accuracy may be up to {100 * bound:.1f} points too good"
        level: Level | None = None
        if run.fact("certified_on_selected"):
            level, said = "error", said + "; the split that certifies was used to choose"
        elif claimed is not None and bound > claimed:
            level, said = "warning", said + f", and {100 * claimed:.1f} points are claimed"
        effect = Effect(name="optimism_bound", value=bound, unit="share")
        numbers = {"looks": looks, "optimism_bound": bound, "claimed_gain": claimed}
        return self.seen(run, effect, said, level=level, limit=claimed, numbers=numbers, n=held_out.n)
