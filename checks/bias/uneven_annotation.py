"""BIA210."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from auditor.check import Check, Specimen
from auditor.model import Reading, Record, Table, Where
from auditor.rows import Roles, Setting
from auditor.statistics.comparisons import judged, rate_difference, suppressed
from auditor.statistics.counts import bonferroni
from auditor.statistics.rate_gaps import mirrored
from auditor.tallies.annotators import Annotations, Told
from auditor.tallies.groups import CAP, GroupCounts, reference_of, short
from auditor.tallies.prediction_gaps import MIN_GROUP, unmeasured

METRIC = "disagreement_difference"
SHOWN = 30  # groups in the table
NESTED = ("list", "struct", "binary")
ROLES = Roles(sensitive="sex", annotators=("one", "two", "three"))


def several(wrong: int) -> dict[str, list[Any]]:
    """1,200 rows of two groups; the third annotator is wrong in one row of 10, in group f in one of `wrong`."""
    sex = ["fm"[i % 3 > 0] for i in range(1_200)]
    said = ["ab"[i // 3 % 2] for i in range(1_200)]
    slip = [i // 6 % (wrong if g == "f" else 10) == 0 for i, g in enumerate(sex)]
    third = [x if not s else "ab"[x == "a"] for x, s in zip(said, slip, strict=True)]
    return {"sex": sex, "one": said, "two": [None if i % 5 == 0 else x for i, x in enumerate(said)], "three": third}


class UnevenAnnotation(Check[Annotations, GroupCounts]):
    """Annotators disagree more often on rows of one group of people than on those of the reference group.

    ## Why
    What annotators are not of one mind about is learnt and measured worse; other gaps of that group are then partly noise.

    ## Measured
    Share of the rows with two annotations or more on which they are not all the same: group minus reference, -1 to 1, far
    from 0 is bad; Newcombe limits widened by Bonferroni over all groups, attributes and splits. Found where they lie wholly
    beyond the tolerance. Beside it, without a limit, Krippendorff's nominal alpha of each group, -1 to 1, low is bad.

    ## Fix
    Read a sample of the rows they differ on; mend the guideline where it is silent, have the rows annotated again by people
    who know the group, or keep all annotations as soft labels.

    ## Known limits
    Content that is harder in truth looks the same. Of grades any difference counts alike, 1 and 2 as much as 1 and 5. A
    group whose rows have more annotations each is less often unanimous at the same error. Groups below 100 such rows are
    shown and not judged.

    ## Source
    Krippendorff 2018, ISBN 978-1-5063-9566-1; Newcombe 1998 (method 10). .05: chosen by us, as in BIA205.
    """

    code = "BIA210"
    needs = ("sensitive", "annotators")
    warn_above: float | None = 0.05
    good = Specimen(train=several(10), roles=ROLES)
    bad = Specimen(train=several(2), roles=ROLES, found=1)

    def lacks(self, setting: Setting) -> str | None:
        names = list(dict.fromkeys(setting.roles.annotators))
        if len(names) == 1:
            return f"{names[0]!r} is the only annotator, agreement needs two: give --annotator once for each column"
        nested = next((setting.column(n) for n in names if setting.column(n).kind in NESTED), None)
        if nested is not None:
            return f"the annotator column {nested.name!r} holds {nested.dtype}, want one value a row: one column an annotator"
        return super().lacks(setting)

    def judge(self, setting: Setting, annotations: Annotations, counts: GroupCounts) -> Iterator[Reading | Record]:
        every = list(counts.tables(setting))
        places: list[tuple[Where, Told, Told, Table]] = []
        for split, attribute in asked(setting):
            where = Where(split=split, columns=(attribute,))
            reference = reference_of([t for t in every if t.attributes == (attribute,)], setting)
            found: dict[str, Told] = {}
            if (split, attribute) not in annotations.over and not counts.too_many((attribute,)):
                found = annotations.of_split(split, attribute, counts.namer(attribute, setting))
            if reference is None or reference not in found or len(found) < 2:
                why = _lacking(annotations, counts, where, found, reference)
                yield self.read(where, unmeasured(METRIC, "share", why), why, unsure=why)
                continue
            shown = table(found, where, reference)
            places += [
                (replace(where, group=g, reference=reference), found[g], found[reference], shown) for g in found if g != reference
            ]
        z = bonferroni(sum(min(a.rows, b.rows) >= MIN_GROUP for _, a, b, _ in places))
        for where, own, other, shown in places:
            yield from self._compared(where, own, other, shown, z)

    def _compared(self, where: Where, own: Told, other: Told, shown: Table, z: float) -> Iterator[Reading | Record]:
        limit = self.warn_above if self.warn_above is not None else 1.0
        k, n, k_ref, n_ref = own.divided, own.rows, other.divided, other.rows
        gap = mirrored(rate_difference(METRIC, k_ref, n_ref, k, n, z=z))
        verdict = judged(gap.simultaneous_low or 0.0, gap.simultaneous_high or 0.0, (-limit, limit))
        open_ = "the interval holds a limit of the tolerance: more rows would decide" if verdict == "inconclusive" else ""
        gap = replace(gap, verdict=verdict, reason=open_)
        if min(n, n_ref) < MIN_GROUP:
            gap = suppressed(replace(gap, reason=""), MIN_GROUP)
        attribute = where.columns[0]
        yield gap.record(attribute=attribute, group=where.group, reference=where.reference, stage="data", split=where.split)
        who = f"{attribute} {short(where.group)!r} against {short(where.reference)!r} in {where.split}"
        yield self.read(
            where,
            gap.effect("share"),
            f"{who}: annotators are not unanimous on {k / n:.1%} of {n:,} rows against {k_ref / n_ref:.1%} of {n_ref:,} "
            f"({100 * (gap.value or 0.0):+.1f} points); Krippendorff's alpha {_said(own)} against {_said(other)}",
            affected=k,
            examined=n + n_ref,
            evidence=(shown,),
            level="warning" if gap.verdict == "fail" else "clean",
            limit=limit,
            unsure=f"{who}: {gap.reason}" if gap.verdict == "inconclusive" else "",
        )


def asked(setting: Setting) -> list[tuple[str, str]]:
    """(split, attribute) where two annotators can be compared by group; the first split where there is none."""
    columns = [setting.column(n) for n in dict.fromkeys(setting.roles.annotators)]
    splits = [s.name for s in setting.splits if sum(s.name in c.splits for c in columns) > 1]
    return [(s, a) for s in splits or [setting.splits[0].name] for a in dict.fromkeys(setting.roles.sensitive)]


def table(found: Mapping[str, Told], where: Where, reference: str) -> Table:
    """Share of rows that divide the annotators, and alpha, by group; the reference stands first, then the largest."""
    order = sorted(found, key=lambda g: (g != reference, -found[g].rows, g))
    lines = []
    for group in order[:SHOWN]:
        own = found[group]
        alpha, why = own.alpha()
        lines.append((short(group), own.rows, own.divided, own.divided / own.rows, alpha, why))
    return Table(
        title=f"Annotators by {where.columns[0]} in {where.split}, reference {short(reference)!r}",
        columns=("group", "rows with two annotations or more", "not unanimous", "share", "Krippendorff's alpha", "why undefined"),
        rows=tuple(lines),
        note=f"{len(order) - SHOWN:,} more groups are not shown" if len(order) > SHOWN else "",
    )


def _said(told: Told) -> str:
    alpha, why = told.alpha()
    return f"is undefined ({why})" if alpha is None else f"{alpha:.3f}"


def _lacking(
    annotations: Annotations, counts: GroupCounts, where: Where, found: Mapping[str, Told], reference: str | None
) -> str:
    """Why the groups of a split cannot be compared."""
    attribute = where.columns[0]
    if (where.split, attribute) in annotations.over or counts.too_many((attribute,)):
        return f"{attribute} in {where.split}: more than {CAP:,} cells of group and annotation: they are not counted"
    if not found:
        return f"no row of {where.split} has a group and two annotations"
    if reference is None:
        return f"{attribute}: there is no reference group with rows"
    if reference not in found:
        return f"{attribute} in {where.split}: no row of the reference group {short(reference)!r} has two annotations"
    return f"{attribute} in {where.split}: there is one group only with two annotations a row, a gap needs two"
