"""IMB105."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from auditor.check import Check, Specimen
from auditor.model import Effect, Matrix, Reading, Where
from auditor.rows import Roles, Setting
from auditor.tallies.groups import GroupCounts, GroupTable, short

ROLES = Roles(label="label", sensitive="group")
SHOWN = 40


class EmptyGroupClassCell(Check[GroupCounts]):
    """A group of people never carries a label that it should carry if group and label were unrelated.

    ## Why
    The model learns that this label does not happen to this group, and no held-out row can show otherwise.

    ## Measured
    Cells of group by label without a row whose expected count, rows of the group x rows of the label / all rows, is at
    least `expected`, or more where there are so many cells that one would be empty by chance: a count by split, 0 and
    more, high is bad.

    ## Fix
    Collect rows for the cell, or say why it cannot exist.

    ## Known limits
    Some cells are impossible in truth: waive the finding with the reason.

    ## Source
    Expected 5 is the usual least count of a cell for the chi-square to hold: Cochran 1952, doi:10.1214/aoms/1177729380.
    An empty cell has probability exp(-expected) under independence: .007 at 5.
    """

    code = "IMB105"
    needs = ("sensitive", "classes")
    warn_above: float | None = 0.0
    expected: float = 5.0  # Cochran's rule
    alpha: float = 0.05  # an empty cell by chance, over all cells of the table: raises `expected` to ln(cells / alpha)
    good = Specimen(train={"group": ["f", "m"] * 20, "label": ["a", "a", "b", "b"] * 10}, roles=ROLES)
    bad = Specimen(train={"group": ["f", "m"] * 20, "label": ["a", "b"] * 20}, roles=ROLES, found=1)

    def judge(self, setting: Setting, counts: GroupCounts) -> Iterator[Reading]:
        for table in counts.tables(setting):
            if not table.counts.sum():
                continue
            expected = np.outer(table.counts.sum(axis=1), table.counts.sum(axis=0)) / table.counts.sum()
            least_expected = max(self.expected, math.log(table.counts.size / self.alpha))
            judged = int((expected >= least_expected).sum())
            empty = np.argwhere((table.counts == 0) & (expected >= least_expected))
            cells = [f"{short(table.groups[g])!r} x {short(table.labels[y])!r}" for g, y in empty]
            least = int(table.counts[expected >= least_expected].min(initial=table.counts.max()))
            yield self.read(
                Where(split=table.split, columns=table.attributes),
                Effect(name="empty_cells", value=float(len(cells)), unit="cells"),
                f"{len(cells):,} of {table.counts.size:,} cells of {table.name} by label in {table.split} are empty where at "
                f"least {least_expected:.3g} rows are expected"
                + (
                    f": {', '.join(cells[:3])}" + (" ..." if len(cells) > 3 else "") if cells else f"; the smallest has {least:,}"
                ),
                examined=int(table.counts.sum()),
                evidence=(self._matrix(table),),
                unsure="" if judged else f"no cell of {table.name} by label in {table.split} expects {least_expected:.3g} rows",
            )

    @staticmethod
    def _matrix(table: GroupTable) -> Matrix:
        return Matrix(
            title=f"Rows by {table.name} and label in {table.split}",
            row_label=table.name,
            column_label="label",
            row_names=tuple(short(g) for g in table.groups[:SHOWN]),
            column_names=tuple(short(y) for y in table.labels[:SHOWN]),
            values=tuple(tuple(float(x) for x in row[:SHOWN]) for row in table.counts[:SHOWN]),
        )
