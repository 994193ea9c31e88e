"""IMB102."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from auditor.check import Check, Specimen
from auditor.model import Effect, Level, Reading, Table, Where
from auditor.rows import Roles, Setting
from auditor.tallies.groups import short
from auditor.tallies.labels import LabelCounts

LABEL = Roles(label="label")
SHOWN = 40


class TooFewPerClass(Check[LabelCounts]):
    """A class has too few rows to be learned or to be judged by.

    ## Why
    Below a few dozen rows a model learns the rows, not the class; below ten held-out rows recall can be anything.

    ## Measured
    Classes with fewer rows than `train_rows` in train or `held_out_rows` in a held-out split: a count, 0 and more, high
    is bad. An error where a class has fewer than `train_least` rows in train. Classes that a split lacks altogether
    are the matter of IMB103.

    ## Fix
    Collect the rows that the table names, merge the class into a wider one, or leave it out and say so.

    ## Known limits
    One-shot designs have few rows a class on purpose: set `train_rows`.

    ## Source
    Chosen by us: 10 rows are two a fold in five folds; below 10 rows the Wilson half-width of recall exceeds .25
    (Wilson 1927, doi:10.1080/01621459.1927.10502953).
    """

    code = "IMB102"
    needs = ("label", "classes")
    warn_above: float | None = 0.0
    train_rows: int = 30  # below it the usual large-sample intervals of a class do not hold
    train_least: int = 10  # two a fold
    held_out_rows: int = 10  # Wilson half-width of recall above .25 below it
    good = Specimen(train={"label": ["a", "b"] * 30}, test={"label": ["a", "b"] * 10}, roles=LABEL)
    bad = (
        Specimen(train={"label": ["a"] * 40 + ["b"] * 20}, roles=LABEL, found=1),
        Specimen(train={"label": ["a"] * 40 + ["b"] * 40}, test={"label": ["a"] * 20 + ["b"] * 3}, roles=LABEL, found=1),
        Specimen(train={"label": ["a"] * 40 + ["b"] * 4}, roles=LABEL, found=1),
    )

    def judge(self, setting: Setting, counts: LabelCounts) -> Iterator[Reading]:
        for split in setting.splits:
            labels = counts.by.get(split.name)
            if not labels or split.part == "reference":
                continue
            enough = self.train_rows if split.part == "train" else self.held_out_rows
            few = sorted((rows, label) for label, rows in labels.items() if rows < enough)
            badly = sum(rows < self.train_least for rows, _ in few) if split.part == "train" else 0
            level: Level | Literal["clean"] = "error" if badly else "warning" if few else "clean"
            lines = tuple((short(label), rows, enough - rows) for rows, label in few[:SHOWN])
            note = f"{len(few) - SHOWN:,} more classes are not shown" if len(few) > SHOWN else ""
            table = Table(
                title=f"Classes with few rows in {split.name}", columns=("class", "rows", "collect"), rows=lines, note=note
            )
            named = ", ".join(f"{short(label)!r} {rows}" for rows, label in few[:3])
            yield self.read(
                Where(split=split.name, columns=(setting.roles.label or "",)),
                Effect(name="classes_below", value=float(len(few)), unit="classes"),
                f"{len(few):,} of {len(labels):,} classes have fewer than {enough} rows in {split.name}"
                + (f", {badly:,} of them fewer than {self.train_least}" if badly else "")
                + (f": {named}" + (" ..." if len(few) > 3 else "") if few else ""),
                affected=sum(rows for rows, _ in few),
                examined=labels.total(),
                evidence=(table,) if few else (),
                level=level,
                limit=0.0,
            )
