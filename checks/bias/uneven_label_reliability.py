"""BIA205."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditor.check import Check, Specimen
from auditor.model import Reading, Table, Where
from auditor.rows import Roles, Setting
from auditor.statistics.comparisons import rate_difference
from auditor.statistics.confident import flagged
from auditor.statistics.counts import bonferroni
from auditor.statistics.proportions import Z95
from auditor.tallies.groups import GroupCounts, reference_of, short
from auditor.tallies.judged_groups import JudgedGroups
from auditor.tallies.predicted import Judgement, Predicted, in_sample
from auditor.tallies.prediction_gaps import MIN_GROUP, unmeasured

ROLES = Roles(label="label", sensitive="sex")
STRATA = 5  # quintiles of the margin between the two most likely classes
SHOWN = 30


def turned(share: int) -> dict[str, list[Any]]:
    """1,500 rows of two classes far apart on one number; in group f one label of `share` is turned (0 = none)."""
    sex = ["fm"[i % 3 > 0] for i in range(1_500)]
    y = [i // 3 % 2 for i in range(1_500)]
    wrong = [bool(share) and g == "f" and i // 3 % share == 0 for i, g in enumerate(sex)]
    x = [8.0 * label + (i * 37 % 101) / 50 for i, label in enumerate(y)]
    return {"sex": sex, "x": x, "label": ["ab"[label ^ int(w)] for label, w in zip(y, wrong, strict=True)]}


class UnevenLabelReliability(Check[GroupCounts, Predicted, JudgedGroups]):
    """The labels of one group of people are harder to predict, or less reliable, than those of the reference group.

    ## Why
    Labels given with less care teach and measure less for that group; its gaps in every other check are then partly noise.

    ## Measured
    Share of rows whose label confident learning would prune, from out-of-fold (or given) probabilities, with thresholds of
    each group's own: group minus reference, -1 to 1, far from 0 is bad; Newcombe limits widened by Bonferroni, by split.
    Found where they lie wholly beyond the tolerance. Beside it, without a limit, the same gap within fifths of the model's
    margin, so that rows equally hard are compared.

    ## Fix
    Have a random sample of both groups labelled again, blind to the group, and compare the rates of change.

    ## Known limits
    Content that is harder in truth looks the same: a gap that vanishes within the fifths speaks for it, but does not prove
    it, since a model that knows the group is less sure of one with wrong labels. Groups below 100 judged rows are left out.

    ## Source
    Northcutt et al. 2021, doi:10.1613/jair.1.12125; Greenland & Robins 1985, doi:10.2307/2530643 (common risk difference).
    .05: chosen by us.
    """

    code = "BIA205"
    needs = ("sensitive", "classes")
    warn_above: float | None = 0.05
    good = Specimen(train=turned(0), roles=ROLES)
    bad = Specimen(train=turned(5), roles=ROLES)

    def judge(self, setting: Setting, groups: GroupCounts, predicted: Predicted, judged: JudgedGroups) -> Iterator[Reading]:
        every = list(groups.tables(setting))
        places = []
        for split in (s.name for s in setting.splits):
            found = predicted.of_split(split)
            if found is None:
                reason = str(setting.derived.get("probabilities", {}).get("reason") or f"no label of {split} was judged")
                yield self.read(
                    Where(split=split), unmeasured("suspect_share_difference", "share", reason), reason, unsure=reason
                )
                continue
            given = setting.derived.get("probabilities", {}).get("given") and in_sample(found)
            doubt = "the given probabilities seem to come from a model that saw these labels" if given else ""
            top = np.sort(found.probabilities, axis=1)
            margin = top[:, -1] - top[:, -2]
            for attribute in dict.fromkeys(setting.roles.sensitive):
                values = judged.values(split, attribute)
                reference = reference_of([t for t in every if t.name == attribute], setting)
                if values is not None and reference is not None and not groups.too_many((attribute,)):
                    names = groups.namer(attribute, setting)
                    of = np.array([names[v][1] for v in values], object)
                    suspect = suspects(found, of, [reference, *_large(of, reference)])
                    where = Where(split=split, columns=(attribute,), reference=reference)
                    places += [(where, g, of, suspect, margin, doubt) for g in _large(of, reference)]
        z = bonferroni(len(places))
        for where, group, of, suspect, margin, doubt in places:
            yield self._reading(where, group, (of == group, of == where.reference), suspect, margin, z, doubt)
        if not places:
            reason = f"no group besides the reference has {MIN_GROUP} judged rows"
            yield self.read(Where(), unmeasured("suspect_share_difference", "share", reason), reason, unsure=reason)

    def _reading(
        self,
        where: Where,
        group: str,
        sides: tuple[NDArray[np.bool_], NDArray[np.bool_]],
        suspect: NDArray[np.bool_],
        margin: NDArray[np.float64],
        z: float,
        doubt: str,
    ) -> Reading:
        (k, n), (k_ref, n_ref) = ((int(suspect[s].sum()), int(s.sum())) for s in sides)
        gap = rate_difference("suspect_share_difference", k, n, k_ref, n_ref, z=z)
        even, half, lines = adjusted(suspect, margin, sides)
        limit = self.warn_above if self.warn_above is not None else 1.0
        low, high = gap.simultaneous_low or 0.0, gap.simultaneous_high or 0.0
        beyond = low > limit or high < -limit
        hard = "no rows are equally hard"
        if math.isfinite(half):
            hard = (
                f"among rows equally hard {100 * even:.1f} points (95 % {100 * (even - half):.1f} to {100 * (even + half):.1f})"
            )
        attribute = where.columns[0]
        who = f"{attribute} {short(group)!r} against {short(where.reference)!r} in {where.split}"
        points = 100 * (gap.value or 0.0)
        return self.read(
            Where(split=where.split, columns=where.columns, group=group, reference=where.reference),
            gap.effect("share"),
            f"{who}: labels are harder to predict or less reliable by {points:.1f} points: {k:,} of {n:,} rows are suspect "
            f"against {k_ref:,} of {n_ref:,}; {hard}",
            affected=k,
            examined=n + n_ref,
            evidence=(
                Table(
                    title=f"Suspect labels by margin, {attribute}",
                    columns=("fifth of the margin", "rows", "share", "rows of the reference", "share there"),
                    rows=lines,
                ),
            ),
            level="warning" if beyond else "clean",
            limit=limit,
            unsure=doubt,
        )


def suspects(found: Judgement, of: NDArray[np.object_], names: list[str]) -> NDArray[np.bool_]:
    """Rows that confident learning prunes by the thresholds of their own group.

    A model that knows the group is less sure of one with many wrong labels: thresholds over all rows would clear them.
    """
    suspect = np.zeros(len(found), bool)
    for name in names:
        rows = np.flatnonzero(of == name)
        if len(rows):
            suspect[rows] = flagged(found.probabilities[rows], found.labels[rows])
    return suspect


def _large(of: NDArray[np.object_], reference: str) -> list[str]:
    names, counts = np.unique(of.astype(str), return_counts=True)
    by = dict(zip(names.tolist(), counts.tolist(), strict=True))
    if by.get(reference, 0) < MIN_GROUP:
        return []
    return sorted((g for g, n in by.items() if g != reference and n >= MIN_GROUP), key=lambda g: (-by[g], g))[:SHOWN]


def adjusted(
    suspect: NDArray[np.bool_], margin: NDArray[np.float64], sides: tuple[NDArray[np.bool_], NDArray[np.bool_]]
) -> tuple[float, float, tuple[tuple[int, int, float | None, int, float | None], ...]]:
    """(gap within fifths of the margin, half its 95 % interval, the fifths): the Mantel-Haenszel risk difference."""
    both = sides[0] | sides[1]
    edges = np.quantile(margin[both], np.arange(1, STRATA) / STRATA)
    fifth = np.searchsorted(edges, margin, side="right")
    top = bottom = variance = 0.0
    lines = []
    for s in range(STRATA):
        (k, n), (j, m) = ((int(suspect[x & (fifth == s)].sum()), int((x & (fifth == s)).sum())) for x in sides)
        lines.append((s + 1, n, k / n if n else None, m, j / m if m else None))
        if n and m:
            total = n + m
            top += (k * m - j * n) / total
            bottom += n * m / total
            variance += (k * (n - k) * m**3 + j * (m - j) * n**3) / (n * m * total**2)
    if bottom == 0:
        return 0.0, math.inf, tuple(lines)
    return top / bottom, Z95 * math.sqrt(variance) / bottom, tuple(lines)
