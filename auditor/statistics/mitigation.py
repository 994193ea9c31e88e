"""What a change of a model's decisions does to its accuracy and to the gaps between groups, from paired counts alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditor.statistics.confusion import FN, FP, TN, TP, quotient
from auditor.statistics.counts import percentile, tables_within

Floats = NDArray[np.float64]
Counts = NDArray[Any]  # (..., groups, 2, 2, 2): label, decision before, decision after; 1 = favourable
DRAWS = 2_000


def weights(groups: NDArray[np.int64], labels: NDArray[np.int64]) -> Floats:
    """(n,) weights P(g) P(y) / P(g, y) that make label and group independent; they sum to n.

    Kamiran & Calders 2012, doi:10.1007/s10115-011-0463-8. `groups` and `labels` are codes from 0 on. Raises ValueError where
    a group never bears a label: no weight can mend an empty cell.
    """
    counts = np.zeros((int(groups.max()) + 1, int(labels.max()) + 1))
    np.add.at(counts, (groups, labels), 1)
    if (counts == 0).any():
        group, label = (int(x) for x in np.argwhere(counts == 0)[0])
        raise ValueError(f"no row of group {group} bears label {label}: its weight is not defined")
    n = counts.sum()
    table = counts.sum(axis=1, keepdims=True) * counts.sum(axis=0, keepdims=True) / (n * counts)
    return np.asarray(table[groups, labels])


def confusion(paired: Counts, after: bool) -> Counts:
    """(..., groups, 4) true positives, false negatives, false positives, true negatives, before or after the change."""
    kept = paired.sum(axis=-2 if after else -1)  # (..., groups, label, decision)
    cells = {TP: (1, 1), FN: (1, 0), FP: (0, 1), TN: (0, 0)}
    return np.stack([kept[..., y, d] for _, (y, d) in sorted(cells.items())], axis=-1)


def _spread(rate: str) -> Callable[[Counts], Floats]:
    return lambda counts: np.asarray(np.ptp(quotient(counts, rate), axis=-1))


def _odds(counts: Counts) -> Floats:
    return np.maximum(_spread("true_positive_rate")(counts), _spread("false_positive_rate")(counts))


def _ratio(counts: Counts) -> Floats:
    rates = quotient(counts, "selection_rate")
    top = rates.max(axis=-1)
    return np.asarray(np.where(top > 0, rates.min(axis=-1) / np.where(top > 0, top, 1), np.nan))


METRICS: Mapping[str, tuple[Callable[[Counts], Floats], int]] = {
    "accuracy": (lambda c: np.asarray(quotient(c.sum(axis=-2), "accuracy")), 1),
    "lowest_group_accuracy": (lambda c: np.asarray(quotient(c, "accuracy").min(axis=-1)), 1),
    "selection_rate": (lambda c: np.asarray(quotient(c.sum(axis=-2), "selection_rate")), 0),
    "demographic_parity_difference": (_spread("selection_rate"), -1),
    "demographic_parity_ratio": (_ratio, 1),
    "equalized_odds_difference": (_odds, -1),
    "recall_spread": (_spread("true_positive_rate"), -1),
    "false_positive_rate_spread": (_spread("false_positive_rate"), -1),
    "precision_spread": (_spread("precision"), -1),
    "accuracy_spread": (_spread("accuracy"), -1),
}
"""Metric -> (of (..., groups, 4) counts, +1 where more is better, -1 where less is, 0 where neither)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One metric before and after, on the same rows."""

    metric: str
    before: float | None  # None: undefined, e.g. no positives in a group
    after: float | None
    low: float | None  # paired 95 % interval of after minus before
    high: float | None
    verdict: str  # better, worse, not told apart, no direction, undefined

    @property
    def change(self) -> float | None:
        return None if self.before is None or self.after is None else self.after - self.before


def changes(paired: Counts, seed: int = 0, draws: int = DRAWS) -> list[Change]:
    """Every metric of METRICS before and after; the interval by a paired count bootstrap inside each group.

    `paired` is (groups, 2, 2, 2) counts of rows. A metric is better or worse where the interval of its change excludes 0.
    """
    drawn = tables_within(paired.reshape(len(paired), 8), draws, seed).reshape(draws, *paired.shape)
    sides = [(confusion(paired, after), confusion(drawn, after)) for after in (False, True)]
    return [_change(name, of, sign, sides) for name, (of, sign) in METRICS.items()]


def _change(name: str, of: Callable[[Counts], Floats], sign: int, sides: list[tuple[Counts, Counts]]) -> Change:
    before, after = (float(of(point)) for point, _ in sides)
    if not np.isfinite([before, after]).all():
        told = [None if not np.isfinite(x) else x for x in (before, after)]
        return Change(metric=name, before=told[0], after=told[1], low=None, high=None, verdict="undefined")
    ends = percentile(of(sides[1][1]) - of(sides[0][1]))
    if ends is None:
        return Change(metric=name, before=before, after=after, low=None, high=None, verdict="undefined")
    low, high = ends
    moved = sign if low > 0 else -sign if high < 0 else 0
    verdict = "no direction" if sign == 0 else {1: "better", -1: "worse", 0: "not told apart"}[moved]
    return Change(metric=name, before=before, after=after, low=low, high=high, verdict=verdict)
