"""BIA108."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from auditor.check import Check, Specimen
from auditor.model import Effect, Reading, Table, Where
from auditor.rows import Roles, Setting
from auditor.statistics.power import detectable_gap, smallest
from auditor.tallies.groups import GroupCounts, GroupTable, reference_of, short
from auditor.tallies.label_gaps import MIN_GROUP, compared_labels, least_rows

ROLES = Roles(label="y", sensitive="g")
SHOWN = 30
COMMON: dict[str, list[Any]] = {"g": ["a", "b"] * 450, "y": [0, 0, 1, 1] * 225}


class SmallGroup(Check[GroupCounts]):
    """A group of people has too few rows for anything to be said about it.

    ## Why
    A gap that the rows cannot show is neither there nor absent: the group drops out of every fairness statement.

    ## Measured
    Groups of one attribute with fewer than `min_group` rows, by split: a count, high is bad. As a note: groups, and
    crossings of two attributes, whose minimum detectable gap of label rates (power .8, two-sided 5 %) exceeds
    `asked_gap`, with the rows they need.

    ## Fix
    Collect the rows that the table names, or merge groups where that has a meaning, and say so.

    ## Known limits
    Rows needed hold for a reference rate that stays as it is, and for label rates alone: error rates need more.

    ## Source
    Fleiss, Levin & Paik 2003, doi:10.1002/0471445428 (chapter 4). 30 rows and .10: chosen by us, the least for an interval
    that excludes more than it holds, and half the gap of four fifths at a rate of one half.
    """

    code = "BIA108"
    needs = ("sensitive",)
    warn_above: float | None = 0.0
    min_group: int = MIN_GROUP
    asked_gap: float = 0.10
    good = Specimen(train=COMMON, roles=ROLES)
    bad = Specimen(train={"g": ["a"] * 200 + ["b"] * 9, "y": [0, 1] * 100 + [0] * 9}, roles=ROLES, found=1)

    def judge(self, setting: Setting, counts: GroupCounts) -> Iterator[Reading]:
        least = least_rows(setting, self.min_group)
        for size in (1, 2):
            tables = list(counts.tables(setting, size))
            for table in tables:
                reference = reference_of([t for t in tables if t.attributes == table.attributes], setting)
                yield self._reading(table, reference, self._label(setting, table), least)

    @staticmethod
    def _label(setting: Setting, table: GroupTable) -> str | None:
        """The label whose gaps are asked for; None where it is not said, or there are many."""
        if not setting.label_is_class or len(table.labels) < 2:
            return None
        labels, _ = compared_labels(setting, table.labels)
        return labels[0] if len(labels) == 1 else None

    def _reading(self, table: GroupTable, reference: str | None, label: str | None, least: int) -> Reading:
        single = len(table.attributes) == 1
        nothing = f"{table.name} in {table.split}: every value is missing" if all(table.missing) else ""
        tiny = [i for i, rows in enumerate(table.rows) if rows < least and not table.missing[i]]
        lines = [(short(table.groups[i]), int(table.rows[i]), None, least - int(table.rows[i])) for i in tiny]
        weak = self._weak(table, reference, label, set(tiny))
        fewest = [i for i in tiny if single]
        named = ", ".join(f"{short(name)!r} {rows:,}" for name, rows, *_ in [*lines, *weak][:3])
        said = f"{len(tiny):,} of {len(table.groups):,} groups of {table.name} have fewer than {least:,} rows in {table.split}"
        if label is not None:
            said += f"; {len(weak):,} more cannot show a gap of {self.asked_gap:g}"
        columns = ("group", "rows", "detectable gap", "rows to collect")
        every = tuple([*lines, *weak][:SHOWN])
        left = len(lines) + len(weak) - len(every)
        note = f"{left:,} more are not shown" if left else ""
        return self.read(
            Where(split=table.split, columns=table.attributes),
            Effect(name="small_groups", value=None if nothing else float(len(tiny)), unit="groups", reason=nothing),
            said + (f": {named}" + (" ..." if len(lines) + len(weak) > 3 else "") if named else ""),
            affected=sum(int(table.rows[i]) for i in tiny),
            examined=int(table.rows.sum()),
            evidence=(Table(title=f"Small groups of {table.name}", columns=columns, rows=every, note=note),) if every else (),
            level="warning" if fewest else "note" if lines or weak else "clean",
            unsure=nothing,
            limit=self.warn_above,
        )

    def _weak(
        self, table: GroupTable, reference: str | None, label: str | None, tiny: set[int]
    ) -> list[tuple[str, int, float | None, int | None]]:
        """Groups that are not tiny but whose detectable gap exceeds the one asked for."""
        if label is None or reference not in table.groups:
            return []
        at = table.groups.index(reference)
        n_ref = int(table.counts[at].sum())
        rate = int(table.counts[at, table.labels.index(label)]) / n_ref if n_ref else 0.0
        found = []
        for i, group in enumerate(table.groups):
            n = int(table.counts[i].sum())
            if i == at or i in tiny or table.missing[i]:
                continue
            gap = detectable_gap(rate, n_ref, n)
            if gap is None or gap > self.asked_gap:
                need = smallest(lambda rows: (detectable_gap(rate, n_ref, rows) or 1.0) <= self.asked_gap, max(n, 1), 10_000_000)
                found.append((short(group), n, gap, None if need is None else need - n))
        return found
