"""BIA311."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from auditor.check import Check, Specimen
from auditor.model import Reading, Record, Table, Where
from auditor.rows import Roles, Setting
from auditor.statistics.counts import bonferroni
from auditor.statistics.group_scores import area, subgroup_areas
from auditor.statistics.value import Value
from auditor.tallies.groups import GroupCounts, short
from auditor.tallies.prediction_gaps import unmeasured
from auditor.tallies.score_gaps import Pair, compared, pairs, said
from auditor.tallies.scores import Scores

ROLES = Roles(label="y", probabilities="score", sensitive="sex")
LEAST = 20  # rows of each class in and outside the group below which an AUC is shown and not judged


def scored(lift: float) -> dict[str, list[Any]]:
    """600 rows of scores that tell the label; negatives of group f are scored higher by `lift`."""
    sex, y = ["m", "m", "f"] * 200, [i // 3 % 2 for i in range(600)]
    score = [
        min(1.0, 0.1 + 0.3 * label + (i * 37 % 101) / 202 + (lift if g == "f" and not label else 0.0))
        for i, (g, label) in enumerate(zip(sex, y, strict=True))
    ]
    return {"sex": sex, "y": y, "score": score}


class SubgroupAucGap(Check[GroupCounts, Scores]):
    """The score ranks rows of one group of people worse, or ranks that group as a whole above or below the others.

    ## Why
    A group whose harmless rows score like the harmful ones of others is punished at any threshold.

    ## Measured
    Three AUCs a group, 0 to 1, low is bad: within the group; its negatives against the positives of all others (BPSN); its
    positives against the negatives of all others (BNSP); DeLong limits, ties one half, by split. Found where the limits,
    widened by Bonferroni over all of them, lie wholly below the AUC of all rows less `below_overall`.

    ## Fix
    Low BPSN: the group's negatives score too high, add such rows; low BNSP: its positives score too low; both low within the
    group: the features tell less about it.

    ## Known limits
    An AUC says nothing about thresholds or calibration. Above 200,000 rows a split a sample is ranked. Below 20 rows of
    either class nothing is judged. The 50 largest groups are compared; others are all other rows.

    ## Source
    Borkan et al. 2019, doi:10.1145/3308560.3317593; DeLong, DeLong & Clarke-Pearson 1988, doi:10.2307/2531595. .05: chosen by us.
    """

    code = "BIA311"
    needs = ("sensitive", "classes", "probabilities")
    below_overall: float = 0.05
    good = Specimen(train=scored(0.0), roles=ROLES)
    bad = Specimen(train=scored(0.45), roles=ROLES)

    def judge(self, setting: Setting, groups: GroupCounts, scores: Scores) -> Iterator[Reading | Record]:
        found, reasons = pairs(scores, groups, setting)
        for reason in reasons:
            yield self.read(Where(), unmeasured("subgroup_auc", "AUC", reason), reason, unsure=reason)
        z = bonferroni(3 * len(found))
        whole: dict[tuple[str, str], Value] = {}
        for pair in found:
            key = pair[0].split, pair[0].attribute
            if key not in whole:
                whole[key] = area(pair[0].score[pair[0].positive], pair[0].score[~pair[0].positive]).value
            yield from self._pair(pair, whole[key], z)

    def _pair(self, pair: Pair, overall: Value, z: float) -> Iterator[Reading | Record]:
        table, i, at = pair
        inside = table.group == i
        limit = None if overall.value is None else overall.value - self.below_overall
        place = {"attribute": table.attribute, "group": table.groups[i], "reference": table.groups[at], "stage": "prediction"}
        n, rest = int(inside.sum()), int((~inside).sum())
        cells = [int(((inside == g) & (table.positive == p)).sum()) for g in (True, False) for p in (True, False)]
        few = f"{min(cells):,} rows of a class in or outside the group, fewer than {LEAST}" if min(cells) < LEAST else ""
        made = [
            compared(name, value, n, rest, "DeLong 95 %", few, None if limit is None else (limit, float("inf")))
            for name, value in subgroup_areas(table.score, table.positive, inside, z).items()
        ]
        lines = tuple((c.metric, c.value, c.low, c.high, c.verdict) for c in made)
        title = f"AUCs of {table.attribute} {short(table.groups[i])!r} in {table.split}"
        shown = Table(title=title, columns=("AUC", "value", "low", "high", "verdict"), rows=lines)
        for one in made:
            yield one.record(**place, split=table.split)
            yield from said(
                self, pair, one, limit, "AUC", shown, "" if overall.value is None else f"; all rows {overall.value:.3f}"
            )
