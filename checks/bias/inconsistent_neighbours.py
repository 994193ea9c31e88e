"""BIA208."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from auditor.check import Check, Specimen
from auditor.model import Effect, Reading, Record, Where
from auditor.rows import Roles, Setting
from auditor.statistics.proportions import Z95
from auditor.tallies.asked import NearRows
from auditor.tallies.prediction_gaps import unmeasured

ROLES = Roles(label="y", sensitive="g")


def rows_of(noisy: bool) -> dict[str, list[Any]]:
    """300 rows on a line, labelled by their side of it, or without any order."""
    x = [(i * 37 % 301) / 150 - 1 for i in range(300)]
    y = [(i * 7919 // 13) % 2 if noisy else int(v > 0) for i, v in enumerate(x)]
    return {"x": x, "y": y, "g": ["ab"[i % 2] for i in range(300)]}


class InconsistentNeighbours(Check[NearRows]):
    """Rows that are alike are labelled differently.

    ## Why
    Individual fairness asks that like people are treated alike; where labels are not, no model can learn to.

    ## Measured
    Consistency: 1 - mean distance of a row's label from the mean label of its 5 nearest rows (all that are as near as the
    fifth), 0 to 1, low is bad (several classes: half the sum over them). Features to mean 0 and standard deviation 1, groups left
    out; at most 5,000 rows a split. The interval is of 300 samples in which the rows are drawn anew. A note below .6.

    ## Fix
    Look at the rows that disagree with their neighbours: labels, or a feature that is missing.

    ## Known limits
    Depends on the features and their scaling; hard tasks are inconsistent too. Five neighbours drawn at random from an even
    two-class label give .5; no error is made of it.

    ## Source
    Zemel et al. 2013, "Learning fair representations", section 5; as AIF360's `consistency`. .6: own, between chance and
    what was measured on German credit (.68) and Adult (.78).
    """

    code = "BIA208"
    needs = ("sensitive", "classes")
    note_below: float = 0.6
    good = Specimen(train=rows_of(False), roles=ROLES)
    bad = Specimen(train=rows_of(True), roles=ROLES)

    def judge(self, setting: Setting, near: NearRows) -> Iterator[Reading | Record]:
        found = setting.derived.get("near_rows", {})
        for entry in found.get("consistency", ()):
            where = Where(split=entry["split"], columns=(setting.roles.label or "",))
            if "reason" in entry:
                yield self.read(
                    where, unmeasured("consistency", "share", entry["reason"]), entry["reason"], unsure=entry["reason"]
                )
                continue
            value, half = entry["value"], Z95 * entry["error"]
            low, high = max(0.0, value - half), min(1.0, value + half)
            effect = Effect(
                name="consistency", value=value, low=low, high=high, unit="share", method="rows drawn anew, normal 95 %"
            )
            yield self.read(
                where,
                effect,
                f"labels of {entry['split']} agree with those of their {found['k']} nearest rows to {value:.3f} "
                f"(95 % {low:.3f} to {high:.3f}, {entry['rows']:,} rows)",
                examined=entry["rows"],
                level="note" if high < self.note_below else "clean",
                limit=self.note_below,
            )
            for attribute in setting.roles.sensitive[:1]:
                values = {"attribute": attribute, "group": None, "reference": None, "stage": "data", "split": entry["split"]}
                values |= {"metric": "consistency", "value": value, "low": low, "high": high, "method": effect.method}
                values |= {"n": entry["rows"], "status": "ok", "reason": "", "verdict": None}
                yield Record(section="bias", list="comparisons", values=values)
