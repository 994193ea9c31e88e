"""VAL112."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.check import Check, Specimen
from auditor.model import Effect, Reading, Where
from auditor.rows import Setting
from auditor.tallies.look import ColumnLook, Look

APART = {"label", "id", "weight", "prediction", "probabilities"}  # judged by checks of their own, or fixed by design


class ConstantColumn(Check[Look]):
    """A column holds one value only.

    ## Why
    A model cannot learn from it; a template that quotes it spends tokens on nothing. Often a filter or a join went wrong.

    ## Measured
    Distinct values that are not missing, by training split and column: count, 1 to infinity, low is bad. A column with
    missing cells beside its one value is a note: the gaps may carry the information.

    ## Fix
    Drop the column from the features, or repair the join or filter that emptied it.

    ## Known limits
    A split that was filtered on the column. Columns without any value are the matter of VAL118, held-out splits are not
    judged, lists and structs are not counted. Under 20 rows it is not told: one value could be chance.

    ## Source
    The check is common to deepchecks and Evidently. 20 rows, chosen by us: by the rule of three (Hanley & Lippman-Hand 1983,
    doi:10.1001/jama.1983.03330370053031) other values may hold up to 3/20 = 15 % unseen.
    """

    code = "VAL112"
    remedy = ("drop column", "safe")
    warn_below: float | None = 2.0  # one distinct value
    min_rows: int = 20  # values needed to say "constant": see Source
    good = Specimen(train={"a": [1, 2] * 15, "b": ["x"] * 29 + ["y"]})
    bad = (Specimen(train={"a": [1.5] * 30, "b": ["x", "y"] * 15}, found=1), Specimen(train={"a": ["x"] * 30}, found=1))

    def judge(self, setting: Setting, look: Look) -> Iterator[Reading]:
        for column in setting.columns:
            counted = column.kind in ("number", "bool", "time", "category", "text")
            if counted and not APART & set(setting.roles.of(column.name)):
                for split in (s.name for s in setting.training if s.name in column.splits):
                    if look.by[split, column.name].present:
                        yield self._reading(split, column.name, look.by[split, column.name])

    def _reading(self, split: str, name: str, seen: ColumnLook) -> Reading:
        values, missing, one = seen.present, seen.n - seen.present, seen.distinct == 1
        few = f"{name!r} has only {values} values, {self.min_rows} are needed to call it constant"
        return self.read(
            Where(split=split, columns=(name,)),
            Effect(name="distinct_values", value=float(seen.distinct), unit="values"),
            f"{name!r} has {seen.distinct:,} distinct values in {values:,} rows of {split}; {missing:,} are missing",
            affected=values if one else 0,
            examined=seen.n,
            level="note" if one and missing else "",
            limit=self.warn_below if one and missing else None,
            unsure=few if one and values < self.min_rows else "",
        )
