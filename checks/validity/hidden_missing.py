"""VAL117."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from auditor.check import Check, Specimen
from auditor.model import Histogram, Level, Reading, Series, Table, Where
from auditor.rows import Column, Roles, Setting
from auditor.statistics.proportions import share
from auditor.tallies.placeholders import Placeholders, Sort, examined
from auditor.tallies.places import Places, listed
from auditor.tallies.sample import NumberSample

Found = dict[tuple[Sort, str], Places]


class HiddenMissing(Check[Placeholders, NumberSample]):
    """Missing values are hidden behind words or numbers that look like values.

    ## Why
    A model takes "unknown" for a category and -1 or 99999 for a measurement; means, scales and outliers are wrong with them,
    and every count of missing values is too low.

    ## Measured
    Rows whose value is a placeholder / rows, by split and column: share, 0 to 1, high is bad. Words: `?`, -, unknown,
    missing, tbd, not available ... (spellings that readers turn into null, such as NA, reach a warning at most; `none` and
    `not applicable` a note). Numbers: 0, -1, -9, ... and 99, 999, ... that are isolated: the gap to the nearest other value is
    over 5 times the spread of the others, or the value is the only negative one and over 3 times as common as its
    neighbour. Dates such as 1900-01-01 or 9999-12-31: the gap is over 2.5 times the range of the others.

    ## Fix
    Read these values as null, and add an indicator column where the gap itself may carry information.

    ## Known limits
    Real negatives, an age of 99 and true zeros stay clean because they are not isolated; a capped measure (99999 = "that or
    more") is reported: read its description. Codes of fewer than 10 distinct numbers, free texts in a text role, the label and
    ids are not examined. In number columns a `?` is read as null already: VAL116 and VAL118 count it.

    ## Source
    5 spreads, 3 times, 0 and .05 were chosen by us: 50 clean tables of 20,000 rows (normal, lognormal, Pareto, Poisson,
    geometric, zero-inflated and bounded columns) gave no alarm, and all placeholders planted in 10 others were found:
    benchmarks/README.md.
    """

    code = "VAL117"
    warn_above: float | None = 0.0  # one hidden gap is one too many to overlook
    error_above: float | None = 0.05  # as many gaps as VAL118 warns of
    good = (
        Specimen(train={"age": [*range(17, 91), 99, 99], "kind": ["none of these", "north", "south", "east"] * 19}),
        Specimen(train={"gain": [0] * 60 + [50 * i + 100 for i in range(40)], "t": [i - 50 for i in range(100)]}),
        Specimen(train={"text": ["?", "unknown", "Where are you now?"] * 10, "n": [1, 2, 3] * 10}, roles=Roles(text="text")),
    )
    bad = (
        Specimen(train={"job": ["clerk", "?", "nurse", "cook"] * 10}, found=1),
        Specimen(train={"days": [-1] * 40 + [3 * i for i in range(1, 60)]}, found=1),
        Specimen(train={"gain": [0] * 60 + [50 * i + 100 for i in range(40)] + [99999] * 5}, found=1),
        Specimen(train={"day": [f"2021-03-{1 + i % 28:02d}" for i in range(60)] + ["1900-01-01"] * 3}, found=1),
    )

    def lacks(self, setting: Setting) -> str | None:
        return None if any(examined(setting)) else "all columns are labels, ids or texts: there a placeholder is a value"

    def judge(self, setting: Setting, placeholders: Placeholders, sample: NumberSample) -> Iterator[Reading]:
        rows = {s.name: s.rows for s in setting.splits}
        for column in examined(setting):
            for split in column.splits:
                found = placeholders.of_column(split, column.name)
                yield self._reading(split, column, found, rows[split], sample)

    def _reading(self, split: str, column: Column, found: Found, rows: int, sample: NumberSample) -> Reading:
        sure = {k: p for k, p in found.items() if k[0] in ("placeholder", "sentinel")}
        likely = {k: p for k, p in found.items() if k[0] in ("null", "zero")}
        shown = sure or likely or found
        count = sum(p.count for p in shown.values())
        said = ", ".join(f"{what!r} {p.count:,}" for (_, what), p in sorted(shown.items(), key=lambda i: -i[1].count)[:6])
        level: Level | None = None if sure or likely or not found else "note"
        return self.read(
            Where(split=split, columns=(column.name,)),
            share("placeholder_share", count, rows),
            f"{count:,} of {rows:,} values of {column.name!r} in {split} stand for missing" + (f": {said}" if count else ""),
            affected=count,
            examined=rows,
            rows=listed(split, {f"stands for missing: {what!r}": p for (_, what), p in shown.items()}) if count else None,
            evidence=_evidence(split, column, found, sample) if count else (),
            level=level or "",
            limit=self.warn_above if level else None,
            at_most="error" if sure else "warning",
        )


def _evidence(split: str, column: Column, found: Found, sample: NumberSample) -> tuple[Table, ...] | tuple[Table, Histogram]:
    lines = tuple((what, sort, p.count) for (sort, what), p in sorted(found.items(), key=lambda i: -i[1].count))
    table = Table(title=f"Placeholders of {column.name}", columns=("value", "sort", "rows"), rows=lines[:20])
    values = sample.column(split, column.name)
    if len(values) < 2:
        return (table,)
    counts, edges = np.histogram(values, bins=40)
    bars = Series(name="rows", x=tuple(float(e) for e in edges[:-1]), y=tuple(float(c) for c in counts))
    title = f"Values of {column.name} in {split}" + ("" if sample.whole(split) else f", {len(values):,} rows sampled")
    width = float(edges[1] - edges[0])
    return table, Histogram(title=title, x_label=column.name, y_label="rows", series=(bars,), width=width)
