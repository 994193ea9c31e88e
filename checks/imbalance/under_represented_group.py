"""IMB201."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from typing import Any

from auditor.check import Check, Specimen
from auditor.model import Effect, Reading, Table, Where
from auditor.rows import InputError, Roles, Setting
from auditor.statistics.counts import bonferroni
from auditor.statistics.proportions import wilson
from auditor.tallies.groups import GroupCounts, GroupTable, short
from auditor.tallies.prediction_gaps import unmeasured

ROLES = Roles(sensitive="g")
POPULATION = {"population": {"g": {"a": 0.5, "b": 0.5}}}
METRIC = "representation_ratio"
ROUNDING = 0.02
"""How far the shares of a population may sum from 1."""
EXPECTED = 10
"""Rows that a group should have by its share; below it nothing is judged."""


class UnderRepresentedGroup(Check[GroupCounts]):
    """A group is rarer in the data than in the population that was declared.

    ## Why
    The model is learnt and measured on too few of them to serve them as it serves others.

    ## Measured
    Share of the group among rows with a known group / its share in `population` of the config: 0 to infinity, 1 is even, low is
    bad; Wilson limits over the declared share, widened by Bonferroni over all groups. A group that is declared and absent has 0.
    Found where the upper limit is below .8; groups not declared are counted beside, and make an error of the declaration plain.

    ## Fix
    Collect rows of that group, or weigh them up and say so; declare another population where this is not the one you serve.

    ## Known limits
    Says nothing of a population that was not declared. The sample is taken as drawn at random: one by quota has narrower limits.

    ## Source
    Wilson 1927, doi:10.1080/01621459.1927.10502953; .8 by analogy with the four-fifths rule.
    """

    code = "IMB201"
    needs = ("sensitive", "option:population")
    warn_below: float | None = 0.8
    good = Specimen(train={"g": ["a", "b"] * 200}, roles=ROLES, options=POPULATION)
    bad = (
        Specimen(train={"g": ["a"] * 300 + ["b"] * 100}, roles=ROLES, options=POPULATION, found=1),
        Specimen(train={"g": ["a"] * 300}, roles=ROLES, options=POPULATION, found=1),
    )

    def judge(self, setting: Setting, counts: GroupCounts) -> Iterator[Reading]:
        declared = {a: _shares(setting, a, s) for a, s in dict(setting.options["population"]).items()}
        tables = [t for t in counts.tables(setting) if t.name in declared]
        z = bonferroni(sum(len(declared[t.name]) for t in tables))
        for table in tables:
            yield from self._table(table, declared[table.name], z)
        for attribute in sorted(set(declared) - {t.name for t in tables}):
            why = f"{attribute!r} has too many groups to count" if counts.too_many((attribute,)) else f"{attribute!r} has no rows"
            yield self.read(Where(columns=(attribute,)), unmeasured(METRIC, "ratio", why), why, unsure=why)

    def _table(self, table: GroupTable, declared: Mapping[str, float], z: float) -> Iterator[Reading]:
        rows = {g: int(n) for g, n, gone in zip(table.groups, table.rows, table.missing, strict=True) if not gone}
        total, other = sum(rows.values()), sum(n for g, n in rows.items() if g not in declared)
        lines = tuple((short(g), rows.get(g, 0), rows.get(g, 0) / total if total else None, s) for g, s in declared.items())
        shown = Table(title=f"{table.name} in {table.split}", columns=("group", "rows", "share", "declared"), rows=lines)
        beside = f"; {other:,} rows are of groups that were not declared" if other else ""
        for group, share in declared.items():
            where = Where(split=table.split, columns=table.attributes, group=group, reference="declared population")
            k = rows.get(group, 0)
            few = (
                f"{total * share:.0f} rows are expected of {short(group)!r}, fewer than {EXPECTED}"
                if total * share < EXPECTED
                else ""
            )
            if not total or share == 0:
                why = "no row has a known group" if not total else f"{short(group)!r} was declared with a share of 0"
                yield self.read(where, unmeasured(METRIC, "ratio", why), why, unsure=why)
                continue
            low, high = (x / share for x in wilson(k, total))
            limit = self.warn_below if self.warn_below is not None else 0.0
            beyond = wilson(k, total, z)[1] / share < limit
            effect = Effect(name=METRIC, value=k / total / share, low=low, high=high, unit="ratio", method="Wilson 95 %")
            yield self.read(
                where,
                effect,
                f"{table.name} {short(group)!r} has {k:,} of {total:,} rows of {table.split}, {k / total:.1%} "
                f"where {share:.1%} were declared{beside}",
                affected=0,
                examined=total,
                evidence=(shown,),
                level="warning" if beyond and not few else "clean",
                limit=limit,
                unsure=few,
            )


def _shares(setting: Setting, attribute: str, given: Any) -> dict[str, float]:
    """The declared shares of one attribute. Raises InputError for what is no population."""
    names = list(dict.fromkeys(setting.roles.sensitive))
    if attribute not in names:
        near = difflib.get_close_matches(attribute, names, 1, 0.5)
        hint = f"did you mean {near[0]!r}?" if near else f"want one of {', '.join(map(repr, names))}"
        raise InputError(f"population: {attribute!r} is no sensitive column; {hint}")
    try:
        shares = {str(g): float(s) for g, s in dict(given).items()}
    except (TypeError, ValueError):
        raise InputError(
            f"population: {attribute!r} wants a share a group, for instance {{Female = 0.51, Male = 0.49}}"
        ) from None
    total = sum(shares.values())
    if any(not 0 <= s <= 1 for s in shares.values()) or abs(total - 1) > ROUNDING:
        raise InputError(f"population: the shares of {attribute!r} sum to {total:g}, want shares of 0 to 1 that sum to 1")
    return shares
