"""BIA309."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from auditor.check import Check, Specimen
from auditor.checks.bias.error_rate_gap import predicted
from auditor.model import Effect, Reading, Record, Table, Where
from auditor.rows import Roles, Setting
from auditor.statistics.confusion import entropies, entropy, entropy_between
from auditor.statistics.counts import percentile, tables_whole
from auditor.statistics.value import Value
from auditor.tallies.groups import GroupCounts
from auditor.tallies.outcomes import OutcomeCounts
from auditor.tallies.prediction_gaps import MIN_GROUP, Place, places, unmeasured

ROLES = Roles(label="y", prediction="said", sensitive="sex")


class UnequalBenefit(Check[OutcomeCounts, GroupCounts]):
    """What people gain or lose by the errors of the model is shared out unequally, and group membership tells by whom.

    ## Why
    Group gaps can be small while errors still fall on few people; and errors of one kind can fall on one group.

    ## Measured
    Generalised entropy of the benefits (prediction minus label plus 1) of all rows: order 2 and order 1 (Theil), both 0
    where all gain alike, without upper limit; limits by bootstrap of the whole table. A note where the share of order 2
    that lies between groups of at least 100 rows is surely above `between_above`; never a warning.

    ## Fix
    See BIA303 for the kind of error and the group.

    ## Known limits
    It rates a wrong acceptance as a gain of one and a miss as a loss of one, which the task may see otherwise.

    ## Source
    Speicher et al. 2018, doi:10.1145/3219819.3220046. .05 of the whole: chosen by us; two equal groups of 100 rows give .005.
    """

    code = "BIA309"
    needs = ("sensitive", "classes", "prediction")
    between_above: float = 0.05
    good = Specimen(train=predicted(m=(400, 100, 50, 450), f=(80, 20, 10, 90)), roles=ROLES)
    bad = Specimen(train=predicted(m=(450, 10, 90, 450), f=(100, 150, 10, 240)), roles=ROLES, found=1)

    def judge(self, setting: Setting, outcomes: OutcomeCounts, groups: GroupCounts) -> Iterator[Reading | Record]:
        found, reasons = places(outcomes, groups, setting)
        for reason in dict.fromkeys(reasons):
            yield self.read(Where(), unmeasured("generalized_entropy", "index", reason), reason, unsure=reason)
        for place in found:
            yield from self._place(place, setting)

    def _place(self, place: Place, setting: Setting) -> Iterator[Reading | Record]:
        total = place.confusion.sum(axis=0)
        drawn = tables_whole(total, seed=setting.seed)
        made: list[tuple[str, Value, tuple[float, float] | None]] = []
        for order, name in ((2, "generalized_entropy"), (1, "theil")):
            made.append((name, entropy(total, order), percentile(entropies(drawn, order))))
        for name, value, ends in made:
            yield Record(section="bias", list="comparisons", values=_entry(place, name, value, ends))
        large = place.confusion[place.confusion.sum(axis=1) >= MIN_GROUP]
        label = place.label if place.one_of_many else ""
        where = Where(split=place.split, columns=(place.attribute,), group=label)
        whole, between = entropy(large.sum(axis=0)) if len(large) else made[0][1], entropy_between(large)
        if len(large) < 2 or not whole.value or between.value is None:
            reason = "fewer than two groups of 100 rows" if len(large) < 2 else whole.reason or "every benefit is the same"
            unsure = "" if whole.value == 0 else f"{place.attribute} in {place.split}: {reason}"
            effect = unmeasured("entropy_between_share", "share", reason)
            yield self.read(where, effect, f"{place.attribute} in {place.split}: {reason}", level="clean", unsure=unsure)
            return
        share = between.value / whole.value
        low, high = self._limits(large, setting)
        n = int(large.sum())
        lines = tuple((name, v.value, *(ends or (None, None)), v.reason) for name, v, ends in made)
        yield self.read(
            where,
            Effect(name="entropy_between_share", value=share, low=low, high=high, unit="share", method="count bootstrap 95 %"),
            f"{share:.1%} of the inequality of benefits in {n:,} rows of {place.split} lies between the groups of "
            f"{place.attribute} (95 % {low:.1%} to {high:.1%}); generalised entropy {whole.value:.4f}",
            affected=n,
            examined=n,
            evidence=(Table(title=f"Benefits in {place.split}", columns=("index", "value", "low", "high", "why"), rows=lines),),
            level="note" if low > self.between_above else "clean",
            limit=self.between_above,
        )

    @staticmethod
    def _limits(large: Any, setting: Setting) -> tuple[float, float]:
        """Percentile limits of the share between groups, 1,000 whole tables."""
        drawn = tables_whole(large, 1_000, setting.seed)
        pairs = [(entropy_between(t).value, entropy(t.sum(axis=0)).value) for t in drawn]
        shares = [b / w for b, w in pairs if b is not None and w]
        low, high = np.quantile(shares, [0.025, 0.975])
        return float(low), float(high)


def _entry(place: Place, name: str, value: Value, ends: tuple[float, float] | None) -> dict[str, Any]:
    low, high = ends or (None, None)
    return {
        "attribute": place.attribute,
        "group": None,
        "reference": None,
        "stage": "prediction",
        "split": place.split,
        "label": place.label,
        "metric": name,
        "value": value.value,
        "low": low,
        "high": high,
        "method": "count bootstrap 95 %" if ends else "",
        "n": int(place.confusion.sum()),
        "status": value.status,
        "reason": value.reason,
        "verdict": None,
    }
