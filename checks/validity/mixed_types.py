"""VAL115."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Self

import pyarrow as pa
import pyarrow.compute as pc

from auditor.check import Check, Specimen, Tally
from auditor.model import Level, Reading, Table, Where
from auditor.rows import Batch, Setting
from auditor.statistics.proportions import share
from auditor.tallies import look as forms
from auditor.tallies.look import Look
from auditor.tallies.places import Places, joined, listed

APART = {"text", "prompt", "response", "chosen", "rejected", "id"}


def kinds(values: pa.Array) -> pa.Array:
    """number, date, bool, text or null (missing) for every value, as the first look tells them."""

    def having(pattern: str) -> pa.Array:
        return pc.match_substring_regex(values, pattern)

    missing = pc.is_in(values, pa.array((*forms.NULL_WORDS, None), values.type))
    number = pc.or_(having(forms.NUMBER), having(forms.NON_FINITE))
    conditions = pc.make_struct(missing, number, having(forms.DATE), having(forms.BOOL))
    return pc.case_when(conditions, pa.scalar(None, pa.string()), "number", "date", "bool", "text")


def _mixed(setting: Setting, look: Look) -> dict[str, str]:
    """Category columns with values of two kinds or more -> the commonest kind over all splits."""
    found = {}
    for column in setting.columns:
        if column.kind == "category" and not APART & set(setting.roles.of(column.name)):
            ranked = look.column(column.name).kinds.most_common()
            if len(ranked) > 1:
                found[column.name] = ranked[0][0]
    return found


@dataclass(frozen=True, slots=True)
class OddKinds(Tally):
    """Rows whose value is not of the commonest kind of its column, by split, column and kind."""

    after = (Look,)
    by: dict[tuple[str, str, str], Places] = field(default_factory=dict)

    @classmethod
    def columns(cls, setting: Setting) -> Iterable[str]:
        return tuple(c.name for c in setting.columns if c.kind == "category")

    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        by = {}
        for name, common in _mixed(batch.setting, after[0]).items():
            if batch.has(name):
                coded = batch.column(name).dictionary_encode()
                found = kinds(coded.dictionary).take(coded.indices)
                for kind in {"number", "date", "bool", "text"} - {common}:
                    if (places := Places.of(pc.equal(found, kind), batch.rows)).count:
                        by[batch.split, name, kind] = places
        return cls(by)

    def __add__(self, other: Self) -> Self:
        return type(self)(joined(self.by, other.by))


class MixedTypes(Check[Look, OddKinds]):
    """A column mixes numbers, texts, dates or bools.

    ## Why
    A few texts turn a column of numbers into one of categories: every number becomes a word without order.

    ## Measured
    Values not of the column's commonest kind (number, date, bool, text; over all splits) / values, by split: share, 0 to 1.
    A small share is bad: stray cells. From .10 on the mixture looks meant (ticket numbers, house numbers), and is a note.

    ## Fix
    Cast the strays where nothing is lost ("12 " or "1,200"), else set them to null or mend them at the source.

    ## Known limits
    Codes of digits and letters (12, 12a), names such as 1984. Free texts and ids are not judged. Objects of a pandas column
    are read as their texts.

    ## Source
    The limits were chosen by us: an error needs .01 (by the interval) of other kinds in a column of numbers, because then the
    numbers are lost to the model; one stray cell warns. deepchecks has the check (MixedDataTypes).
    """

    code = "VAL115"
    warn_above: float | None = 0.0
    error_above: float | None = 0.01  # of a column of numbers with texts in it
    meant: float = 0.10  # from here on the mixture looks meant
    good = Specimen(train={"a": ["12", "13", None, "?"] * 10, "b": ["x", "y1"] * 20})
    bad = (
        Specimen(train={"a": [str(i % 50) for i in range(95)] + ["twelve"] * 5}, found=1),
        Specimen(train={"a": ["north", "south", "east"] * 30 + ["2021-05-01"]}, found=1),
    )

    def judge(self, setting: Setting, look: Look, odd: OddKinds) -> Iterator[Reading]:
        mixed = _mixed(setting, look)
        for column in setting.columns:
            if column.kind == "category" and not APART & set(setting.roles.of(column.name)):
                for split in column.splits:
                    places = {
                        k: p for (s, c, k), p in sorted(odd.by.items(), key=lambda i: i[0]) if (s, c) == (split, column.name)
                    }
                    yield self._reading(split, column.name, mixed.get(column.name, ""), look.by[split, column.name].kinds, places)

    def _reading(self, split: str, name: str, common: str, counts: Counter[str], places: dict[str, Places]) -> Reading:
        values, strays = counts.total(), sum(p.count for p in places.values())
        meant = values > 0 and strays / values >= self.meant
        said = ", ".join(f"{p.count:,} {kind}" for kind, p in places.items())
        worst: Level = "error" if common == "number" and "text" in places else "warning"
        return self.read(
            Where(split=split, columns=(name,)),
            share("stray_share", strays, values),
            f"{name!r} in {split}: {strays:,} of {values:,} values are of another kind"
            + (f" than {common}: {said}" if strays else ""),
            affected=strays,
            examined=values,
            rows=listed(split, {f"is a {kind}": p for kind, p in places.items()}) if strays else None,
            evidence=(Table(title=f"Kinds of value in {name}", columns=("kind", "rows"), rows=tuple(counts.most_common())),),
            level="note" if meant else "",
            limit=self.meant if meant else None,
            at_most=worst,
        )
