"""BIA401."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from auditor.check import Check, Specimen
from auditor.model import Effect, Reading, Record, Table, Where
from auditor.rows import Roles, Setting
from auditor.statistics.mitigation import Change, changes
from auditor.tallies.asked import Asked
from auditor.tallies.groups import short
from auditor.tallies.prediction_gaps import unmeasured

ROLES = Roles(label="y", sensitive="g")
EFFECT = "demographic_parity_difference_change"


def rows_of(n: int, share: int) -> dict[str, list[Any]]:
    """Rows of two groups and one number that tells the label; in group b one favourable label of `share` taken away (0: none)."""
    g = ["ab"[i % 2] for i in range(n)]
    y = [int(i // 2 % 4 < 2) for i in range(n)]
    x = [(2 * v - 1) * 0.6 + (i * 37 % 101) / 101 if share else 2.0 * v - 1 for i, v in enumerate(y)]
    taken = [bool(share) and gi == "b" and i // 2 % share == 0 for i, gi in enumerate(g)]
    return {"g": g, "x": x, "y": [0 if t else v for t, v in zip(taken, y, strict=True)]}


@dataclass(frozen=True, slots=True)
class MitigationAsked(Asked):
    """What the mitigations decide."""

    derives = ("mitigation",)


class MitigationCosts(Check[MitigationAsked]):
    """A mitigation of the gap between groups makes something else worse.

    ## Why
    Each mitigation buys one kind of equality and pays with another, or with accuracy; it should be known before it is chosen.

    ## Measured
    A plain model is fitted on train, without the groups among its features, and decides on held-out rows; each mitigation decides
    on the same rows. Every metric before and after, with the paired count-bootstrap interval of the change (of a spread over
    groups: of the gaps of the most distant ones, simultaneous over all pairs); a change is told where it excludes 0. The effect
    shown is the change of the largest difference of selection rates. Asked for with --mitigate.

    ## Fix
    Choose by the table: a mitigation whose worse metrics your use can bear.

    ## Known limits
    It previews on a logistic regression of the features, not on your model. Thresholds by group need the group at the time of
    decision, which law may forbid. Ten metrics a mitigation: one in forty may look worse by chance. Groups below 100 rows on
    either side, and beyond the six largest, are left out and named.

    ## Source
    Kamiran & Calders 2012, doi:10.1007/s10115-011-0463-8; Hardt et al. 2016, arXiv:1610.02413; Agarwal et al. 2018,
    arXiv:1803.02453; the last two through fairlearn.
    """

    code = "BIA401"
    needs = ("sensitive", "classes", "held-out", "option:mitigate")
    good = Specimen(train=rows_of(1_200, 0), test=rows_of(220, 0), roles=ROLES, options={"mitigate": True})
    bad = Specimen(train=rows_of(1_200, 2), test=rows_of(1_200, 2), roles=ROLES, options={"mitigate": True})

    def judge(self, setting: Setting, asked: MitigationAsked) -> Iterator[Reading | Record]:
        found = setting.derived.get("mitigation", {})
        for entry in found.get("attributes", ()) or ({"reason": found.get("reason", "nothing was tried")},):
            where = Where(split=str(found.get("measured", "")), columns=(entry["attribute"],) if "attribute" in entry else ())
            if "reason" in entry:
                yield self.read(where, unmeasured(EFFECT, "share", entry["reason"]), entry["reason"], unsure=entry["reason"])
                continue
            for tried in entry["mitigations"]:
                if "reason" in tried:
                    why = f"{tried['mitigation']}: {tried['reason']}"
                    yield self.read(where, unmeasured(EFFECT, "share", why), why, unsure=why)
                    continue
                told = changes(np.array(tried["paired"], np.int64), setting.seed)
                yield from (_record(where, tried["mitigation"], c) for c in told)
                yield self._reading(where, entry, tried, told, str(found.get("tuned")))
            if entry["left_out"]:
                named = ", ".join(f"{short(g)!r} ({n:,} rows)" for g, n in sorted(entry["left_out"].items())[:6])
                why = f"{len(entry['left_out']):,} groups of {entry['attribute']} took no part: {named}"
                yield self.read(where, unmeasured(EFFECT, "share", why), why, unsure=why)

    def _reading(
        self, where: Where, entry: Mapping[str, Any], tried: Mapping[str, Any], told: list[Change], tuned: str
    ) -> Reading:
        by, name = {c.metric: c for c in told}, str(tried["mitigation"])
        gap, accuracy = by["demographic_parity_difference"], by["accuracy"]
        worse = [f"{c.metric.replace('_', ' ')} {_said(c.before)} to {_said(c.after)}" for c in told if c.verdict == "worse"]
        caution = f"; needs {where.columns[0]} when it decides" if tried["knows_group"] else ""
        on = f", set on {tuned}" if caution else ""
        return self.read(
            Where(split=where.split, columns=where.columns, group=name),
            Effect(name=EFFECT, value=gap.change, low=gap.low, high=gap.high, unit="share", method="paired count bootstrap 95 %"),
            f"{name}{on}: on {entry['rows']:,} rows of {where.split} the largest difference of selection rates goes from "
            f"{_said(gap.before)} to {_said(gap.after)}, accuracy from {_said(accuracy.before)} to {_said(accuracy.after)}; "
            f"worse: {', '.join(worse) or 'nothing that could be told'}{caution}",
            affected=0,
            examined=int(entry["rows"]),
            evidence=(
                Table(
                    title=f"{name}: before and after",
                    columns=("metric", "before", "after", "change, low", "change, high", "verdict"),
                    rows=tuple((c.metric.replace("_", " "), c.before, c.after, c.low, c.high, c.verdict) for c in told),
                ),
            ),
            level="note" if worse else "clean",
            limit=0.0,
        )


def _said(value: float | None) -> str:
    return "undefined" if value is None else f"{value:.3f}"


def _record(where: Where, name: str, c: Change) -> Record:
    values: dict[str, Any] = {"attribute": where.columns[0], "split": where.split, "mitigation": name, "metric": c.metric}
    values |= {"before": c.before, "after": c.after, "change": c.change, "low": c.low, "high": c.high, "verdict": c.verdict}
    return Record(section="bias", list="mitigations", values=values)
