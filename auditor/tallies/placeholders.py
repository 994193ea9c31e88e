"""Values that stand for "missing" without being null: words, and isolated sentinel numbers and dates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Literal, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from auditor.check import Tally
from auditor.rows import Batch, Column, Setting
from auditor.tallies.places import Places, joined
from auditor.tallies.sample import NumberSample
from auditor.tallies.sentinels import SentinelCounts, plain, sentinels

Sort = Literal["placeholder", "null", "perhaps", "sentinel", "zero"]

PLACEHOLDER = (
    *("?", "??", "???", "-", "--", "---", "unknown", "unk", "tbd", "tba", "missing", "undefined", "unspecified", "no data"),
    *("not available", "not known", "not specified", "not provided", "not given", "not recorded", "#ref!", "#value!", "#div/0!"),
    *("unbekannt", "keine angabe", "inconnu", "desconocido", "sconosciuto"),
)
"""Words that say "missing" in any column of categories."""
NULL = ("na", "n/a", "n.a.", "nan", "null", "#n/a", "#na", "nat")
"""Spellings that most readers turn into null by themselves."""
PERHAPS = ("none", "nil", "not applicable", "no answer")
"""Words that are a category as often as a gap."""
BRACKETS = "<>()[]{}"
LONGEST = 24  # bytes of the longest word with brackets and blanks, rounded up
APART = {"label", "id", "weight", "prediction", "probabilities"}
TEXTS = {"text", "prompt", "response", "chosen", "rejected", "messages"}  # there a "?" is a text
SORTS: tuple[tuple[Sort, tuple[str, ...]], ...] = (("placeholder", PLACEHOLDER), ("null", NULL), ("perhaps", PERHAPS))


def examined(setting: Setting) -> Iterator[Column]:
    """The columns where placeholders are looked for."""
    for column in setting.columns:
        roles = set(setting.roles.of(column.name))
        if column.kind in ("number", "time", "category", "text") and not roles & (APART | TEXTS) and not column.id_like:
            yield column


def words(values: pa.Array) -> pa.Array:
    """The word in lower case without blanks and brackets, null where the value is too long to be one."""
    short = pc.less_equal(pc.binary_length(values), LONGEST)
    kept = pc.if_else(short, values, pa.scalar(None, values.type))
    return pc.utf8_trim_whitespace(pc.utf8_trim(pc.utf8_lower(pc.utf8_trim_whitespace(kept)), BRACKETS))


@dataclass(frozen=True, slots=True)
class Placeholders(Tally):
    """Rows of every placeholder by split, column, sort and value; positions up to the cap of Places."""

    after = (NumberSample, SentinelCounts)
    by: dict[tuple[str, str, Sort, str], Places] = field(default_factory=dict)

    @classmethod
    def columns(cls, setting: Setting) -> Iterable[str]:
        return tuple(c.name for c in examined(setting))

    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        marks = sentinels(batch.setting, *after)
        by: dict[tuple[str, str, Sort, str], Places] = {}
        for column in examined(batch.setting):
            if not batch.has(column.name):
                continue
            values = batch.column(column.name)
            if column.kind in ("category", "text"):
                found = _worded(values, batch.rows)
            else:
                found = _marked(plain(values), batch.rows, marks.get(column.name, {}))
            by.update({(batch.split, column.name, sort, what): places for (sort, what), places in found.items()})
        return cls(by)

    def __add__(self, other: Self) -> Self:
        return type(self)(joined(self.by, other.by))

    def of_column(self, split: str, column: str) -> dict[tuple[Sort, str], Places]:
        """(sort, value) -> where, of one column."""
        return {
            (sort, what): p for (s, c, sort, what), p in sorted(self.by.items(), key=lambda i: i[0]) if (s, c) == (split, column)
        }

    def missing(self, split: str, column: str) -> int:
        """Rows that stand for "missing" for sure: all sorts but `perhaps` and `zero`."""
        return sum(p.count for (sort, _), p in self.of_column(split, column).items() if sort not in ("perhaps", "zero"))


def _worded(values: pa.Array, rows: NDArray[np.int64]) -> dict[tuple[Sort, str], Places]:
    if not (pa.types.is_string(values.type) or pa.types.is_large_string(values.type)):
        return {}
    coded = words(values).dictionary_encode()
    found = {}
    for sort, known in SORTS:
        for word in coded.dictionary.filter(pc.is_in(coded.dictionary, pa.array(known, coded.dictionary.type))).to_pylist():
            found[sort, word] = Places.of(pc.equal(coded.indices, coded.dictionary.index(word)), rows)
    return found


def _marked(numbers: NDArray[np.float64], rows: NDArray[np.int64], marks: dict[float, str]) -> dict[tuple[Sort, str], Places]:
    found: dict[tuple[Sort, str], Places] = {}
    for mark, name in marks.items():
        hits = numbers == mark
        if hits.any():
            found["zero" if mark == 0 and name == "0" else "sentinel", name] = Places.of(hits, rows)
    return found


def is_missing(values: pa.Array, column: Column, marks: dict[float, str]) -> NDArray[np.bool_]:
    """Whether each value is null or stands for "missing" for sure. `marks` are the column's sentinels."""
    gone: NDArray[np.bool_] = np.asarray(values.is_null().to_numpy(zero_copy_only=False), np.bool_)
    if column.kind in ("category", "text") and (pa.types.is_string(values.type) or pa.types.is_large_string(values.type)):
        known = pa.array(("", *PLACEHOLDER, *NULL), values.type)
        return gone | np.asarray(pc.is_in(words(values), known).to_numpy(zero_copy_only=False), np.bool_)
    sure = [mark for mark, name in marks.items() if name != "0"]
    return gone | np.isin(plain(values), sure) if sure else gone
