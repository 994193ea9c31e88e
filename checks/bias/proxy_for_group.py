"""BIA301."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from auditor.check import Check, Specimen
from auditor.model import Effect, Level, Reading, Table, Where
from auditor.rows import Roles, Setting
from auditor.tallies.asked import Asked

ROLES = Roles(label="label", sensitive="sex")


@dataclass(frozen=True, slots=True)
class GroupPower(Asked):
    """How well the group can be predicted."""

    derives = ("group_power",)


def _table(told: bool) -> Mapping[str, list[Any]]:
    """400 rows whose column `job` tells the group in nine of ten, or not at all."""
    sex = ["fm"[i * 7 % 10 // 5] for i in range(400)]
    job = ["abcd"[(i % 2) + 2 * (s == "m" and i % 10 > 0)] if told else "abcd"[i * 13 % 4] for i, s in enumerate(sex)]
    return {
        "sex": sex,
        "job": job,
        "age": [20 + i * 37 % 41 for i in range(400)],
        "label": ["ny"[i * 11 % 23 % 2] for i in range(400)],
    }


class ProxyForGroup(Check[GroupPower]):
    """Other columns tell which group a row belongs to.

    ## Why
    Dropping the sensitive column does not make a model blind to it: the group comes back through its proxies.

    ## Measured
    AUC (0.5 to 1, high is bad; macro one-against-the-rest for more groups) of the group predicted from all other columns
    without the label, 5-fold on at most 20,000 rows of the first split; the null permutes the group against the finished
    scores. Then the strongest column (by what shuffling it costs) is taken away, until the AUC falls below .60, at most
    five times. A note from .60 on, a warning from .80 on, both by the lower end of the interval; never an error.

    ## Fix
    List the columns, ask of each whether the task needs it, and compare outcomes by group (BIA checks); do not drop blindly.

    ## Known limits
    Legitimate correlates of a group are proxies too: listing is not a verdict. Groups below 50 rows are left out.

    ## Source
    Limits are ours; permutation importance after Breiman 2001, doi:10.1023/A:1010933404324.
    """

    code = "BIA301"
    needs = ("sensitive",)
    note_above: float = 0.60
    warn_above: float | None = 0.80
    good = Specimen(train=_table(False), roles=ROLES)
    bad = Specimen(train=_table(True), roles=ROLES)

    def judge(self, setting: Setting, power: GroupPower) -> Iterator[Reading]:
        split = setting.splits[0].name
        for found in setting.derived.get("group_power", {}).get("groups", ()):
            where = Where(split=split, columns=(found["attribute"],))
            if "reason" in found:
                nothing = Effect(name="group_auc", value=None, unit="AUC", reason=found["reason"])
                yield self.read(where, nothing, f"Proxies were not sought: {found['reason']}", unsure=found["reason"])
                continue
            level: Level | Any = "clean"
            if found["low"] > self.note_above and found["power"] > found["null"]:
                level = "warning" if self.warn_above is not None and found["low"] > self.warn_above else "note"
            first = ", ".join(f"{s['column']!r}" for s in found["steps"][:3])
            yield self.read(
                where,
                Effect(
                    name="group_auc",
                    value=found["power"],
                    low=found["low"],
                    high=found["high"],
                    unit="AUC",
                    method="5-fold, Hanley-McNeil 95 %",
                ),
                f"{found['attribute']!r} can be told from the other columns with AUC {found['power']:.3f}"
                f" ({found['low']:.3f} to {found['high']:.3f}; by chance up to {found['null']:.3f})"
                + (f", most of all by {first}" if first else ""),
                examined=found["rows"],
                evidence=(_steps(found),) if found["steps"] else (),
                level=level,
                limit=self.note_above if level == "note" else self.warn_above,
            )


def _steps(found: Mapping[str, Any]) -> Table:
    """What is left when the strongest columns are taken away, one by one."""
    lines = [("(none)", found["power"])] + [(s["column"], s["power_without"]) for s in found["steps"]]
    return Table(title=f"AUC of {found['attribute']} as columns are taken away", columns=("taken away", "AUC"), rows=tuple(lines))
