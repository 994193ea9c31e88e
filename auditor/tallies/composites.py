"""Metrics that are no rate: their limits come from the bootstrap of each group's counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditor.model import Record
from auditor.rows import Setting
from auditor.statistics.comparisons import Comparison, judged
from auditor.statistics.confusion import DIFFERENCES, RATES, average_odds, average_odds_difference, difference, differences, parts
from auditor.statistics.counts import bonferroni, percentile, tables_within
from auditor.statistics.value import Value
from auditor.tallies.prediction_gaps import Place

SHOWN = 100  # groups an attribute whose counts are drawn anew, the largest first
SMALL = 30  # rows of a denominator below which percentile limits fall short of their level (bias reference, section 5)
Point = Callable[[Any, Any], Value]
Drawn = Callable[[Any, Any], NDArray[np.float64]]
COMPOSITES: dict[str, tuple[Point, Drawn]] = {
    "average_odds_difference": (average_odds_difference, average_odds),
    **{
        name: (partial(difference, name), partial(differences, name))
        for name in ("conditional_acceptance_difference", "conditional_rejection_difference", "treatment_equality")
    },
}
RATES_OF: dict[str, tuple[str, ...]] = {"average_odds_difference": ("true_positive_rate", "false_positive_rate")}


def composites(
    place: Place, metrics: Sequence[str], setting: Setting, limit: float | None = None, family: int = 1
) -> Iterator[tuple[int, Comparison]]:
    """(group, comparison) for every other group. With a `limit`, a verdict within -limit..limit.

    Pairwise limits are percentiles of 10,000 tables, each group drawn with its size fixed; the simultaneous ones add
    Bonferroni's z for `family` comparisons times the bootstrap's standard error to the value.
    """
    rows = place.confusion.sum(axis=1)
    others = sorted((i for i in range(len(place.groups)) if i != place.at), key=lambda i: (-rows[i], i))[:SHOWN]
    drawn = tables_within(place.confusion[[place.at, *others]], seed=setting.seed)
    z = bonferroni(family)
    for metric in metrics:
        point, array = COMPOSITES[metric]
        unfit = unjudged(place, metric, setting)
        for j, i in enumerate(others):
            few = unfit[i] or (f"the reference has {unfit[place.at]}" if unfit[place.at] else "")
            value = point(place.confusion[place.at], place.confusion[i])
            one = _bare(metric, value, int(rows[i]), int(rows[place.at]), limit)
            if few:
                kept = value.status if value.value is None else "suppressed"
                one = replace(one, status=kept, reason="; ".join(r for r in (value.reason, few) if r))
            elif value.value is not None:
                one = _limited(one, array(drawn[:, 0], drawn[:, 1 + j]), z, limit)
            yield i, one


def unjudged(place: Place, metric: str, setting: Setting) -> list[str]:
    """Why each group cannot be judged by the metric; "" where it can."""
    said = place.unjudged("accuracy", setting)
    for rate in RATES_OF.get(metric) or (DIFFERENCES[metric][0],):
        below = parts(place.confusion, rate)[1].tolist()
        few = [f"{n:,} {RATES[rate].lacking}, fewer than {SMALL}" if n < SMALL else "" for n in below]
        said = [a or b for a, b in zip(said, few, strict=True)]
    return said


def _bare(metric: str, value: Value, n: int, n_reference: int, limit: float | None) -> Comparison:
    return Comparison(
        metric=metric,
        value=value.value,
        n=n,
        n_reference=n_reference,
        status=value.status,
        reason=value.reason,
        verdict=None if limit is None else "inconclusive",
    )


def _limited(one: Comparison, replicates: NDArray[np.float64], z: float, limit: float | None) -> Comparison:
    ends = percentile(replicates)
    if ends is None or one.value is None:
        return replace(one, reason="more than 5 % of the drawn tables leave it undefined: no interval")
    half = z * float(np.nanstd(replicates))
    low, high = min(ends[0], one.value - half), max(ends[1], one.value + half)
    one = replace(one, low=ends[0], high=ends[1], method="count bootstrap 95 %", simultaneous_low=low, simultaneous_high=high)
    if limit is None:
        return one
    verdict = judged(low, high, (-limit, limit))
    reason = "the interval holds a limit of the tolerance" if verdict == "inconclusive" else ""
    return replace(one, verdict=verdict, reason=reason)


def composite_records(place: Place, metrics: Sequence[str], setting: Setting) -> Iterator[Record]:
    """Entries of `bias.comparisons` without a verdict."""
    for i, one in composites(place, metrics, setting):
        yield composite_record(place, i, one)


def composite_record(place: Place, i: int, one: Comparison) -> Record:
    """The entry of one comparison."""
    values = {"attribute": place.attribute, "stage": "prediction", "split": place.split, "label": place.label}
    return one.record(**values, group=place.groups[i], reference=place.reference)
