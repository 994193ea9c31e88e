"""SHF201."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from auditor.check import Check, Specimen
from auditor.model import Effect, Reading, Where
from auditor.rows import Column, Setting
from auditor.tallies.drift import Drift, compared, of_categories, of_numbers
from auditor.tallies.sample import NumberSample
from auditor.tallies.values import ValueCounts


def _drawn(seed: int, mean: float) -> list[float]:
    """9,000 values of a normal of deviation 1; one generator for all: every command that lists checks draws them."""
    draw = Random(seed)
    return [draw.gauss(mean, 1) for _ in range(9000)]


class FeatureDrift(Check[NumberSample, ValueCounts]):
    """A column is spread otherwise in a held-out split than in train.

    ## Why
    The held-out score is then for other data than the model has learned from, or than it will meet.

    ## Measured
    Numbers: Kolmogorov-Smirnov distance with its test, beside the Wasserstein-1 distance in standard deviations.
    Categories: total variation of the shares with a chi-square test, beside the Jensen-Shannon divergence. Both 0 to 1,
    high is bad, each with a 95 % band; found only where the corrected p is below .05 too. A shift above `note_above`
    and below the warning limit is a note. Numbers are read from at most 50,000 rows a split.

    ## Fix
    Find out how the splits were drawn; split at random (by entity where there is one), or say that the shift is meant.

    ## Known limits
    Splits by time differ on purpose. A shift in how columns go together, with each column alone unchanged, is not seen
    here. Repeated values make the test of numbers careful.

    ## Source
    Massey 1951, doi:10.1080/01621459.1951.10500769; Lin 1991, doi:10.1109/18.61115. Limits .10 and .25: chosen by us, a
    shift of the mean by .25 and .64 standard deviations of a normal; .02: .05 standard deviations.
    """

    code = "SHF201"
    needs = ("held-out", "features")
    warn_above: float | None = 0.10
    error_above: float | None = 0.25
    note_above: float = 0.02
    good = (
        Specimen(train={"x": [i / 7 for i in range(200)]}, test={"x": [i / 3.5 for i in range(100)]}),
        Specimen(train={"x": ["a", "b", "c"] * 50}, test={"x": ["c", "a", "b"] * 20}),
    )
    bad = (
        Specimen(train={"x": [i / 7 for i in range(200)]}, test={"x": [14 + i / 7 for i in range(100)]}, found=1),
        Specimen(train={"x": ["a", "b", "c"] * 50}, test={"x": ["c", "a", "a"] * 20}, found=1),
        Specimen(
            train={"x": _drawn(1, 0.0)},
            test={"x": _drawn(2, 0.1)},
            found=1,
        ),
    )

    def judge(self, setting: Setting, sample: NumberSample, counts: ValueCounts) -> Iterator[Reading]:
        first, others = compared(setting)
        for column in setting.kinds("number", "category", "bool"):
            for other in others:
                if {first, other} <= set(column.splits):
                    yield self._reading(column, self._drift(column, first, other, setting, sample, counts), first, other)

    @staticmethod
    def _drift(
        column: Column, first: str, other: str, setting: Setting, sample: NumberSample, counts: ValueCounts
    ) -> Drift | str:
        name, splits = column.name, (first, other)
        if column.kind == "number":
            x, y = sample.column(first, name), sample.column(other, name)
            return of_numbers(x, y, name, splits) if len(x) and len(y) else "one split has no number"
        if {(first, name), (other, name)} & counts.over:
            return "too many values to count"
        p, q = counts.by.get((first, name)), counts.by.get((other, name))
        return of_categories(p, q, name, splits, setting.seed) if p and q else "one split has no value"

    def _reading(self, column: Column, drift: Drift | str, first: str, other: str) -> Reading:
        where = Where(split=other, columns=(column.name,), reference=first)
        if isinstance(drift, str):
            reason = f"{column.name}: {drift}"
            return self.read(where, Effect(name="distance", value=None, unit="share", reason=reason), reason, unsure=reason)
        value = drift.effect.value or 0.0
        small = self.note_above < value <= (self.warn_above if self.warn_above is not None else 1.0)
        return self.read(
            where,
            drift.effect,
            drift.sentence(column.name, first, other),
            affected=min(drift.m, round(value * drift.m)),
            examined=drift.m,
            evidence=(drift.picture,),
            p=drift.p,
            level="note" if small else "",
            limit=self.note_above if small else None,
            unsure=f"{column.name}: {drift.unsure}" if drift.unsure else "",
        )
