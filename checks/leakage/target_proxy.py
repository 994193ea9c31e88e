"""LEK202."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from auditor.check import Check, Specimen
from auditor.model import Effect, Level, Reading, Table, Where
from auditor.rows import Roles, Setting
from auditor.tallies.asked import ColumnPower

LABEL = Roles(label="label")
HINTS = re.compile(
    r"(?i)(^|[^a-z])(target|label|outcome|result|response|answer|class|status|approved|churned|closed|paid|duration|elapsed"
    r"|end|ended|final|after|post|resolved|score|prediction|predicted)($|[^a-z])"
)
"""Words in a column name that speak of the outcome, or of what is known only after it."""


def _column(agree: int) -> dict[str, list[Any]]:
    """300 rows; `cause` has the label's value but for one row in `agree` (0 = it knows nothing)."""
    label = [i * 7 % 10 // 5 for i in range(300)]
    cause = [(1 - y if i % agree == 0 else y) if agree else i * 31 % 17 for i, y in enumerate(label)]
    return {"label": ["no" if y == 0 else "yes" for y in label], "cause": cause, "other": [i * 53 % 97 for i in range(300)]}


class TargetProxy(Check[ColumnPower]):
    """One column alone gives the label away.

    ## Why
    A column that is written after the event, or is the label in other words, makes a model that fails on the first new row.

    ## Measured
    Per column, 5-fold on at most 20,000 rows of the first split: macro AUC (0.5 to 1, high is bad) of a tree of depth 3, of
    the number itself where there are two classes, or of level means for categories; R2 for a number as label. Above .80 it
    warns where the name speaks of the outcome or of time, or where it beats the next best column by more than .10.

    ## Fix
    Ask: was this value known before the event that the label tells of? If not, drop the column from training and serving.

    ## Known limits
    Truly strong features: with physical measurements one column may honestly reach .97. Interactions of two columns are not
    looked at. Columns read as ids are left out.

    ## Source
    Limits after deepchecks' predictive power score (.8), set to AUC by us; AUC interval Hanley & McNeil 1982,
    doi:10.1148/radiology.143.1.7063747.
    """

    code = "LEK202"
    needs = ("label",)
    warn_above: float | None = 0.95
    error_above: float | None = 0.99
    suspect_above: float = 0.80  # where a name or time hint, or a wide gap, adds to it
    gap: float = 0.10  # ahead of the next best column
    good = Specimen(train=_column(0), roles=LABEL)
    bad = Specimen(train=_column(40), roles=LABEL)

    def lacks(self, setting: Setting) -> str | None:
        missing = super().lacks(setting)
        kinds = setting.kinds("number", "bool", "category", "time")
        return missing or (None if kinds else "there is no column of numbers, categories or times")

    def judge(self, setting: Setting, power: ColumnPower) -> Iterator[Reading]:
        info = setting.derived.get("column_power", {})
        split, label = setting.splits[0].name, setting.roles.label or ""
        if "reason" in info:
            nothing = Effect(name="column_power", value=None, unit="AUC", reason=str(info["reason"]))
            yield self.read(Where(split=split), nothing, f"No column was tried: {info['reason']}", unsure=str(info["reason"]))
            return
        ranked: Sequence[Any] = info.get("columns", ())
        auc = info.get("metric") == "macro AUC"
        for i, found in enumerate(ranked):
            others = [f["power"] for f in ranked[:2] if f is not found]
            ahead = found["power"] - max(others, default=0.5 if auc else 0.0)
            hint = self._hint(setting, found["name"])
            level: Level | Any = ""
            if self.warn_above and self.suspect_above < found["power"] <= self.warn_above and (hint or ahead > self.gap):
                level = "warning"
            why = hint or (f"{ahead:.2f} ahead of the next best" if ahead > self.gap else "")
            name = "macro AUC" if auc else "R2"
            yield self.read(
                Where(split=split, columns=(found["name"],)),
                Effect(
                    name="column_power",
                    value=found["power"],
                    low=found["low"],
                    high=found["high"],
                    unit="AUC" if auc else "R2",
                    method="5-fold, Hanley-McNeil 95 %" if auc else "5-fold, delta method 95 %",
                ),
                f"{found['name']!r} alone predicts {label!r} with {name} {found['power']:.3f}"
                f" ({found['low']:.3f} to {found['high']:.3f})" + (f"; {why}" if why else ""),
                examined=int(info.get("rows", 0)),
                evidence=(_ranking(ranked, name),) if i == 0 else (),
                level=level,
                limit=self.suspect_above if level else None,
            )

    def _hint(self, setting: Setting, name: str) -> str:
        """Why the name or kind of a column is suspicious, or nothing."""
        label = (setting.roles.label or "").lower()
        if setting.column(name).kind == "time":
            return "it is a time"
        if len(label) > 2 and label in name.lower():
            return "its name holds the label's"
        word = HINTS.search(name.replace("_", " "))
        return f"its name says {word.group(2)!r}" if word else ""


def _ranking(ranked: Sequence[Any], name: str) -> Table:
    return Table(
        title="Columns alone, best first",
        columns=("column", name, "low", "high"),
        rows=tuple((f["name"], f["power"], f["low"], f["high"]) for f in ranked[:10]),
    )
