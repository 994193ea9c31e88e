"""BIA310."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from auditor.check import Check, Specimen
from auditor.model import Reading, Record, Table, Where
from auditor.rows import Roles, Setting
from auditor.statistics.counts import bonferroni
from auditor.statistics.group_scores import calibration_gap, log_loss, mean_gap
from auditor.tallies.groups import GroupCounts, short
from auditor.tallies.prediction_gaps import MIN_GROUP, unmeasured
from auditor.tallies.score_gaps import Pair, compared, pairs, said
from auditor.tallies.scores import Scores

ROLES = Roles(label="y", probabilities="score", sensitive="sex")
JUDGED = ("calibration_difference", "expected_calibration_error_difference")


def calibrated(off: float, rows: int = 1200) -> dict[str, list[Any]]:
    """Scores that hold true; those of group f are `off` too high."""
    sex = [("m", "f")[i % 2] for i in range(rows)]
    true = [0.15 + 0.5 * ((i // 2) * 7 % 20) / 20 for i in range(rows)]
    y = [int((i // 40 * 61 % 150 + 0.5) / 150 < p) for i, p in enumerate(true)]
    return {"sex": sex, "y": y, "score": [p + (off if g == "f" else 0.0) for p, g in zip(true, sex, strict=True)]}


class CalibrationGap(Check[GroupCounts, Scores]):
    """A score of the model means another chance for one group of people than for the reference group.

    ## Why
    One threshold then treats them by two standards, and whoever reads the score is misled for one of them.

    ## Measured
    Mean score minus share of positives, and the debiased calibration error over up to 15 bins of equal mass and at least 20
    rows: each as group minus reference (-1 to 1, far from 0 is bad), by split; Welch limits, and a bootstrap of the bins'
    positives (basic limits). Found where the limits, widened by Bonferroni over all of them, lie wholly beyond the
    tolerance. Beside them, without limits: gaps of Brier score and of log loss.

    ## Fix
    Rescale scores by group on validation rows, where the law allows it; else collect rows of the group.

    ## Known limits
    Equal calibration and equal error rates exclude each other where base rates differ. Below 200 rows a group nothing is
    said of the calibration error, below 100 nothing is judged. Above 200,000 rows a split a sample is read.

    ## Source
    Kumar, Liang & Ma 2019, arXiv:1909.10155 (debiased error); Kleinberg, Mullainathan & Raghavan 2017, arXiv:1609.05807.
    .05: chosen by us.
    """

    code = "BIA310"
    needs = ("sensitive", "classes", "probabilities")
    warn_above: float | None = 0.05
    good = Specimen(train=calibrated(0.0), roles=ROLES)
    bad = Specimen(train=calibrated(0.25), roles=ROLES)

    def judge(self, setting: Setting, groups: GroupCounts, scores: Scores) -> Iterator[Reading | Record]:
        found, reasons = pairs(scores, groups, setting)
        for reason in reasons:
            yield self.read(Where(), unmeasured("calibration_difference", "share", reason), reason, unsure=reason)
        z = bonferroni(len(JUDGED) * len(found))
        for pair in found:
            yield from self._pair(pair, z, setting.seed)

    def _pair(self, pair: Pair, z: float, seed: int) -> Iterator[Reading | Record]:
        table, i, at = pair
        rows = [table.group == i, table.group == at]
        score, positive = ([x[r] for r in rows] for x in (table.score, table.positive))
        n, n_ref = len(score[0]), len(score[1])
        least = min(n, n_ref)
        few = f"{least:,} rows, fewer than {MIN_GROUP}" if least < MIN_GROUP else ""
        limit = self.warn_above if self.warn_above is not None else 1.0
        gone = [s - p for s, p in zip(score, positive, strict=True)]
        losses = [log_loss(s, p) for s, p in zip(score, positive, strict=True)]
        found = {
            "calibration_difference": (mean_gap(gone[0], gone[1], z), "Welch 95 %"),
            "expected_calibration_error_difference": (
                calibration_gap((score[0], positive[0]), (score[1], positive[1]), z, seed),
                "basic bootstrap 95 %",
            ),
            "brier_difference": (mean_gap(gone[0] ** 2, gone[1] ** 2), "Welch 95 %"),
            "log_loss_difference": (mean_gap(losses[0], losses[1]), "Welch 95 %"),
        }
        made = [
            compared(name, value, n, n_ref, method, few, (-limit, limit) if name in JUDGED else None)
            for name, (value, method) in found.items()
        ]
        lines = tuple((c.metric, c.value, c.low, c.high, c.verdict) for c in made)
        title = f"Calibration of {table.attribute} {short(table.groups[i])!r} less that of {short(table.groups[at])!r}"
        shown = Table(title=title, columns=("metric", "value", "low", "high", "verdict"), rows=lines)
        place = {"attribute": table.attribute, "group": table.groups[i], "reference": table.groups[at], "stage": "prediction"}
        for one in made:
            yield one.record(**place, split=table.split)
            if one.metric in JUDGED:
                yield from said(self, pair, one, self.warn_above, "share", shown)
