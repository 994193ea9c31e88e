"""Each group's prediction rates beside those of its reference, measured; the judging is left to the checks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from auditor.model import Effect
from auditor.rows import InputError, Setting
from auditor.statistics.comparisons import Comparison, judged, rate_difference, rate_ratio, rows_to_decide, suppressed
from auditor.statistics.confusion import DIFFERENCES, RATES, RATIOS, parts, ratio
from auditor.statistics.counts import critical_value
from auditor.statistics.rate_gaps import mirrored, rows_to_decide_gap
from auditor.tallies.groups import GroupCounts, reference_of, short
from auditor.tallies.label_gaps import CLASSES, compared_labels
from auditor.tallies.outcomes import OutcomeCounts, OutcomeTable

MIN_GROUP = 100
"""Rows below which an error rate is shown and not judged (bias reference, section 2)."""
MIN_SELECTED = 30
"""The same for selection rates, which need no label."""
MIN_DENOMINATOR = 10
"""Rows of a rate's own denominator, such as positives, below which it is shown and not judged."""
FAMILY = (
    "selection_rate",
    "true_positive_rate",
    "false_positive_rate",
    "precision",
    "negative_predictive_value",
    "accuracy",
)
"""Rates whose gaps may fail an audit: the simultaneous limits of all of them belong to one family."""
SHOWN = 100  # groups too small to judge that are compared one by one, the largest first

