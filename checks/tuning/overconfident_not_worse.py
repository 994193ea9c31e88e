"""TUN208."""

from __future__ import annotations

from typing import Any

from auditor.check import Specimen
from auditor.model import Effect
from auditor.runcheck import RunCheck, Seen
from auditor.tallies.evaluations import Evaluations
from auditor.tallies.rises import RiseRule, held, judged


def _run(wrong_later: int) -> dict[str, list[Any]]:
    label = [i % 2 for i in range(300)]
    first = [0.1 + 0.01 * (i % 7) for i in range(300)]
    later = [3.0 if i < 8 else 0.02 for i in range(300)]
    right = [[i >= 8 for i in range(300)], [i >= wrong_later for i in range(300)]]
    return {
        "step": [10, 20],
        "held_out_loss": [first, [x + 0.1 for x in later] if wrong_later == 8 else [1.0] * 300],
        "held_out_label": [label, label],
        "held_out_right": right,
        "probe_loss": [[0.1] * 20, [0.01] * 20],
        "probe_right": [[True] * 20] * 2,
    }


class OverconfidentNotWorse(RunCheck):
    """The held-out loss rises because the model grows overconfident, while its accuracy holds.

    ## Why
    The answers are as good as before; their probabilities are not. A temperature mends that, stopping would not.

    ## Measured
    TUN201's rise (GL, percent, high is bad) where accuracy is shown not to fall: the one-sided lower 95 % limit of the paired
    change since the best evaluation is above -.02, accuracy is shown to be above the share of the commonest label, and the
    accuracy on training rows has not risen by more than .01 beyond it.

    ## Fix
    Fit a temperature on half of the held-out rows, or take the earlier checkpoint if probabilities are used.

    ## Known limits
    A fall of less than two points of accuracy counts as holding. With few held-out rows holding cannot be shown, and TUN201
    speaks instead.

    ## Source
    Guo et al. 2017, arXiv:1706.04599, on overconfidence; the margin of two points is chosen by us, as the smallest loss of
    accuracy that TUN211 calls an error; one point of training accuracy, because noise-free digits gained less and noisy more.
    """

    code = "TUN208"
    gl_warn: float = 2.0  # percent, as TUN201
    z: float = 1.64  # one-sided 5 %
    min_n: int = 100  # rows or clusters, as TUN201
    margin: float = 0.02  # share of accuracy that may be lost and still "holds"
    learnt: float = 0.01  # share that accuracy on training rows may gain beyond the held-out one
    good = Specimen(train=_run(60))
    bad = Specimen(train=_run(8))

    def at(self, run: Evaluations) -> Seen | str:
        now = run.last.held_out
        if now is None or now.right is None or now.label is None or not now.full:
            return "the answers of the held-out rows are not known: no accuracy"
        found = judged(run, RiseRule(gl_warn=self.gl_warn, z=self.z, min_n=self.min_n))
        if found.status == "cannot-tell":
            return self.unsure(run, "GL", found.reason, f"TUN201 could not be told ({found.reason})", found.n)
        accuracy = held(run, found, margin=self.margin, learnt=self.learnt, z=self.z)
        if found.rise is None or found.best is None or accuracy is None:
            return self.seen(run, Effect(name="GL", value=0.0, unit="percent"), "loss is the best so far", limit=2.0, n=found.n)
        rise = found.rise
        effect = Effect(name="GL", value=rise.size, unit="percent")
        said = (
            f"held-out loss is {rise.size:+.1f} % of the best (step {found.best.step:,}), z = {rise.z:.1f}; accuracy changed by "
            f"{100 * accuracy.change:+.1f} points (lower limit {100 * accuracy.low:+.1f}), which "
            f"{'holds' if accuracy.holds else 'is not shown to hold'}"
        )
        over = found.status in ("warning", "alarm") and accuracy.holds
        numbers = {"gl": rise.gl, "z": rise.z, "accuracy_change": accuracy.change, "accuracy_low": accuracy.low}
        return self.seen(run, effect, said, level="warning" if over else None, limit=self.gl_warn, numbers=numbers, n=rise.n)
