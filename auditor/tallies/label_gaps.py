"""The label rate of each group beside that of its reference, measured; the judging is left to the checks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from auditor.model import Record
from auditor.rows import Setting
from auditor.statistics.comparisons import Comparison, rate_difference, rate_ratio, rows_to_decide, suppressed
from auditor.statistics.counts import critical_value
from auditor.tallies.groups import GroupCounts, GroupTable, reference_of, short

"""Pairs of labels whose favourable one needs no declaration; the last in each is taken."""
MIN_GROUP = 30  # rows below which a comparison is shown and not judged (bias reference, section 2)
CLASSES = 20  # one-against-rest rows are made for so many of the commonest classes


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelGap:
    """One group of one split against its reference."""

    split: str
    attribute: str  # one name, or two joined by " x "
    columns: tuple[str, ...]
    group: str
    reference: str
    label: str  # the label whose rate is compared
    one_of_many: bool  # True: one class against the rest, none of them declared favourable
    k: int  # rows of the group that carry the label
    n: int  # labelled rows of the group
    k_ref: int
    n_ref: int
    difference: Comparison  # reference minus group
    ratio: Comparison  # group over reference
    needed: str  # which rows would decide, "" where the rows at hand do

    @property
    def place(self) -> str:
        """The group, with the class where each is set against the rest: distinct for every gap of a split."""
        return f"{self.group} · {self.label}" if self.one_of_many else self.group

    def sentence(self) -> str:
        """The gap in words, with its numbers."""
        who = f"{self.attribute} {short(self.group)!r}"
        counts = f"{self.k:,} of {self.n:,} against {self.k_ref:,} of {self.n_ref:,} in {self.split}"
        gap, ratio = self.difference, self.ratio
        if gap.value is None or gap.low is None or gap.high is None:
            return f"{who}: the rate of {short(self.label)!r} cannot be compared: {gap.reason} ({counts})"
        signs = (gap.value, gap.low, gap.high) if gap.value >= 0 else (-gap.value, -gap.high, -gap.low)
        points, low, high = (100 * x for x in signs)
        word = "less" if gap.value >= 0 else "more"
        ends = "" if ratio.low is None else f" (95 % {ratio.low:.3f} to {'inf' if ratio.high is None else f'{ratio.high:.3f}'})"
        share = ratio.reason if ratio.value is None else f"ratio {ratio.value:.3f}{ends}"
        return (
            f"{who} is labelled {short(self.label)!r} {points:.1f} points {word} often than {short(self.reference)!r} "
            f"(95 % {low:.1f} to {high:.1f}), based on {counts}; {share}"
        )

    def records(self) -> Iterator[Record]:
        """Its two entries of `bias.comparisons`."""
        place: dict[str, Any] = {"attribute": self.attribute, "group": self.group, "reference": self.reference, "stage": "data"}
        place |= {"split": self.split, "label": self.label}
        yield self.difference.record(**place)
        yield self.ratio.record(**place)


def compared_labels(setting: Setting, labels: Sequence[str]) -> tuple[tuple[str, ...], str]:
    """The labels whose rates are compared, and why there is none.

    The declared favourable label; else the last of a pair that needs no declaration; else, of more than two classes,
    each against the rest. Raises InputError where the declared label does not occur.
    """
    favourable = setting.known_favourable(labels)
    if setting.positive is None and len(labels) < 2:
        return (), "the label has only one value: no rate to compare"
    if favourable is not None:
        return (favourable,), ""
    if len(labels) > 2:
        return tuple(labels), ""
    if not labels:
        return (), "the label has no value"
    return (), f"which of {short(labels[0])!r} and {short(labels[1])!r} is favourable was not said: give --positive"


def least_rows(setting: Setting, given: int) -> int:
    """`min_group` of the options, else that of the check."""
    return int(setting.options.get("min_group") or given)


def measure(
    counts: GroupCounts, setting: Setting, size: int, least: int, within: tuple[float, float]
) -> tuple[list[LabelGap], list[str]]:
    """Gaps of every attribute (`size` 1) or pair (2) in every split, and the reasons why some could not be had.

    Their simultaneous limits belong to one family: all of them that have at least `least` rows.
    """
    tables = list(counts.tables(setting, size))
    if not tables:
        return [], ["there is no group to compare"]
    labels, reason = compared_labels(setting, tables[0].labels)
    if reason:
        return [], [reason]
    many = len(labels) > 1
    if len(labels) > CLASSES:
        total = np.sum([t.counts.sum(axis=0) for t in tables], axis=0)
        labels = tuple(sorted(labels[i] for i in np.argsort(-total, kind="stable")[:CLASSES]))
    references = {t.attributes: reference_of([u for u in tables if u.attributes == t.attributes], setting) for t in tables}
    places = [(t, x, r) for t in tables for x in labels if (r := references[t.attributes]) in t.groups and len(t.groups) > 1]
    z = critical_value([f for t, x, r in places if len((f := _family(t, x, r or "", least))[0]) > 1], seed=setting.seed)
    gaps = [gap for t, x, r in places for gap in _gaps(t, x, r or "", many, z, least, within)]
    return gaps, _reasons(tables, references, setting)


def _reasons(tables: Sequence[GroupTable], references: dict[tuple[str, ...], str | None], setting: Setting) -> list[str]:
    declared = setting.options.get("reference_group", {})
    said = []
    for table in tables:
        reference = references[table.attributes]
        if reference is None and table.name in declared:
            said.append(f"{table.name}: the declared reference group {declared[table.name]!r} has no rows")
        elif reference is None:
            said.append(f"{table.name}: every value is missing")
        elif len(table.groups) < 2:
            said.append(f"{table.name} in {table.split}: there is one group only, a gap needs two")
        elif reference not in table.groups:
            said.append(f"{table.name} in {table.split}: the reference group {short(reference)!r} has no rows")
    return said


def _family(table: GroupTable, label: str, reference: str, least: int) -> tuple[list[int], list[int], int]:
    positives, rows = _rates(table, label)
    at = table.groups.index(reference)
    keep = [i for i in range(len(rows)) if rows[i] >= least or i == at]
    return [positives[i] for i in keep], [rows[i] for i in keep], keep.index(at)


def _rates(table: GroupTable, label: str) -> tuple[list[int], list[int]]:
    return table.counts[:, table.labels.index(label)].tolist(), table.counts.sum(axis=1).tolist()


def _gaps(
    table: GroupTable, label: str, reference: str, many: bool, z: float, least: int, within: tuple[float, float]
) -> Iterator[LabelGap]:
    positives, rows = _rates(table, label)
    at = table.groups.index(reference)
    for i, group in enumerate(table.groups):
        if i == at:
            continue
        k, n, k_ref, n_ref = positives[i], rows[i], positives[at], rows[at]
        difference = rate_difference("label_rate_difference", k_ref, n_ref, k, n, z=z)
        ratio = rate_ratio("label_rate_ratio", k, n, k_ref, n_ref, z=z, within=within)
        few = min(n, n_ref) < least
        if few:
            difference, ratio = suppressed(difference, least), suppressed(ratio, least)
        needed = f"collect at least {max(least - min(n, n_ref), 1):,} more rows" if few else ""
        if not few and ratio.verdict == "inconclusive":
            needed = _needed(k, n, k_ref, n_ref, z, within)
            ratio = replace(ratio, reason=ratio.reason or f"the interval holds a limit of the tolerance; {needed}")
        yield LabelGap(
            split=table.split,
            attribute=table.name,
            columns=table.attributes,
            group=group,
            reference=reference,
            label=label,
            one_of_many=many,
            k=k,
            n=n,
            k_ref=k_ref,
            n_ref=n_ref,
            difference=difference,
            ratio=ratio,
            needed=needed,
        )


def _needed(k: int, n: int, k_ref: int, n_ref: int, z: float, within: tuple[float, float]) -> str:
    decides = rows_to_decide(k, n, k_ref, n_ref, within, z)
    if decides is None:
        return "no number of rows decides at these rates"
    more = f"collect {decides[0] - n:,} more rows of this group"
    return more + (f" and {decides[1] - n_ref:,} of the reference" if decides[1] > n_ref else "")
