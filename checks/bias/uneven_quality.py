"""BIA207."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from auditor.check import Check, Specimen, Tally
from auditor.groups import Value, encode
from auditor.model import Reading, Where
from auditor.rows import Batch, Roles, Setting
from auditor.statistics.comparisons import rate_difference
from auditor.statistics.counts import bonferroni
from auditor.tallies.groups import GroupCounts, reference_of, short
from auditor.tallies.normal import texts
from auditor.tallies.placeholders import is_missing
from auditor.tallies.prediction_gaps import MIN_GROUP, unmeasured
from auditor.tallies.sample import NumberSample
from auditor.tallies.sentinels import SentinelCounts, sentinels
from auditor.tallies.texts import words

ROLES = Roles(sensitive="g")
METRIC = "poor_value_share_difference"
CAP_VALUES = 1_000
"""Group values of an attribute that are counted; one with more is not."""
SHOWN = 30
FEW_WORDS = 2
"""Words below which a text says next to nothing."""
Key = tuple[str, str, str]  # split, attribute, column


@dataclass(frozen=True, slots=True)
class PoorValues(Tally):
    """Group value -> rows, and -> rows whose value is missing or nearly empty, by split, attribute and column.

    At most 1,000 values an attribute: one with more is `over`.
    """

    after = (NumberSample, SentinelCounts)

    rows: dict[tuple[str, str], Counter[Value]] = field(default_factory=dict)
    poor: dict[Key, Counter[Value]] = field(default_factory=dict)
    over: frozenset[str] = frozenset()

    @classmethod
    def columns(cls, setting: Setting) -> Iterable[str]:
        return tuple(dict.fromkeys((*setting.roles.sensitive, *(c.name for c in setting.features))))

    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        setting, marks = batch.setting, sentinels(batch.setting, *after)
        masks: dict[str, NDArray[np.bool_]] = {}
        for column in setting.features:
            if not batch.has(column.name) or column.kind == "null":
                continue
            read = texts(batch, column.name) if column.kind == "text" else None
            gone = is_missing(batch.column(column.name), column, marks.get(column.name, {}))
            masks[column.name] = gone if read is None else words(read) < FEW_WORDS
        rows, poor, over = {}, {}, set()
        for attribute in dict.fromkeys(setting.roles.sensitive):
            if not batch.has(attribute):
                continue
            codes, names = encode(batch.column(attribute))
            if len(names) > CAP_VALUES:
                over.add(attribute)
                continue
            rows[batch.split, attribute] = _counted(codes, names)
            for feature, mask in masks.items():
                if feature != attribute:
                    poor[batch.split, attribute, feature] = _counted(codes[mask], names)
        return cls(rows, poor, frozenset(over))

    def __add__(self, other: Self) -> Self:
        rows = {k: self.rows.get(k, Counter()) + other.rows.get(k, Counter()) for k in {**self.rows, **other.rows}}
        poor = {k: self.poor.get(k, Counter()) + other.poor.get(k, Counter()) for k in {**self.poor, **other.poor}}
        over = self.over | other.over | {a for (_, a), n in rows.items() if len(n) > CAP_VALUES}
        kept = {k: v for k, v in rows.items() if k[1] not in over}
        return type(self)(kept, {k: v for k, v in poor.items() if k[1] not in over}, over)


def _counted(codes: NDArray[np.int64], names: list[Value]) -> Counter[Value]:
    counts = np.bincount(codes, minlength=len(names)).tolist()
    return Counter({name: n for name, n in zip(names, counts, strict=True) if n})


def rows_of(gaps: int) -> dict[str, list[Any]]:
    """600 rows of two groups; in group b every value of `gaps` is missing (0: as in group a, one in 20)."""
    g = ["ab"[i % 3 == 0] for i in range(600)]
    often = [gaps if gaps and gi == "b" else 20 for gi in g]
    return {"g": g, "x": [None if i // 3 % n == 0 else float(i * 37 % 101) for i, n in enumerate(often)]}


class UnevenQuality(Check[PoorValues, GroupCounts]):
    """The values of one group of people are missing, or nearly empty, more often than those of the reference.

    ## Why
    What was recorded with less care is learnt with less care: the model is worse for that group, whatever its labels.

    ## Measured
    By feature column: share of rows whose value is missing (null, or a placeholder that stands for it) or, in a text, has fewer
    than 2 words: group minus reference, -1 to 1, far from 0 is bad. Found beyond the limit where Newcombe limits, widened by
    Bonferroni over all columns, groups and splits, exclude 0.

    ## Fix
    Ask how the values of that group were recorded; collect or read them again before filling anything in.

    ## Known limits
    Fields that do not apply to a group are missing there rightly. Groups below 100 rows are not judged, and an attribute of more
    than 1,000 values is not counted.

    ## Source
    Newcombe 1998, doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I. .05: chosen by us.
    """

    code = "BIA207"
    needs = ("sensitive", "features")
    warn_above: float | None = 0.05
    good = Specimen(train=rows_of(0), roles=ROLES)
    bad = Specimen(train=rows_of(4), roles=ROLES, found=1)

    def judge(self, setting: Setting, poor: PoorValues, counts: GroupCounts) -> Iterator[Reading]:
        every = list(counts.tables(setting))
        places: list[tuple[Where, str, int, int, int, int]] = []
        for (split, attribute), rows in poor.rows.items():
            reference = reference_of([t for t in every if t.attributes == (attribute,)], setting)
            names = {} if counts.too_many((attribute,)) else counts.namer(attribute, setting)
            n = _grouped(rows, names) if names else Counter()
            if reference is None or not n[reference]:
                why = f"{attribute} names no groups that can be compared in {split}"
                why += f": no row is of the reference {short(reference)!r}" if reference and names else ""
                yield self.read(Where(split=split, columns=(attribute,)), unmeasured(METRIC, "share", why), why, unsure=why)
                continue
            for group in sorted((g for g in n if g != reference), key=lambda g: (-n[g], g))[:SHOWN]:
                for (s, a, column), missing in poor.poor.items():
                    if (s, a) == (split, attribute):
                        k = _grouped(missing, names)
                        where = Where(split=split, columns=(column,), group=group, reference=reference)
                        places.append((where, attribute, k[group], n[group], k[reference], n[reference]))
        z = bonferroni(sum(min(n, n_ref) >= MIN_GROUP for *_, n, _, n_ref in places))
        for place in places:
            yield self._reading(*place, z)
        for attribute in sorted(poor.over):
            why = f"{attribute} has more than {CAP_VALUES:,} values: bin it"
            yield self.read(Where(columns=(attribute,)), unmeasured(METRIC, "share", why), why, unsure=why)

    def _reading(self, where: Where, attribute: str, k: int, n: int, k_ref: int, n_ref: int, z: float) -> Reading:
        gap = rate_difference(METRIC, k, n, k_ref, n_ref, z=z)
        limit = self.warn_above if self.warn_above is not None else 1.0
        few = min(n, n_ref) < MIN_GROUP
        told = (gap.simultaneous_low or 0.0) > 0 or (gap.simultaneous_high or 0.0) < 0
        return self.read(
            where,
            gap.effect("share"),
            f"{where.columns[0]!r} is missing or nearly empty in {k / n:.1%} of the {n:,} rows of {attribute} "
            f"{short(where.group)!r} in {where.split}, and in {k_ref / n_ref:.1%} of the {n_ref:,} of {short(where.reference)!r}",
            affected=k,
            examined=n + n_ref,
            level="warning" if abs(gap.value or 0.0) > limit and told and not few else "clean",
            limit=limit,
            unsure=f"{min(n, n_ref):,} rows, fewer than {MIN_GROUP}" if few else "",
        )


def _grouped(counts: Counter[Value], names: Any) -> Counter[str]:
    by: Counter[str] = Counter()
    for value, n in counts.items():
        by[names[value][1]] += n
    return by
