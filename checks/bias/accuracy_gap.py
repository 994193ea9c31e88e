"""BIA305."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from auditor.check import Check, Specimen
from auditor.checks.bias.error_rate_gap import predicted
from auditor.model import Reading, Record, Table, Where
from auditor.rows import Roles, Setting
from auditor.statistics.comparisons import tolerance
from auditor.tallies.groups import GroupCounts, short
from auditor.tallies.number_gaps import Gap, number_gaps
from auditor.tallies.outcomes import OutcomeCounts
from auditor.tallies.prediction_evidence import judged_rates
from auditor.tallies.prediction_gaps import MIN_GROUP, unmeasured
from auditor.tallies.residuals import Residuals

ROLES = Roles(label="y", prediction="said", sensitive="sex")


def _numbers(factor: float) -> dict[str, list[Any]]:
    """600 rows of numbers whose errors are `factor` times as large in group f."""
    sex = ["m", "m", "f"] * 200
    y = [10.5 + i * 37 % 101 for i in range(600)]
    gone = [((i * 13 % 17) - 8) / 4 * (factor if g == "f" else 1.0) for i, g in enumerate(sex)]
    return {"sex": sex, "y": y, "said": [a + b for a, b in zip(y, gone, strict=True)]}


class AccuracyGap(Check[OutcomeCounts, GroupCounts, Residuals]):
    """The model is wrong more often, or by more, for one group of people than for the reference group.

    ## Why
    Overall accuracy is that of the largest group; a small one can be served badly without moving it.

    ## Measured
    Classes: accuracy of the reference minus that of the group (-1 to 1, far from 0 is bad), Newcombe limits, over all
    classes at once. Numbers: mean absolute error, group over reference (0 to infinity, 1 is even), log delta limits, found
    beyond `error_ratio` or its reciprocal; beside it the gaps of mean error, mean residual and mean prediction (group
    minus reference, Welch). Found where the simultaneous limits lie wholly beyond the tolerance.

    ## Fix
    Collect rows of the group, or weigh them up; look which kind of error makes the gap (BIA303).

    ## Known limits
    With uneven classes a constant answer is accurate; error rates say more. A group that is harder in truth has more errors
    with any model. Below 100 rows nothing is judged.

    ## Source
    Das et al. 2021, arXiv:2109.03285 (AD); Newcombe 1998; Welch 1947, doi:10.1093/biomet/34.1-2.28. .05 and 1.25: chosen by us.
    """

    code = "BIA305"
    needs = ("sensitive", "label", "prediction")
    warn_above: float | None = 0.05
    error_ratio: float = 1.25  # the reciprocal of four fifths
    good = (
        Specimen(train=predicted(m=(400, 100, 50, 450), f=(80, 20, 10, 90)), roles=ROLES),
        Specimen(train=_numbers(1.0), roles=ROLES),
    )
    bad = (
        Specimen(train=predicted(m=(450, 50, 50, 450), f=(70, 30, 30, 70)), roles=ROLES, found=1),
        Specimen(train=_numbers(2.0), roles=ROLES, found=1),
    )

    def judge(
        self, setting: Setting, outcomes: OutcomeCounts, groups: GroupCounts, residuals: Residuals
    ) -> Iterator[Reading | Record]:
        if setting.label_is_class:
            yield from judged_rates(self, setting, outcomes, groups, {"accuracy": ("accuracy_difference",)})
        else:
            yield from self._numbers(setting, groups, residuals)

    def _numbers(self, setting: Setting, groups: GroupCounts, residuals: Residuals) -> Iterator[Reading | Record]:
        least = int(setting.options.get("min_group") or MIN_GROUP)
        gaps, reasons = number_gaps(residuals, groups, setting, least, tolerance(1 / self.error_ratio))
        if not gaps and not reasons:
            reasons = ["no row has a number both as label and as prediction"]
        for reason in reasons:
            yield self.read(Where(), unmeasured("mean_absolute_error_ratio", "ratio", reason), reason, unsure=reason)
        for gap in gaps:
            table, i, at, made = gap
            place = {"attribute": table.attribute, "stage": "prediction", "split": table.split}
            for one in made:
                yield one.record(**place, group=table.groups[i], reference=table.groups[at])
            yield self._reading(gap)

    def _reading(self, gap: Gap) -> Reading:
        table, i, at, (ratio, *rest) = gap
        who = f"{table.attribute} {short(table.groups[i])!r} against {short(table.groups[at])!r} in {table.split}"
        errors = table.means["error"]
        lines = tuple((c.metric, c.value, c.low, c.high, c.reason) for c in (ratio, *rest))
        columns = ("metric", "value", "low", "high", "why")
        fail = ratio.verdict == "fail"
        return self.read(
            Where(split=table.split, columns=(table.attribute,), group=table.groups[i], reference=table.groups[at]),
            ratio.effect("ratio"),
            f"{who}: mean absolute error {errors[i]:.4g} in {ratio.n:,} rows against {errors[at]:.4g} in {ratio.n_reference:,}",
            affected=ratio.n,
            examined=ratio.n + ratio.n_reference,
            evidence=(Table(title=f"Errors of {who}", columns=columns, rows=lines),),
            level="warning" if fail else "clean",
            limit=self.error_ratio,
            unsure=f"{who}: {ratio.reason}" if ratio.verdict == "inconclusive" else "",
        )
