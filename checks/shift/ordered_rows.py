"""SHF207."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import numpy as np
from numpy.typing import NDArray

from auditor.check import Check, Specimen
from auditor.model import Curve, Effect, Reading, Series, Where
from auditor.rows import Setting
from auditor.statistics.order import NEIGHBOURS, Order, order_of
from auditor.statistics.sampling import position_hash
from auditor.tallies.sample import NumberSample

CAP = 2_000  # rows compared with each other: 4 million distances, 32 MB


class OrderedRows(Check[NumberSample]):
    """Rows that are alike stand near each other in the file.

    ## Why
    Read in order, the first batches hold one kind of row and the last another; a split by position, and any test that
    takes rows as independent, is then wrong.

    ## Measured
    Each row's ten nearest rows by the standardised number columns; share of them near in the file, less the share of
    random pairs, at its largest: 0 to 1, high is bad. p by 999 permutations of the places. On at most 2,000 rows of train,
    chosen by hash. Per set, not per row.

    ## Fix
    Shuffle before splitting and training; where order is time, split by time instead and say so.

    ## Known limits
    Sorted files that the loader shuffles anyway. Columns of texts or categories alone are not looked at. Rows with a
    missing number are filled with the column's median.

    ## Source
    Cummings et al. 2023, arXiv:2305.15696 (25 permutations there). Limits p < .01 and .05: chosen by us.
    """

    code = "SHF207"
    needs = ("number",)
    warn_above: float | None = 0.05
    p_below: float = 0.01  # stricter than .05: one test on the whole set
    least: int = 50  # rows below which nothing is said
    good = Specimen(train={"x": [Random(i).gauss(0, 1) for i in range(200)], "y": [Random(-i).random() for i in range(1, 201)]})
    bad = Specimen(train={"x": [i + Random(i).gauss(0, 9) for i in range(200)]}, found=1)

    def judge(self, setting: Setting, sample: NumberSample) -> Iterator[Reading]:
        train = next((s.name for s in setting.splits if s.part == "train"), setting.splits[0].name)
        names = [c.name for c in setting.kinds("number") if train in c.splits]
        cells = self._cells(sample, train, names, setting.seed)
        where = Where(split=train)
        if cells is None or len(cells) < self.least:
            reason = f"{0 if cells is None else len(cells)} rows of varying numbers are too few, want at least {self.least}"
            yield self.read(where, Effect(name="order", value=None, unit="share", reason=reason), reason, unsure=reason)
            return
        order = order_of(cells, setting.seed)
        far = order.distance > (self.warn_above if self.warn_above is not None else 1.0)
        yield self.read(
            where,
            Effect(name="order", value=order.distance, unit="share", method="999 permutations"),
            f"neighbours by {cells.shape[1]:,} number columns stand nearer in {train} than random rows: largest excess "
            f"{order.distance:.3f}, p {order.p:.3f} (1,000 at best), from {len(cells):,} rows and {NEIGHBOURS} neighbours each",
            affected=len(cells) if far and order.p < self.p_below else 0,
            examined=len(cells),
            evidence=(self._picture(order, train),),
            p=order.p,
            level="warning" if far and order.p < self.p_below else "clean",
            limit=self.warn_above,
        )

    @staticmethod
    def _cells(sample: NumberSample, split: str, names: list[str], seed: int) -> NDArray[np.float64] | None:
        """The varying number columns of at most 2,000 rows in file order, gaps filled with medians."""
        if split not in sample.rows:
            return None
        rows, cells = sample.rows[split], sample.cells[split]
        if len(rows) > CAP:
            keep = np.argpartition(position_hash(rows, seed), CAP)[:CAP]
            rows, cells = rows[keep], cells[keep]
        cells = cells[np.argsort(rows, kind="stable")][:, [sample.names.index(n) for n in names if n in sample.names]]
        cells = np.where(np.isfinite(cells), cells, np.nan)
        cells = cells[:, np.isfinite(cells).any(axis=0)]
        cells = np.where(np.isnan(cells), np.nanmedian(cells, axis=0), cells) if cells.size else cells
        varying = cells[:, np.ptp(cells, axis=0) > 0] if cells.size else cells
        return varying if varying.size else None

    @staticmethod
    def _picture(order: Order, split: str) -> Curve:
        x = tuple(float(v) for v in order.grid)
        lines = (("neighbours", order.neighbours), ("random pairs", order.random))
        return Curve(
            title=f"How far apart rows of {split} stand in the file",
            x_label="distance in the file, share of the rows",
            y_label="share of pairs at most so far apart",
            series=tuple(Series(name=n, x=x, y=tuple(float(v) for v in y)) for n, y in lines),
        )
