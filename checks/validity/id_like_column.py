"""VAL114."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.check import Check, Specimen
from auditor.model import Effect, Reading, Where
from auditor.rows import Column, Setting
from auditor.tallies.look import ColumnLook, Look

MIN_ROWS = 100  # the first look calls nothing id-like below it


def _asked(setting: Setting) -> Iterator[Column]:
    return (c for c in setting.columns if not setting.roles.of(c.name) and c.kind in ("number", "category", "text"))


class IdLikeColumn(Check[Look]):
    """A feature column names the rows instead of describing them.

    ## Why
    A model can learn each row by its number: perfect in training, worthless after; and a counter leaks the order of collection.

    ## Measured
    Distinct values / rows with a value, by training split and column: share, 0 to 1, high is bad. Only whole numbers that rise
    or fill a range, and texts in the form of an identifier (UUID, long hexadecimal, prefix and digits), are judged at all;
    floats never. Above 4,096 values distinct ones are estimated within about 2 %.

    ## Fix
    Give the column the role `id` (--id): it is then left out of features, and repeated ids are looked for.

    ## Known limits
    Whole-number measures with few repeats that happen to fill a range, such as ranks. Columns with any role are taken at
    their word. Under 100 rows nothing is told.

    ## Source
    .95, chosen by us: fnlwgt of Adult (.66 distinct) must stay clean; 50 clean tables with 10 whole-number columns of 20,000
    rows gave no alarm: benchmarks/README.md. cleanlab (identifier_column) and YData (UNIQUE) have the check.
    """

    code = "VAL114"
    warn_above: float | None = 0.95  # see Source
    good = Specimen(train={"age": [20 + i % 40 for i in range(120)], "x": [i * 0.37 for i in range(120)]})
    bad = (
        Specimen(train={"n": list(range(7, 127)), "x": [1.5, 2.5] * 60}, found=1),
        Specimen(train={"key": [f"user-{i * 7919 % 100_000:05d}" for i in range(120)]}, found=1),
    )

    def lacks(self, setting: Setting) -> str | None:
        return None if any(_asked(setting)) else "every column has a role or is neither a number nor a text"

    def judge(self, setting: Setting, look: Look) -> Iterator[Reading]:
        training = [s.name for s in setting.training]
        for column in _asked(setting):
            for split in (s for s in training if s in column.splits and look.by[s, column.name].present):
                yield self._reading(split, column.name, look.by[split, column.name])

    def _reading(self, split: str, name: str, seen: ColumnLook) -> Reading:
        n = seen.present
        value = min(1.0, seen.distinct / n)
        form = (
            "the values rise"
            if seen.rising
            else "they fill a range"
            if seen.kinds["number"] == n
            else "they have the form of an identifier"
        )
        whole = seen.integers == n or seen.kinds["text"] == n
        few = n < MIN_ROWS and whole and value > 0.95 and (seen.rising or seen.named == n)
        return self.read(
            Where(split=split, columns=(name,)),
            Effect(name="distinct_share", value=value, unit="share"),
            f"{name!r} has about {seen.distinct:,} distinct values in {n:,} rows of {split}"
            + (f", and {form}" if seen.id_like else ""),
            affected=n if seen.id_like else 0,
            examined=seen.n,
            level="" if seen.id_like else "clean",
            limit=None if seen.id_like else self.warn_above,
            unsure=f"{name!r} has only {n} values, {MIN_ROWS} are needed to call it an identifier" if few else "",
        )
