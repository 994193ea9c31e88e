"""Gaps of numeric predictions between a group and its reference: means, residuals, mean absolute errors."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from auditor.rows import Setting
from auditor.statistics.comparisons import Comparison, judged
from auditor.statistics.counts import bonferroni
from auditor.statistics.proportions import Z95
from auditor.tallies.groups import GroupCounts, reference_of, short
from auditor.tallies.residuals import NumberTable, Residuals

SHOWN = 100  # groups too small to judge that are compared one by one, the largest first
METRICS = {
    "mean_prediction_difference": "prediction",
    "residual_difference": "residual",
    "mean_absolute_error_difference": "error",
}
Gap = tuple[NumberTable, int, int, tuple[Comparison, ...]]  # table, group, reference, ratio first


def number_gaps(
    residuals: Residuals, groups: GroupCounts, setting: Setting, least: int, within: tuple[float, float]
) -> tuple[list[Gap], list[str]]:
    """Every group of at least one row against its reference, and why some could not be compared.

    The ratio of mean absolute errors, group over reference, has the verdict; Bonferroni over all groups that have
    `least` rows. Differences are group minus reference.
    """
    every = list(groups.tables(setting))
    places, reasons = [], []
    for table in residuals.tables(groups, setting):
        reference = reference_of([t for t in every if t.name == table.attribute], setting)
        if len(table.groups) < 2 or reference not in table.groups:
            why = (
                "there is one group only, a gap needs two" if len(table.groups) < 2 else f"no reference {short(str(reference))!r}"
            )
            reasons.append(f"{table.attribute} in {table.split}: {why}")
        else:
            places.append((table, table.groups.index(reference)))
    large = sum(int((t.rows >= least).sum()) - 1 for t, at in places if t.rows[at] >= least)
    z = bonferroni(large)
    return [gap for table, at in places for gap in _of_table(table, at, z, least, within)], reasons


def _of_table(table: NumberTable, at: int, z: float, least: int, within: tuple[float, float]) -> Iterator[Gap]:
    others = sorted((i for i in range(len(table.groups)) if i != at), key=lambda i: (-table.rows[i], i))
    small = [i for i in others if table.rows[i] < least][:SHOWN]
    for i in [i for i in others if table.rows[i] >= least] + small:
        made = (_ratio(table, i, at, z, within), *(_difference(table, i, at, metric, z) for metric in METRICS))
        few = min(int(table.rows[i]), int(table.rows[at]))
        if few < least:
            reason = f"{few:,} rows, fewer than {least:,}"
            made = tuple(replace(c, status="suppressed" if c.value is not None else c.status, reason=reason) for c in made)
            made = (replace(made[0], verdict="inconclusive"), *made[1:])
        yield table, i, at, made


def _difference(table: NumberTable, i: int, at: int, metric: str, z: float) -> Comparison:
    name = METRICS[metric]
    mean, variance, n = table.means[name], table.variances[name], table.rows
    gap = float(mean[i] - mean[at])
    error = math.sqrt(variance[i] / n[i] + variance[at] / n[at])
    return Comparison(
        metric=metric,
        value=gap,
        low=gap - Z95 * error,
        high=gap + Z95 * error,
        method="Welch 95 %",
        simultaneous_low=gap - z * error,
        simultaneous_high=gap + z * error,
        n=int(n[i]),
        n_reference=int(n[at]),
    )


def _ratio(table: NumberTable, i: int, at: int, z: float, within: tuple[float, float]) -> Comparison:
    """MAE of the group over that of the reference, limits on the log scale (delta method)."""
    mean, variance, n = table.means["error"], table.variances["error"], table.rows
    one = Comparison(
        metric="mean_absolute_error_ratio",
        value=None,
        n=int(n[i]),
        n_reference=int(n[at]),
        status="undefined",
        reason="the mean absolute error is 0 in a group",
        verdict="inconclusive",
    )
    if mean[i] <= 0 and mean[at] <= 0:
        return one
    if mean[at] <= 0:
        return replace(one, status="infinite", reason="the mean absolute error of the reference is 0")
    if mean[i] <= 0:
        return replace(one, value=0.0, status="ok", reason="the mean absolute error of the group is 0: no interval")
    value = float(mean[i] / mean[at])
    error = math.sqrt(variance[i] / n[i] / mean[i] ** 2 + variance[at] / n[at] / mean[at] ** 2)
    low, high = value * math.exp(-z * error), value * math.exp(z * error)
    verdict = judged(low, high, within)
    return replace(
        one,
        value=value,
        low=value * math.exp(-Z95 * error),
        high=value * math.exp(Z95 * error),
        method="log delta 95 %",
        simultaneous_low=low,
        simultaneous_high=high,
        status="ok",
        reason="the interval holds a limit of the tolerance" if verdict == "inconclusive" else "",
        verdict=verdict,
    )
