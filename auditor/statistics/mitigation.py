"""What a change of a model's decisions does to its accuracy and to the gaps between groups, from paired counts alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditor.statistics.confusion import FN, FP, TN, TP, quotient
from auditor.statistics.counts import UNDEFINED_LIMIT, bonferroni, tables_within

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


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric as the extreme of parts: for spreads the signed gaps of every ordered pair of groups."""

    sign: int  # +1: more is better, -1: less is, 0: neither
    parts: Callable[[Counts], Floats]  # of (..., groups, 4) counts: (..., parts)
    smallest: bool = False  # the metric is the least part, else the greatest


def _pairs(*rates: str) -> Callable[[Counts], Floats]:
    """Differences of each rate, every group minus every other."""

    def parts(counts: Counts) -> Floats:
        found = []
        for rate in rates:
            by = quotient(counts, rate)
            one, other = _ordered(by.shape[-1])
            found.append(by[..., one] - by[..., other])
        return np.concatenate(found, axis=-1)

    return parts


def _ordered(groups: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    one, other = np.nonzero(~np.eye(groups, dtype=bool))
    return one, other


def _ratios(counts: Counts) -> Floats:
    """Of selection rates, every group over every other: infinite over 0, undefined where none is selected."""
    by = quotient(counts, "selection_rate")
    one, other = _ordered(by.shape[-1])
    above = by[..., other] > 0
    found = np.where(above, by[..., one] / np.where(above, by[..., other], 1), np.inf)
    return np.asarray(np.where((by.max(axis=-1) > 0)[..., None], found, np.nan))


def _whole(rate: str) -> Callable[[Counts], Floats]:
    return lambda counts: np.asarray(quotient(counts.sum(axis=-2), rate))[..., None]


METRICS: Mapping[str, Metric] = {
    "accuracy": Metric(1, _whole("accuracy")),
    "lowest_group_accuracy": Metric(1, lambda counts: np.asarray(quotient(counts, "accuracy")), smallest=True),
    "selection_rate": Metric(0, _whole("selection_rate")),
    "demographic_parity_difference": Metric(-1, _pairs("selection_rate")),
    "demographic_parity_ratio": Metric(1, _ratios, smallest=True),
    "equalized_odds_difference": Metric(-1, _pairs("true_positive_rate", "false_positive_rate")),
    "recall_spread": Metric(-1, _pairs("true_positive_rate")),
    "false_positive_rate_spread": Metric(-1, _pairs("false_positive_rate")),
    "precision_spread": Metric(-1, _pairs("precision")),
    "accuracy_spread": Metric(-1, _pairs("accuracy")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One metric before and after, on the same rows."""

    metric: str
    before: float | None  # None: undefined, e.g. no positives in a group
    after: float | None
    low: float | None  # paired 95 % interval of after minus before, for all groups that could have been the extreme ones
    high: float | None
    verdict: str  # better, worse, not told apart, no direction, undefined

    @property
    def change(self) -> float | None:
        return None if self.before is None or self.after is None else self.after - self.before


def changes(paired: Counts, seed: int = 0, draws: int = DRAWS) -> list[Change]:
    """Every metric of METRICS before and after; the interval by a paired count bootstrap inside each group.

    `paired` is (groups, 2, 2, 2) counts of rows. The difference of the most distant groups is never below 0, and the more above
    it the noisier the groups, so that its own percentiles mislead. The interval is of the signed gaps of the groups that are
    most distant before and after, normal, and by Bonferroni simultaneous over all pairs that might have been. A metric is better
    or worse where it excludes 0.
    """
    drawn = tables_within(paired.reshape(len(paired), 8), draws, seed).reshape(draws, *paired.shape)
    sides = [(confusion(paired, after), confusion(drawn, after)) for after in (False, True)]
    return [_change(name, metric, sides) for name, metric in METRICS.items()]


def _change(name: str, metric: Metric, sides: list[tuple[Counts, Counts]]) -> Change:
    values: list[float | None] = []
    error = np.zeros(len(sides[0][1]))
    parts = 1
    for way, (point, drawn) in zip((-1, 1), sides, strict=True):
        found = metric.parts(point)
        parts = len(found)
        if np.isnan(found).any():
            values.append(None)
            continue
        place = int(np.argmin(found) if metric.smallest else np.argmax(found))
        values.append(float(found[place]))
        error = error + way * metric.parts(drawn)[:, place]
    before, after = values
    told = error[np.isfinite(error)]
    if before is None or after is None or len(told) < (1 - UNDEFINED_LIMIT) * len(error):
        return Change(metric=name, before=before, after=after, low=None, high=None, verdict="undefined")
    pairs = parts if metric.smallest and metric.parts is not _ratios else max(1, parts // 2)
    half = bonferroni(pairs) * float(told.std())
    low, high = after - before - half, after - before + half
    moved = metric.sign if low > 0 else -metric.sign if high < 0 else 0
    verdict = "no direction" if metric.sign == 0 else {1: "better", -1: "worse", 0: "not told apart"}[moved]
    return Change(metric=name, before=before, after=after, low=low, high=high, verdict=verdict)
