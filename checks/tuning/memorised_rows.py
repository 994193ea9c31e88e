"""TUN209."""

from __future__ import annotations

from typing import Any

from auditor.check import Specimen
from auditor.model import Effect, Level
from auditor.runcheck import RunCheck, Seen
from auditor.statistics.delong import auc, true_positive_rate
from auditor.tallies.evaluations import Evaluations


def _run(shift: float) -> dict[str, list[Any]]:
    spread = [(i * 37 % 200) / 100 for i in range(200)]
    return {"step": [10], "held_out_loss": [spread], "probe_loss": [[max(0.0, x - shift) for x in spread]]}


class MemorisedRows(RunCheck):
    """The loss of a row tells whether the model was trained on it.

    ## Why
    Such a model has learnt rows, not what they have in common; and whoever holds a row can ask whether it was in the data.

    ## Measured
    Area under the ROC curve of -loss, training probe against held-out rows, .5 to 1, high is bad, with DeLong's 95 % interval;
    and the share of probe rows found at 1 % false alarms (from 500 held-out rows on). Warning where the lower limit is above
    .55, error where it is above .65.

    ## Fix
    Fewer epochs, fewer trained layers, de-duplicated rows; for personal data, differential privacy.

    ## Known limits
    Held-out rows from another source or time are told apart too, without any memorising: compare SHF301.

    ## Source
    Yeom et al. 2018, arXiv:1709.01604. Limits chosen by us: on digits, clean labels gave .535, 20 % noise .60, 40 % .65,
    labels at random .885.
    """

    code = "TUN209"
    shown = ("membership_auc",)
    warn_low: float = 0.55  # area; see Source
    error_low: float = 0.65  # area
    min_n: int = 100  # rows a side, as TUN201
    tail_n: int = 500  # held-out rows from which a rate at 1 % has five rows to stand on
    good = Specimen(train=_run(0.0))
    bad = Specimen(train=_run(1.0))

    def at(self, run: Evaluations) -> Seen | str:
        held_out, probe = run.last.held_out, run.last.probe
        if probe is None or not probe.full:
            return self.unsure(run, "membership_auc", "no_train_probe", "no training rows were evaluated")
        n = len(held_out.loss) if held_out is not None else 0
        if held_out is None or min(n, len(probe.loss)) < self.min_n:
            said = f"{n} held-out and {len(probe.loss)} probe rows, want {self.min_n} each"
            return self.unsure(run, "membership_auc", "n_too_small", said, n)
        area, low, high = auc(-probe.loss, -held_out.loss)
        effect = Effect(name="membership_auc", value=area, low=low, high=high, unit="area", method="DeLong 95 %")
        level: Level | None = "error" if low > self.error_low else "warning" if low > self.warn_low else None
        said = f"training rows are told from held-out rows by their loss with an area of {area:.3f} ({low:.3f} to {high:.3f})"
        numbers: dict[str, float | None] = {"membership_auc": area, "auc_low": low, "auc_high": high}
        if n >= self.tail_n:
            numbers["rate_at_1_percent"] = true_positive_rate(-probe.loss, -held_out.loss)
            said += f"; {100 * (numbers['rate_at_1_percent'] or 0):.1f} % are found at 1 % false alarms"
        limit = self.error_low if level == "error" else self.warn_low
        return self.seen(run, effect, said, level=level, limit=limit, numbers=numbers, n=n, split="train")
