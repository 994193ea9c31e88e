"""LEK206."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from auditor.check import Check, Specimen
from auditor.model import Effect, Reading, Table, Where
from auditor.rows import Roles, Setting
from auditor.tallies.asked import ColumnPower

ROLES = Roles(text="text", label="label")


def _texts(longer: int) -> dict[str, list[Any]]:
    """200 texts; those labelled b have `longer` more words."""
    label = ["ab"[i * 7 % 10 // 5] for i in range(200)]
    words = [3 + i * 37 % 11 + (longer if y == "b" else 0) for i, y in enumerate(label)]
    return {"text": [" ".join(f"w{i * k % 89}" for k in range(n)) for i, n in enumerate(words)], "label": label}


class PropertyPredictsLabel(Check[ColumnPower]):
    """A trivial property of the input, such as its length, predicts the label.

    ## Why
    A model takes the cheapest cue: it learns that long texts are of one class, and fails where they are not.

    ## Measured
    Macro AUC (0.5 to 1, high is bad) of one property alone, 5-fold on at most 20,000 rows of the first split, tree of depth
    3 or the property itself: length, words and share of non-ASCII characters of texts; hour and weekday of times.

    ## Fix
    Balance the property within each label, cut or pad to like lengths, and report scores by quintile of the property.

    ## Known limits
    Real signal: long reviews may truly be bad ones. It is shown so that somebody asks; the data may be right.

    ## Source
    Geirhos et al. 2020, doi:10.1038/s42256-020-00257-z (shortcuts); limits .70 and .90 are ours.
    """

    code = "LEK206"
    needs = ("label", "classes")
    warn_above: float | None = 0.70
    error_above: float | None = 0.90
    good = Specimen(train=_texts(0), roles=ROLES)
    bad = Specimen(train=_texts(8), roles=ROLES)

    def lacks(self, setting: Setting) -> str | None:
        missing = super().lacks(setting)
        return missing or (None if setting.kinds("text", "time") else "there is neither a text nor a time")

    def judge(self, setting: Setting, power: ColumnPower) -> Iterator[Reading]:
        info = setting.derived.get("column_power", {})
        split = setting.splits[0].name
        if "reason" in info:
            nothing = Effect(name="property_power", value=None, unit="AUC", reason=str(info["reason"]))
            yield self.read(Where(split=split), nothing, f"No property was tried: {info['reason']}", unsure=str(info["reason"]))
            return
        ranked = info.get("properties", ())
        best = {found["name"].rpartition(": ")[0]: found for found in reversed(ranked)}
        for column, found in sorted(best.items()):
            own = [f for f in ranked if f["name"].rpartition(": ")[0] == column]
            yield self.read(
                Where(split=split, columns=(column,)),
                Effect(
                    name="property_power",
                    value=found["power"],
                    low=found["low"],
                    high=found["high"],
                    unit="AUC",
                    method="5-fold, Hanley-McNeil 95 %",
                ),
                f"{found['name']} alone predicts {setting.roles.label!r} with macro AUC {found['power']:.3f}"
                f" ({found['low']:.3f} to {found['high']:.3f})",
                examined=int(info.get("rows", 0)),
                evidence=(
                    Table(
                        title=f"Properties of {column}, best first",
                        columns=("property", "macro AUC", "low", "high"),
                        rows=tuple((f["name"], f["power"], f["low"], f["high"]) for f in own[:10]),
                    ),
                ),
            )