Counts = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One class of one attribute in one split: counts by group, and the reference among them."""

    split: str
    attribute: str
    label: str
    one_of_many: bool  # one class against the rest, none of them declared favourable
    groups: tuple[str, ...]
    at: int  # place of the reference
    predicted: Counts  # (groups, 4) of all predicted rows: only false positives and true negatives are filled
    confusion: Counts  # (groups, 4) of rows with label and prediction
    right: Counts  # (groups, 4) predicted as labelled or not, whatever the class
    unpredicted: int  # rows of the split without a prediction

    def counts(self, rate: str) -> Counts:
        """The counts that the rate is made of."""
        return {"selection_rate": self.predicted, "accuracy": self.right}.get(rate, self.confusion)

    def least(self, rate: str, setting: Setting) -> int:
        """Rows that a group needs to be judged by this rate."""
        return int(setting.options.get("min_group") or (MIN_SELECTED if rate == "selection_rate" else MIN_GROUP))

    def unjudged(self, rate: str, setting: Setting) -> list[str]:
        """Why each group cannot be judged by the rate; "" where it can."""
        counts, least = self.counts(rate), self.least(rate, setting)
        rows, below = counts.sum(axis=1), parts(counts, rate)[1]
        said = []
        for n, denominator in zip(rows.tolist(), below.tolist(), strict=True):
            if n < least:
                said.append(f"{n:,} rows, fewer than {least:,}")
            else:
                enough = denominator >= MIN_DENOMINATOR
                said.append("" if enough else f"{denominator:,} {RATES[rate].lacking}, fewer than {MIN_DENOMINATOR}")
        return said

    @property
    def reference(self) -> str:
        return self.groups[self.at]


@dataclass(frozen=True, slots=True, kw_only=True)
class RateGap:
    """One rate of one group against its reference."""

    place: Place
    i: int  # place of the group
    rate: str
    main: Comparison  # the one with a verdict
    beside: tuple[Comparison, ...]  # the same gap by other names and as a ratio
    few: str  # why it cannot be judged, "" where it can

    @property
    def group(self) -> str:
        return self.place.groups[self.i]

    @property
    def name(self) -> str:
        """The group, with the class where each is set against the rest: distinct for every gap of a split."""
        many = self.place.one_of_many and self.rate != "accuracy"
        return f"{self.group} · {self.place.label}" if many else self.group

    def sides(self) -> tuple[int, int, int, int]:
        """(k, n) of the group, then of the reference."""
        counts = self.place.counts(self.rate)
        k, n = parts(counts, self.rate)
        return int(k[self.i]), int(n[self.i]), int(k[self.place.at]), int(n[self.place.at])

    def sentence(self) -> str:
        """The gap in words, with its numbers."""
        place, (k, n, k_ref, n_ref) = self.place, self.sides()
        words = RATES[self.rate].words.format(label=repr(short(place.label)))
        who = f"{place.attribute} {short(self.group)!r} against {short(place.reference)!r} in {place.split}, {words}"
        gap = next((c for c in (self.main, *self.beside) if c.metric in DIFFERENCES), self.main)
        if gap.value is None or gap.low is None or gap.high is None:
            return f"{who}: cannot be compared: {gap.reason} ({k:,} of {n:,} against {k_ref:,} of {n_ref:,} rows)"
        sign = 1 if gap.value >= 0 else -1
        low, high = sorted((sign * gap.low, sign * gap.high))
        ratio = f"; ratio {self.main.value:.3f}" if self.main is not gap and self.main.value is not None else ""
        said = f"{who}: {k / n:.1%} of {n:,} rows against {k_ref / n_ref:.1%} of {n_ref:,}"
        return f"{said}; {100 * abs(gap.value):.1f} points apart (95 % {100 * low:.1f} to {100 * high:.1f}){ratio}"


def places(outcomes: OutcomeCounts, groups: GroupCounts, setting: Setting) -> tuple[list[Place], list[str]]:
    """Every attribute, split and class that can be compared, and the reasons why others cannot."""
    vocabulary, reason = outcomes.vocabulary(setting)
    labels, reason = ((), reason) if reason else favourable(setting, vocabulary)
    if reason:
        return [], [reason]
    tables = list(outcomes.tables(groups, setting))
    many = len(labels) > 1
    if len(labels) > CLASSES:
        rows = {x: sum(int(t.rows[t.prediction == x].sum()) for t in tables) for x in labels}
        labels = tuple(sorted(sorted(labels, key=lambda x: (-rows[x], x))[:CLASSES]))
    every = list(groups.tables(setting))
    found, reasons = [], [f"{a} has too many groups to count: bin it" for a in setting.roles.sensitive if groups.too_many((a,))]
    for table in tables:
        reference = reference_of([t for t in every if t.name == table.attribute], setting)
        if reason := _unfit(table, reference):
            reasons.append(reason)
        else:
            at = table.groups.index(reference or "")
            found += [_place(table, label, many, at) for label in labels]
    return found, reasons


def favourable(setting: Setting, vocabulary: Sequence[str]) -> tuple[tuple[str, ...], str]:
    """The classes whose rates are compared, and why there is none."""
    wanted = setting.positive
    if wanted is not None and wanted not in vocabulary and wanted.endswith(".0"):
        setting = replace(setting, positive=wanted.removesuffix(".0"))
    if setting.positive is None and len(vocabulary) == 1 and not setting.roles.label:
        return (), f"only {short(vocabulary[0])!r} is ever predicted: no rate to compare"
    try:
        return compared_labels(setting, vocabulary)
    except InputError as wrong:
        return (), str(wrong)


def _unfit(table: OutcomeTable, reference: str | None) -> str:
    where = f"{table.attribute} in {table.split}"
    if reference is None:
        return f"{where}: there is no reference group: every value is missing, or the declared one has no rows"
    if len(table.groups) < 2:
        return f"{where}: there is one group only, a gap needs two"
    return "" if reference in table.groups else f"{where}: the reference group {short(reference)!r} has no rows"


def _place(table: OutcomeTable, label: str, many: bool, at: int) -> Place:
    return Place(
        split=table.split,
        attribute=table.attribute,
        label=label,
        one_of_many=many,
        groups=table.groups,
        at=at,
        predicted=table.selected(label),
        confusion=table.confusion(label),
        right=table.right(),
        unpredicted=table.unpredicted,
    )


def rated(found: Sequence[Place], rate: str) -> Iterator[Place]:
    """The places that the rate is measured at: accuracy once for all classes, the others for each."""
    seen = set()
    for place in found:
        key = (place.split, place.attribute, "" if rate == "accuracy" else place.label)
        if key not in seen:
            seen.add(key)
            yield place


def simultaneous(found: Sequence[Place], setting: Setting) -> float:
    """The z of joint 95 % limits for every gap of `FAMILY` that can be judged, over all splits, attributes and classes."""
    families = []
    for rate in FAMILY:
        for place in rated(found, rate):
            unfit = place.unjudged(rate, setting)
            k, n = parts(place.counts(rate), rate)
            keep = [i for i, reason in enumerate(unfit) if not reason]
            if place.at in keep and len(keep) > 1:
                families.append((tuple(k[keep].tolist()), tuple(n[keep].tolist()), keep.index(place.at)))
    return _critical(tuple(families), setting.seed)


@lru_cache(maxsize=16)
def _critical(families: tuple[tuple[tuple[int, ...], tuple[int, ...], int], ...], seed: int) -> float:
    """Remembered: five checks ask for the same."""
    return critical_value(families, seed=seed)


def measure(
    found: Sequence[Place], rate: str, metrics: Sequence[str], within: tuple[float, float], setting: Setting
) -> Iterator[list[RateGap]]:
    """The gaps of one rate, a list a place; the first metric gets the verdict. Of small groups the 100 largest."""
    z = simultaneous(found, setting)
    for place in rated(found, rate):
        unfit = place.unjudged(rate, setting)
        rows = place.counts(rate).sum(axis=1)
        others = [i for i in range(len(place.groups)) if i != place.at]
        small = sorted((i for i in others if unfit[i]), key=lambda i: (-rows[i], i))
        gaps = []
        for i in [i for i in others if not unfit[i]] + small[:SHOWN]:
            few = unfit[i] or (f"the reference has {unfit[place.at]}" if unfit[place.at] else "")
            first, *rest = (_compare(place, m, i, z, within if m == metrics[0] else None, few) for m in metrics)
            gaps.append(RateGap(place=place, i=i, rate=rate, main=first, beside=tuple(rest), few=few))
        yield gaps


def _compare(place: Place, metric: str, i: int, z: float, within: tuple[float, float] | None, few: str) -> Comparison:
    rate, sign = (RATIOS[metric], 0) if metric in RATIOS else DIFFERENCES[metric]
    k, n = (x.tolist() for x in parts(place.counts(rate)[[i, place.at]], rate))
    if sign:
        one = rate_difference(metric, k[1], n[1], k[0], n[0], z=z)
        one = one if sign > 0 else mirrored(one)
        if within and one.simultaneous_low is not None and one.simultaneous_high is not None:
            one = replace(one, verdict=judged(one.simultaneous_low, one.simultaneous_high, within))
        elif within:
            one = replace(one, verdict="inconclusive")
    else:
        one = rate_ratio(metric, k[0], n[0], k[1], n[1], z=z, within=within)
        if one.status == "infinite":
            one = replace(one, reason=ratio(metric, *place.counts(rate)[[place.at, i]]).reason)
    if not all(n):
        lacks = [who for who, rows in zip(("the group", "the reference"), n, strict=True) if not rows]
        return replace(one, reason=f"no {RATES[rate].lacking} in {' and '.join(lacks)}")
    if few:
        return replace(suppressed(one, 0), reason=few + (f"; {one.reason}" if one.reason else ""))
    if one.verdict == "inconclusive" and within:
        needed = _needed(k[0], n[0], k[1], n[1], within, z, bool(sign))
        one = replace(one, reason=one.reason or f"the interval holds a limit of the tolerance; {needed}")
    return one


def _needed(k: int, n: int, k_ref: int, n_ref: int, within: tuple[float, float], z: float, gap: bool) -> str:
    """The rows that would decide at these rates."""
    decides = rows_to_decide_gap(k, n, k_ref, n_ref, within, z) if gap else rows_to_decide(k, n, k_ref, n_ref, within, z)
    if decides is None:
        return "no number of rows decides at these rates"
    more = f"{decides[0] - n:,} more such rows of this group"
    return more + (f" and {decides[1] - n_ref:,} of the reference" if decides[1] > n_ref else "") + " would decide"


def no_classes(setting: Setting) -> str | None:
    """Why predictions are no classes where there is a label, or None."""
    return (
        f"the label {setting.roles.label!r} does not name classes" if setting.roles.label and not setting.label_is_class else None
    )


def unmeasured(name: str, unit: str, reason: str) -> Effect:
    """An effect without a value, and why."""
    return Effect(name=name, value=None, unit=unit, reason=reason)
