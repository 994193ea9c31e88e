"""TUN106."""

from __future__ import annotations

from auditor.check import Specimen
from auditor.model import Effect
from auditor.runcheck import RunCheck, Seen
from auditor.tallies.evaluations import Evaluations

LOSS = [[1.0, 1.1]]


class ChangedHeldOut(RunCheck):
    """The held-out or training rows are not those that the run began with.

    ## Why
    Losses before and after the change cannot be compared, so neither a best evaluation nor a rise means anything.

    ## Measured
    Fingerprint (SHA-256 over the rows' hashes) at start or resume against now: sets that differ, count, an error above 0.

    ## Fix
    Resume with the rows that the run began with, or begin a new run.

    ## Known limits
    Rows in another order count as changed.

    ## Source
    A structural fact; no limit to choose.
    """

    code = "TUN106"
    lasting = ("error",)
    good = Specimen(train={"step": [10], "held_out_loss": LOSS, "fact_held_out_changed": [0.0], "fact_train_changed": [0.0]})
    bad = Specimen(train={"step": [10], "held_out_loss": LOSS, "fact_held_out_changed": [1.0], "fact_train_changed": [0.0]})

    def at(self, run: Evaluations) -> Seen | str:
        facts = {name: run.fact(f"{name}_changed") for name in ("held_out", "train")}
        if all(value is None for value in facts.values()):
            return "the run was not resumed"
        changed = [name.replace("_", "-") for name, value in facts.items() if value]
        said = f"fingerprint_changed: the {' and '.join(changed)} rows differ" if changed else "the rows are those of the start"
        effect = Effect(name="changed_sets", value=float(len(changed)), unit="sets")
        return self.seen(
            run, effect, said, level="error" if changed else None, limit=0.0, numbers=facts, n=2, affected=len(changed)
        )
