"""BIA206."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditor.check import Check, Specimen
from auditor.model import Reading, Where
from auditor.rows import Roles, Setting
from auditor.statistics.comparisons import rate_difference
from auditor.statistics.counts import bonferroni
from auditor.tallies.copies import Copies, shared
from auditor.tallies.groups import GroupCounts, reference_of, short
from auditor.tallies.judged_groups import HeldGroups
from auditor.tallies.keys import RowKeys, TextKeys, common, pairs, text_columns
from auditor.tallies.prediction_gaps import MIN_GROUP, unmeasured

ROLES = Roles(text="text", sensitive="g")
METRIC = "overlap_share_difference"
SHOWN = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """One group against the reference, in the pair of splits of `where` (split, reference)."""

    where: Where
    group: str
    reference: str
    k: int  # rows of the group whose twin is in the other split
    n: int
    k_ref: int
    n_ref: int


def rows_of(leaked: int) -> dict[str, dict[str, list[Any]]]:
    """Train and test texts; `leaked` of the test rows of group b are in train, and none of group a."""
    test = {"text": [f"question number {i * 7919 % 1000} of {i}" for i in range(400)], "g": ["ab"[i % 2] for i in range(400)]}
    copied = [test["text"][i] for i in range(400) if i % 2][:leaked]
    train = [f"another matter {i * 31 % 977} and {i}" for i in range(400 - leaked)] + copied
    return {"train": {"text": train, "g": ["ab"[i % 2] for i in range(400)]}, "test": test}


class UnevenOverlap(Check[RowKeys, TextKeys, GroupCounts, HeldGroups]):
    """Held-out rows of one group of people are in the training data more often than those of the reference.

    ## Why
    Leaked rows are answered from memory: the group with more of them looks better served than it is.

    ## Measured
    Share of a group's held-out rows whose twin is in the other split (texts: equal under N1; tables: every column in common):
    group minus reference, -1 to 1, far from 0 is bad; Newcombe limits widened by Bonferroni over all groups and pairs of splits.
    Found where they lie wholly beyond the tolerance.

    ## Fix
    Drop the twins (LEK101, LEK102; `auditor fix --unsafe`), then compare the groups' metrics again.

    ## Known limits
    Near copies are not counted. Groups below 100 held-out rows are shown and not judged.

    ## Source
    Newcombe 1998, doi:10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I. .02: chosen by us.
    """

    code = "BIA206"
    needs = ("sensitive", "held-out")
    warn_above: float | None = 0.02
    good = Specimen(train=rows_of(0)["train"], test=rows_of(0)["test"], roles=ROLES)
    bad = Specimen(train=rows_of(60)["train"], test=rows_of(60)["test"], roles=ROLES, found=1)

    def judge(
        self, setting: Setting, keys: RowKeys, words: TextKeys, counts: GroupCounts, groups: HeldGroups
    ) -> Iterator[Reading]:
        places: list[Place] = []
        every = list(counts.tables(setting))
        for held, other in pairs(setting):
            twins = self._twins(setting, keys, words, held, other)
            for attribute in dict.fromkeys(setting.roles.sensitive):
                where = Where(split=held, columns=(attribute,), reference=other)
                found = groups.of_split(held, attribute)
                reference = reference_of([t for t in every if t.attributes == (attribute,)], setting)
                why = twins if isinstance(twins, str) else f"{attribute} names no groups that can be compared in {held}"
                if not isinstance(twins, str) and found and reference is not None and not counts.too_many((attribute,)):
                    more = list(_places(where, counts.namer(attribute, setting), found, twins, reference))
                    why = "" if more else f"{why}: it lacks the reference {short(reference)!r}, or has no other group"
                    places += more
                if why:
                    yield self.read(where, unmeasured(METRIC, "share", why), why, unsure=why)
        large = sum(min(p.n, p.n_ref) >= MIN_GROUP for p in places)
        for place in places:
            yield from self._reading(place, bonferroni(large))

    @staticmethod
    def _twins(setting: Setting, keys: RowKeys, words: TextKeys, held: str, other: str) -> Copies | str:
        names, wanted = common(setting, held, other), text_columns(setting)
        if not names or not set(wanted) <= set(names):
            return f"{held} and {other} do not have the columns to compare in common"
        found = shared(words.rows, held, other) if wanted else shared(keys.rows, (held, names), (other, names))
        return f"more than {len(found.row):,} rows overlap: groups were not counted" if found.note else found

    def _reading(self, place: Place, z: float) -> Iterator[Reading]:
        where, k, n, k_ref, n_ref = place.where, place.k, place.n, place.k_ref, place.n_ref
        gap = rate_difference(METRIC, k, n, k_ref, n_ref, z=z)
        limit = self.warn_above if self.warn_above is not None else 1.0
        low, high = gap.simultaneous_low or 0.0, gap.simultaneous_high or 0.0
        few = f"{min(n, n_ref):,} held-out rows, fewer than {MIN_GROUP}" if min(n, n_ref) < MIN_GROUP else ""
        beyond = low > limit or high < -limit
        attribute, group, reference = where.columns[0], place.group, place.reference
        yield self.read(
            Where(split=where.split, columns=where.columns, group=group, reference=reference),
            gap.effect("share"),
            f"{attribute} {short(group)!r} against {short(reference)!r}: {k:,} of {n:,} rows of {where.split} are in "
            f"{where.reference} too, against {k_ref:,} of {n_ref:,}",
            affected=k,
            examined=n + n_ref,
            level="warning" if beyond and not few else "clean",
            limit=limit,
            unsure=few,
        )


def _places(
    where: Where, names: Any, found: tuple[NDArray[np.int64], NDArray[np.object_]], twins: Copies, reference: str
) -> Iterator[Place]:
    """The largest groups."""
    rows, values = found
    of = np.array([names[v][1] for v in values])
    leaked = np.isin(rows, twins.row)
    groups, inverse = np.unique(of, return_inverse=True)
    rows_of_group, hits = np.bincount(inverse), np.bincount(inverse, weights=leaked)
    by: dict[str, tuple[int, int]] = {str(g): (int(hits[i]), int(rows_of_group[i])) for i, g in enumerate(groups)}
    if reference not in by:
        return
    for group in sorted((g for g in by if g != reference), key=lambda g: (-by[g][1], g))[:SHOWN]:
        (own, rows_own), (k_ref, n_ref) = by[group], by[reference]
        yield Place(where=where, group=group, reference=reference, k=own, n=rows_own, k_ref=k_ref, n_ref=n_ref)
