"""SHF101."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Literal

from auditor.check import Check, Specimen
from auditor.model import Effect, Level, Reading, Table, Where
from auditor.rows import Setting
from auditor.statistics.proportions import share
from auditor.tallies.drift import compared
from auditor.tallies.groups import short
from auditor.tallies.values import ValueCounts

SHOWN = 30


class NewCategory(Check[ValueCounts]):
    """A held-out split holds categories that train never shows.

    ## Why
    The encoder has no place for them: such rows are scored by luck, or break the pipeline.

    ## Measured
    Held-out rows with a category unseen in train / rows with a category, by column: a share with Wilson limits, 0 to 1,
    high is bad. Beside it the share that the values seen once in train lead one to expect (Good-Turing); an error only
    where the lower limit exceeds that too.

    ## Fix
    Split stratified, or give the encoder a place for what it has not seen and count it.

    ## Known limits
    Open vocabularies (names, cities, products) always bring new values.

    ## Source
    Good 1953, doi:10.1093/biomet/40.3-4.237. Limits 0 and .01: chosen by us, any row is worth a look, one in a hundred
    moves a score by as much as a rival model.
    """

    code = "SHF101"
    needs = ("held-out", "category")
    warn_above: float | None = 0.0
    error_above: float | None = 0.01
    good = Specimen(train={"x": ["a", "b", "c"] * 9}, test={"x": ["a", "c"] * 9})
    bad = (
        Specimen(train={"x": ["a", "b"] * 90}, test={"x": ["a", "b"] * 30 + ["new"] * 40}, found=1),
        Specimen(train={"x": ["a", "b"] * 400}, test={"x": ["a", "b"] * 300 + ["new"]}, found=1),
    )

    def judge(self, setting: Setting, counts: ValueCounts) -> Iterator[Reading]:
        first, others = compared(setting)
        for column in setting.kinds("category", "bool"):
            for other in others:
                if not {first, other} <= set(column.splits):
                    continue
                if {(first, column.name), (other, column.name)} & counts.over:
                    reason = f"{column.name} has too many values to count"
                    none = Effect(name="unseen_share", value=None, unit="share", reason=reason)
                    yield self.read(Where(split=other, columns=(column.name,), reference=first), none, reason, unsure=reason)
                    continue
                known, held = (counts.by.get((s, column.name), Counter()) for s in (first, other))
                if known and held:
                    yield self._reading(column.name, known, held, first, other)

    def _reading(self, name: str, known: Counter[str], held: Counter[str], first: str, other: str) -> Reading:
        unseen = sorted(((v, n) for v, n in held.items() if v not in known), key=lambda item: (-item[1], item[0]))
        rows, total = sum(n for _, n in unseen), held.total()
        expected = sum(n == 1 for n in known.values()) / known.total()
        effect = share("unseen_share", rows, total)
        level: Level | Literal["clean"] = "warning" if rows else "clean"
        if self.error_above is not None and effect.low is not None and effect.low > max(self.error_above, expected):
            level = "error"
        named = ", ".join(f"{short(v)!r} {n:,}" for v, n in unseen[:3])
        left = len(unseen) - SHOWN
        table = Table(
            title=f"Values of {name} in {other} that {first} lacks",
            columns=("value", "rows"),
            rows=tuple((short(v), n) for v, n in unseen[:SHOWN]),
            note=f"{left:,} more are not shown" if left > 0 else "",
        )
        return self.read(
            Where(split=other, columns=(name,), reference=first),
            effect,
            f"{rows:,} of {total:,} rows of {other} have one of {len(unseen):,} values of {name} that {first} lacks "
            f"({rows / total:.2%}, {expected:.2%} expected of a random split)" + (f": {named}" if named else ""),
            affected=rows,
            examined=total,
            evidence=(table,) if unseen else (),
            level=level,
            limit=self.error_above if level == "error" else self.warn_above,
        )
