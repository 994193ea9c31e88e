"""BIA402."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from auditor.check import Check, Specimen, Tally
from auditor.groups import Value, encode
from auditor.model import Effect, Reading, Record, Table, Where
from auditor.rows import PLAIN, Batch, Roles, Setting
from auditor.tallies.capped import summed
from auditor.tallies.groups import CAP, GroupCounts, Key, crossed, short
from auditor.tallies.prediction_gaps import unmeasured
from auditor.tallies.sample import NumberSample

ROLES = Roles(prediction="hired", sensitive=("sex", "race"))
SMALL = 0.02
"""Share of the rows below which a category may be left out; it is named with its rows all the same."""
EXPECTED = 10
"""Rows that would be selected at the highest rate: exp(-10) is the chance of none at all."""
PEOPLE = {"sex": (["f", "m", "m"] * 40), "race": (["x", "y"] * 60)}


def outcome(setting: Setting) -> tuple[str, str]:
    """(column, what it is): a prediction, which may prove to be a score, else the label."""
    roles = setting.roles
    return (roles.prediction, "prediction") if roles.prediction else (roles.label or "", "label")


def is_score(setting: Setting, column: str, sample: NumberSample) -> bool:
    """True for numbers that name no classes: some are not whole, or they are no pair such as 0 and 1 and nothing declares one."""
    if setting.column(column).kind != "number" or setting.column(column).distinct == 0:
        return False
    found = [sample.column(s, column) for s in sample.cells]
    values = np.unique(np.concatenate(found)) if found else np.empty(0)
    if np.any(values != np.rint(values)):
        return True
    plain = any({f"{v:.0f}" for v in values} <= set(pair) for pair in PLAIN)
    return not (plain or setting.label_is_class or setting.positive is not None)


@dataclass(frozen=True, slots=True)
class SelectedCounts(Tally):
    """(group values, selected) -> rows, by split and attribute or pair. Exact up to 100,000 cells each."""

    after = (NumberSample,)

    by: dict[Key, Counter[tuple[Value, ...]]] = field(default_factory=dict)
    over: frozenset[Key] = frozenset()
    kind: str = ""  # what is counted: prediction, score or label

    @classmethod
    def columns(cls, setting: Setting) -> Iterable[str]:
        return (*setting.roles.sensitive, *(c for c in (outcome(setting)[0],) if c))

    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        column, kind = outcome(batch.setting)
        if not column or not batch.has(column):
            return cls()
        told = batch.column(column)
        if kind == "prediction" and is_score(batch.setting, column, after[0]):
            kind = "score"
            known = after[0].column(batch.split, column)
            middle = float(np.median(known)) if len(known) else 0.0
            values = told.cast(pa.float64(), safe=False)
            above = pc.if_else(pc.is_finite(values), pc.greater(values, middle), pa.scalar(None, pa.bool_()))
            told = pc.if_else(above, pa.scalar("above"), pa.scalar("below"))
        return cls(*crossed(batch, encode(told)), kind)

    def __add__(self, other: Self) -> Self:
        by, over = summed(self.by, other.by, self.over | other.over, CAP)
        return type(self)(by, over, self.kind or other.kind)


class ImpactRatio(Check[SelectedCounts, GroupCounts]):
    """Each group's selection rate over the highest one: the table that New York City's Local Law 144 asks for.

    ## Why
    Who uses an automated tool to hire or promote there has to publish it; the law compares with the group selected most often,
    not with a group chosen before.

    ## Measured
    Selected rows / rows with a known group and outcome, for every sensitive attribute and every pair of them, and that rate over
    the highest of its table, 0 to 1. Selected: predicted as the favourable value; of a score, above its median; without a
    prediction, labelled so. Numbers are a score where some are not whole, and where they are no pair such as 0 and 1 and no
    label or --positive says what they name. Groups below 2 % of the rows are set apart and named. No verdict; a note only where
    none of a group is selected though ten would be at the highest rate (by chance once in 20,000).

    ## Fix
    Publish it with `-o ll144=FILE.csv`; for a judgement with intervals see BIA302.

    ## Known limits
    The law names no limit; the four-fifths rule is not part of it. A ratio without its interval is noise in small groups.
    The median of a score comes from at most 50,000 rows a split.

    ## Source
    Rules of the City of New York, title 6, sections 5-300 and 5-301 (2023).
    """

    code = "BIA402"
    needs = ("sensitive",)
    good = Specimen(train={**PEOPLE, "hired": [int(i * 37 % 11 < 5) for i in range(120)]}, roles=ROLES)
    bad = Specimen(train={**PEOPLE, "hired": [0, 0, 1, 0, 0, 1] * 20}, roles=ROLES)

    def lacks(self, setting: Setting) -> str | None:
        roles = setting.roles
        missing = super().lacks(setting)
        return missing or (None if roles.prediction or roles.label else "no column has the role prediction or label")

    def judge(self, setting: Setting, selected: SelectedCounts, groups: GroupCounts) -> Iterator[Reading | Record]:
        column, kind = outcome(setting)[0], selected.kind
        seen = {str(c[-1]) for cells in selected.by.values() for c in cells if c[-1] is not None}
        wanted = "above" if kind == "score" else setting.favourable(seen)
        names = {a: groups.namer(a, setting) for a in setting.roles.sensitive}
        for (split, attributes), counts in sorted(selected.by.items()):
            where = Where(split=split, columns=attributes)
            if wanted is None:
                why = f"{column!r} has no declared favourable value: give --positive"
                yield self.read(where, unmeasured("lowest_impact_ratio", "ratio", why), why, unsure=why)
                continue
            yield from _table(self, where, counts, wanted, kind, [names[a] for a in attributes])
        for split, attributes in sorted(selected.over):
            why = f"{' x '.join(attributes)} in {split} has too many groups to count: bin it"
            yield self.read(
                Where(split=split, columns=attributes), unmeasured("lowest_impact_ratio", "ratio", why), why, unsure=why
            )


def _table(
    check: ImpactRatio, where: Where, counts: Counter[tuple[Value, ...]], wanted: str, kind: str, names: list[Any]
) -> Iterator[Reading | Record]:
    rows: Counter[str] = Counter()
    hits: Counter[str] = Counter()
    unknown = 0
    for (*values, said), n in counts.items():
        if said is None or any(v is None for v in values):
            unknown += n
            continue
        group = " & ".join(name[v][1] for name, v in zip(names, values, strict=True))
        rows[group] += n
        hits[group] += n if said == wanted else 0
    total = rows.total()
    order = sorted(rows, key=lambda g: (-rows[g], g))
    large = [g for g in order if rows[g] >= SMALL * total]
    best = max((hits[g] / rows[g] for g in large), default=0.0)
    lines = []
    for g in order:
        rate, small = hits[g] / rows[g], g not in large
        value = None if small or best == 0 else rate / best
        why = "below 2 % of the rows" if small else "no group is selected" if best == 0 else ""
        lines.append((short(g), rows[g], hits[g], rate, value, why))
        entry = {"attribute": " x ".join(where.columns), "group": g, "split": where.split, "outcome": kind, "n": rows[g]}
        entry |= {"selected": hits[g], "rate": rate, "impact_ratio": value, "reason": why, "unknown": unknown}
        yield Record(section="bias", list="impact_ratios", values=entry)
    ratios = [r for *_, r, _ in lines if r is not None]
    if len(ratios) < 2:
        why = "fewer than two groups of 2 % of the rows, or none is selected"
        yield check.read(where, unmeasured("lowest_impact_ratio", "ratio", why), why, unsure=why)
        return
    lowest = min((x for x in lines if x[4] is not None), key=lambda x: x[4] or 0.0)
    word = "scoring rate" if kind == "score" else "label rate" if kind == "label" else "selection rate"
    yield check.read(
        where,
        Effect(name="lowest_impact_ratio", value=min(ratios), unit="ratio"),
        f"{' x '.join(where.columns)} in {where.split}: the {word} of {lowest[0]!r} is {min(ratios):.3f} of the highest",
        examined=total,
        evidence=(
            Table(
                title=f"Impact ratios in {where.split}",
                columns=("group", "rows", "selected", word, "ratio", "why"),
                rows=tuple(lines),
            ),
        ),
        level="note" if min(ratios) == 0 and lowest[1] * best >= EXPECTED else "clean",
        limit=0.0,
    )
