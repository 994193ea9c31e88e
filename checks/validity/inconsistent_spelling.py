"""VAL122."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from auditor.check import Check, Specimen, Tally
from auditor.model import Affected, Effect, Reading, Table, Where
from auditor.rows import Batch, Roles, Setting
from auditor.tallies.places import Places, joined
from auditor.tallies.spelling import variants
from auditor.tallies.values import ValueCounts

APART = {"label", "id", "weight", "prediction", "text"}


def _variants(setting: Setting, counts: ValueCounts) -> dict[str, dict[str, str]]:
    """column -> {rarer spelling: commonest one}, over all splits; only columns that were counted whole."""
    found = {}
    for column in setting.columns:
        keys = [(s, column.name) for s in column.splits]
        if column.kind == "category" and not APART & set(setting.roles.of(column.name)) and all(k in counts.by for k in keys):
            found[column.name] = variants(sum((counts.by[k] for k in keys), Counter[str]()))
    return found


@dataclass(frozen=True, slots=True)
class RarerSpellings(Tally):
    """Rows of the rarer spellings, by split, column and value."""

    after = (ValueCounts,)
    by: dict[tuple[str, str, str], Places] = field(default_factory=dict)

    @classmethod
    def columns(cls, setting: Setting) -> Iterable[str]:
        return tuple(c.name for c in setting.columns if c.kind == "category" and not c.id_like)

    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        by = {}
        for name, rarer in _variants(batch.setting, after[0]).items():
            if rarer and batch.has(name):
                coded = batch.column(name).cast(pa.string()).dictionary_encode()
                for i, value in enumerate(coded.dictionary.to_pylist()):
                    if value in rarer:
                        by[batch.split, name, value] = Places.of(pc.equal(coded.indices, i), batch.rows)
        return cls(by)

    def __add__(self, other: Self) -> Self:
        return type(self)(joined(self.by, other.by))


class InconsistentSpelling(Check[ValueCounts, RarerSpellings]):
    """One category is spelled in several ways.

    ## Why
    The model learns "New York" and "new-york" as two things, each from fewer rows; counts and group metrics are split as well.

    ## Measured
    Pairs of a rarer spelling and the commonest of its category, by column over all splits: count, 0 to infinity, high is bad.
    Values are one category where they are equal under N1 and differ in case, width, blanks, or punctuation that carries no
    meaning: dots, commas and quotes not beside a digit, hyphens between letters. `<=50K` and `>50K`, C and C#, A- and A+ stay
    apart.

    ## Fix
    Map every spelling to the commonest one (lossless where the difference means nothing).

    ## Known limits
    Codes that differ by case on purpose (genotypes, short keys). Labels are the matter of NOI103; columns of more than 10,000
    values are not judged, and so are other differences of spelling (typing errors, translations).

    ## Source
    deepchecks (StringMismatchComparison). 0, because one pair is the fault itself. Adult, Bank Marketing and German credit
    give none.
    """

    code = "VAL122"
    remedy = ("take suggestion", "safe")
    warn_above: float | None = 0.0  # see Source
    good = Specimen(
        train={"y": ["<=50K", ">50K"] * 10, "lang": ["C", "C#", "C++", "c?"] * 5, "grade": ["A", "A+", "A-", "B"] * 5},
        roles=Roles(sensitive="y"),
    )
    bad = (
        Specimen(train={"city": ["New York", "new-york", "NEW  YORK ", "Oslo"] * 10}, found=1),
        Specimen(train={"city": ["Oslo"] * 20}, test={"city": ["oslo"] * 10}, found=1),
    )

    def lacks(self, setting: Setting) -> str | None:
        return None if any(c.kind == "category" for c in setting.columns) else "there is no category column"

    def judge(self, setting: Setting, counts: ValueCounts, rarer: RarerSpellings) -> Iterator[Reading]:
        for name, pairs in _variants(setting, counts).items():
            total = sum((counts.by[s, name] for s in setting.column(name).splits), Counter[str]())
            top = sorted(pairs.items(), key=lambda pair: (-total[pair[0]], pair[0]))
            said = "; ".join(f"{value!r} ({total[value]:,}) for {common!r} ({total[common]:,})" for value, common in top[:3])
            lines = tuple((value, total[value], common, total[common]) for value, common in top[:20])
            columns = ("spelling", "rows", "commonest spelling", "its rows")
            yield self.read(
                Where(columns=(name,)),
                Effect(name="spelling_pairs", value=float(len(pairs)), unit="pairs"),
                f"{len(pairs):,} values of {name!r} are other spellings of a commoner one" + (f": {said}" if pairs else ""),
                affected=sum(total[value] for value in pairs),
                examined=total.total(),
                rows=_rows(rarer, name, pairs) if pairs else None,
                evidence=(Table(title=f"Spellings in {name}", columns=columns, rows=lines),) if pairs else (),
            )


def _rows(rarer: RarerSpellings, name: str, pairs: dict[str, str]) -> Affected:
    parts = [
        (split, value, p.rows) for (split, column, value), p in sorted(rarer.by.items(), key=lambda i: i[0]) if column == name
    ]
    rows = np.concatenate([r for _, _, r in parts])
    splits = np.concatenate([np.full(len(r), split, object) for split, _, r in parts])
    better = np.concatenate([np.full(len(r), pairs[value], object) for _, value, r in parts])
    order = np.lexsort((rows, splits.astype(str)))
    return Affected(split=splits[order], row=rows[order], suggestion=better[order])
