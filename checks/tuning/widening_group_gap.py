"""TUN215."""

from __future__ import annotations

from typing import Any

from auditor.check import Specimen
from auditor.model import Effect, Level
from auditor.runcheck import RunCheck, Seen
from auditor.statistics.widening import Widening, widenings
from auditor.tallies.evaluations import Evaluations


def _run(wrong: int) -> dict[str, list[Any]]:
    group = ["a"] * 200 + ["b"] * 150
    first = [i % 10 != 0 for i in range(350)]
    later = [ok and not (200 <= i < 200 + wrong) for i, ok in enumerate(first)]
    return {
        "step": [0, 10, 20],
        "held_out_loss": [[1.0] * 350, [0.9] * 350, [0.8] * 350],
        "held_out_right": [first, later, later],
        "held_out_group_sex": [group] * 3,
    }


class WideningGroupGap(RunCheck):
    """The fine-tune makes the model better for one group of people than for another.

    ## Why
    A mean that improves can hide a group that is served worse than by the base model.

    ## Measured
    Gap of accuracy (and, for two classes, of true and false positive rates) between the largest group and each other, now -
    at the first evaluation, share, high is bad, with a paired bootstrap simultaneous over groups and metrics (max-T). On 2 of
    the last 3 evaluations: warning where it is above .02 with a lower limit above 0, error where the lower limit is above .05.

    ## Fix
    Weigh the group up, collect more of it, or stop where its error began to rise.

    ## Known limits
    Groups under 30 rows, and rates over fewer than 10, are left out. Small groups need a large change to be seen.

    ## Source
    BIA303 and BIA305 for the gaps; Westfall & Young 1993 for max-T; limits chosen by us, half and all of BIA303's warning.
    """

    code = "TUN215"
    warn: float = 0.02  # share
    error: float = 0.05  # share
    repeat: int = 2  # of the last three evaluations
    min_group: int = 30  # rows
    min_cases: int = 10  # rows behind a rate
    draws: int = 1000  # bootstrap
    good = Specimen(train=_run(0))
    bad = Specimen(train=_run(60))

    def at(self, run: Evaluations) -> Seen | str:
        now, first = run.last.held_out, run.first.held_out
        if now is None or not now.groups:
            return "no sensitive attribute was given"
        if now.right is None or first is None or first.right is None:
            return self.unsure(run, "widening", "missing_metric", "the answers of the held-out rows are not known")
        if run.last.step == run.first.step:
            effect = Effect(name="widening", value=0.0, unit="share")
            return self.seen(run, effect, "this is the first evaluation", limit=self.warn, n=int(now.n or 0))
        recent = [self._cells(run, step) for step in sorted(run.by_step)[-3:]]
        if not recent[-1]:
            said = f"no two groups have {self.min_group} rows each"
            return self.unsure(run, "widening", "n_too_small", said, int(now.n or 0))
        worst, level = self._worst(recent)
        effect = Effect(name="widening", value=worst.value, low=worst.low, unit="share", method="paired bootstrap, max-T 95 %")
        attribute, _, group = worst.group.partition("=")
        metric = worst.metric.replace("_", " ")
        said = (
            f"the gap of {metric} of {worst.group!r} to the largest group is {100 * worst.now:+.1f} points, it was "
            f"{100 * worst.then:+.1f} at the first evaluation: {100 * worst.value:+.1f} (lower limit {100 * worst.low:+.1f})"
        )
        limit = self.error if level == "error" else self.warn
        numbers: dict[str, float | None] = {"widening": worst.value, "widening_low": worst.low, "gap_now": worst.now}
        return self.seen(
            run, effect, said, level=level, limit=limit, numbers=numbers, n=int(now.n or 0), group=group, columns=(attribute,)
        )

    def _cells(self, run: Evaluations, step: int) -> dict[tuple[str, str], Widening]:
        now, first = run.by_step[step].held_out, run.first.held_out
        if step == run.first.step or now is None or first is None or now.right is None or first.right is None:
            return {}
        found: dict[tuple[str, str], Widening] = {}
        for attribute, values in sorted(now.groups.items()):
            if len(values) != len(first.right) or len(now.right) != len(first.right):
                continue
            _, cells = widenings(
                now.right, first.right, values, now.label, min_group=self.min_group, min_cases=self.min_cases, draws=self.draws
            )
            found |= {(f"{attribute}={c.group}", c.metric): c for c in cells}
        return found

    def _worst(self, recent: list[dict[tuple[str, str], Widening]]) -> tuple[Widening, Level | None]:
        """The cell of the worst level, then of the highest lower limit."""

        def level(key: tuple[str, str]) -> Level | None:
            seen = [cells[key] for cells in recent if key in cells]
            if sum(c.low > self.error for c in seen) >= self.repeat:
                return "error"
            return "warning" if sum(c.value > self.warn and c.low > 0 for c in seen) >= self.repeat else None

        order: dict[Level | None, int] = {"error": 2, "warning": 1, None: 0}
        key = max(recent[-1], key=lambda k: (order[level(k)], recent[-1][k].low))
        cell = recent[-1][key]
        named = Widening(group=key[0], metric=cell.metric, now=cell.now, then=cell.then, value=cell.value, low=cell.low)
        return named, level(key)
