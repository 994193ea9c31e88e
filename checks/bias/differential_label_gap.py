"""BIA209."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditor.check import Check, Specimen
from auditor.model import Effect, Reading, Record, Table, Where
from auditor.rows import Roles, Setting
from auditor.statistics.counts import percentile, tables_within
from auditor.statistics.divergence import SMOOTHING, differential_fairness, log_ratios
from auditor.tallies.groups import GroupCounts, GroupTable, short
from auditor.tallies.label_gaps import MIN_GROUP, least_rows
from auditor.tallies.prediction_gaps import unmeasured

ROLES = Roles(label="y", sensitive=("g", "h"))
DRAWS = 2_000  # tables drawn, each group's size fixed
CELLS = 2_500  # groups x labels of one crossing that are compared, the largest groups first
EVEN: dict[str, list[Any]] = {"g": ["a", "a", "b", "b"] * 150, "h": ["u", "v"] * 300, "y": [0] * 300 + [1] * 300}
CORNER = [int(g + h == "bv" or i % 10 == 0) for i, (g, h) in enumerate(zip(EVEN["g"], EVEN["h"], strict=True))]


class DifferentialLabelGap(Check[GroupCounts]):
    """Some label is several times as common in one crossing of groups as in another.

    ## Why
    Gaps of two attributes can each be small and meet in one crossing, where they multiply.

    ## Measured
    Differential fairness: the largest absolute log ratio of smoothed label shares between any two groups of at least
    `min_group` rows, for each attribute and each pair of attributes, by split; 0 to infinity, high is bad. Limits from
    2,000 tables drawn within groups, the lower of percentile and basic limits, for the largest of many ratios is too large
    by chance. Found where the lower limit exceeds the limit.

    ## Fix
    Read the two groups that make the ratio in the table, then their label gap (BIA102, BIA105).

    ## Known limits
    It speaks of the two extreme groups alone. One row is spread over the labels of each group as smoothing; rare labels
    still swing widely.

    ## Source
    Foulds et al. 2020, doi:10.1109/ICDE48307.2020.00203. Limit 1, a factor of 2.7: chosen by us.
    """

    code = "BIA209"
    needs = ("sensitive", "classes")
    warn_above: float | None = 1.0
    min_group: int = MIN_GROUP
    good = Specimen(train=EVEN, roles=ROLES)
    bad = Specimen(train={**EVEN, "y": CORNER}, roles=ROLES)

    def judge(self, setting: Setting, counts: GroupCounts) -> Iterator[Reading | Record]:
        least = least_rows(setting, self.min_group)
        tables = [t for size in (1, 2) for t in counts.tables(setting, size)]
        if not tables:
            yield self.read(Where(), unmeasured("differential_fairness", "nats", "no group"), "no group", unsure="no group")
        for table in tables:
            rows = table.counts.sum(axis=1)
            keep = [i for i in np.argsort(-rows, kind="stable").tolist() if rows[i] >= least][
                : max(2, CELLS // max(1, len(table.labels)))
            ]
            yield from self._table(table, sorted(keep), setting.seed)

    def _table(self, table: GroupTable, keep: list[int], seed: int) -> Iterator[Reading | Record]:
        where = Where(split=table.split, columns=table.attributes)
        own = table.counts[keep]
        found = differential_fairness(own)
        low, high = self._limits(own, found.value, seed) if found.value is not None else (None, None)
        yield Record(
            section="bias",
            list="comparisons",
            values={
                "attribute": table.name,
                "group": None,
                "reference": None,
                "stage": "data",
                "split": table.split,
                "metric": "differential_fairness",
                "value": found.value,
                "low": low,
                "high": high,
                "method": "count bootstrap 95 %",
                "n": int(own.sum()),
                "status": found.status,
                "reason": found.reason,
                "verdict": None,
            },
        )
        who = f"{table.name} in {table.split}"
        if found.value is None or low is None or high is None:
            reason = f"{who}: {found.reason or 'the drawn tables leave it undefined'} among {len(keep):,} groups large enough"
            yield self.read(where, unmeasured("differential_fairness", "nats", reason), reason, unsure=reason)
            return
        limit = self.warn_above if self.warn_above is not None else float("inf")
        lines, said = self._extremes(table, keep)
        yield self.read(
            where,
            Effect(
                name="differential_fairness", value=found.value, low=low, high=high, unit="nats", method="count bootstrap 95 %"
            ),
            f"{who}: {said}; log ratio {found.value:.3f} (95 % {low:.3f} to {high:.3f}), smoothed by {SMOOTHING:g} row",
            affected=int(own.sum()),
            examined=int(table.counts.sum()),
            evidence=(
                Table(
                    title=f"Extreme label shares by {table.name}",
                    columns=("label", "highest", "share", "lowest", "share there"),
                    rows=lines,
                ),
            ),
            level="warning" if low > limit else "clean",
            limit=limit,
            unsure=f"{who}: the interval {low:.2f} to {high:.2f} holds the limit {limit:g}" if low <= limit < found.value else "",
        )

    @staticmethod
    def _limits(own: NDArray[np.int64], value: float, seed: int) -> tuple[float | None, float | None]:
        ends = percentile(log_ratios(tables_within(own, DRAWS, seed)))
        if ends is None:
            return None, None
        return max(0.0, min(ends[0], 2 * value - ends[1], value)), max(ends[1], value)

    @staticmethod
    def _extremes(table: GroupTable, keep: list[int]) -> tuple[tuple[tuple[str, str, float, str, float], ...], str]:
        """The two extreme groups of each label, at most 20, widest first, and the first in words."""
        own = table.counts[keep]
        p = (own + SMOOTHING / own.shape[1]) / (own.sum(axis=1, keepdims=True) + SMOOTHING)
        order = np.argsort(-(np.log(p.max(axis=0)) - np.log(p.min(axis=0))), kind="stable")[:20].tolist()
        names = [short(table.groups[i]) for i in keep]
        lines = tuple(
            (
                short(table.labels[y]),
                names[int(p[:, y].argmax())],
                float(p[:, y].max()),
                names[int(p[:, y].argmin())],
                float(p[:, y].min()),
            )
            for y in order
        )
        label, most, high, few, low = lines[0]
        return lines, f"label {label!r} has {high:.1%} of {most!r} and {low:.1%} of {few!r}"
