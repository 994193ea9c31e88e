"""How long the texts are: words and characters, by split and column."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from auditor.check import Tally
from auditor.rows import Batch, Setting
from auditor.tallies.normal import texts
from auditor.tallies.places import Places, joined

ROLES = ("text", "prompt", "response", "chosen", "rejected", "messages")
WORD = r"[\pL\pM\p{Nd}]+"  # a word of N1
UNSPACED = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Thai}\p{Lao}\p{Khmer}\p{Myanmar}\p{Tibetan}]"
"""Scripts that put no blanks between words: there each letter counts as a word, so that a sentence is not one word."""
STEPS = 32  # bins of a doubling of length: a bin is 2.2 % wide


def text_columns(setting: Setting) -> tuple[str, ...]:
    """The columns with a role of text; where there is none, free texts without a role."""
    names = [name for role, name in setting.roles.items() if role in ROLES]
    plain = [c.name for c in setting.columns if c.kind == "text" and not setting.roles.of(c.name) and not c.id_like]
    return tuple(dict.fromkeys(names)) or tuple(plain)


def words(values: pa.Array) -> NDArray[np.int64]:
    """Words of N1 a text, 0 for null; in scripts without blanks the number of letters where that is more."""
    counts = np.array(pc.fill_null(pc.count_substring_regex(values, WORD), 0).to_numpy(zero_copy_only=False), np.int64)
    odd = pc.invert(pc.fill_null(pc.string_is_ascii(values), True)).to_numpy(zero_copy_only=False)
    if odd.any():
        letters = pc.count_substring_regex(values.filter(pa.array(odd)), UNSPACED).to_numpy(zero_copy_only=False)
        counts[odd] = np.maximum(counts[odd], letters)
    return counts


def bins(values: pa.Array) -> NDArray[np.int64]:
    """The length bin of each text: round(32 log2 of its characters); -1 for null and for empty texts."""
    lengths = np.asarray(pc.fill_null(pc.utf8_length(values), 0).to_numpy(zero_copy_only=False), np.int64)
    with np.errstate(divide="ignore"):
        logs = np.rint(STEPS * np.log2(lengths))
    return np.where(lengths > 0, logs, -1).astype(np.int64)


@dataclass(frozen=True, slots=True)
class TextLengths(Tally):
    """Texts by number of words and by length bin, by split and column, and where the shortest stand.

    Lengths are exact to 1.1 % (half a bin); positions of texts of no word and of one word up to the cap of Places.
    """

    words: dict[tuple[str, str], Counter[int]] = field(default_factory=dict)
    bins: dict[tuple[str, str], Counter[int]] = field(default_factory=dict)
    short: dict[tuple[str, str, int], Places] = field(default_factory=dict)  # split, column, 0 or 1 words

    @classmethod
    def columns(cls, setting: Setting) -> Iterable[str]:
        return text_columns(setting)

    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        counts, lengths, short = {}, {}, {}
        for name in text_columns(batch.setting):
            values = texts(batch, name)
            if values is None:
                continue
            n = words(values)
            counts[batch.split, name] = _counted(np.minimum(n, 65_536))
            lengths[batch.split, name] = _counted(bins(values))
            short.update({(batch.split, name, few): Places.of(n == few, batch.rows) for few in (0, 1)})
        return cls(counts, lengths, short)

    def __add__(self, other: Self) -> Self:
        return type(self)(_summed(self.words, other.words), _summed(self.bins, other.bins), joined(self.short, other.short))


def _counted(values: NDArray[np.int64]) -> Counter[int]:
    found, counts = np.unique(values, return_counts=True)
    return Counter(dict(zip(found.tolist(), counts.tolist(), strict=True)))


def _summed(
    one: dict[tuple[str, str], Counter[int]], other: dict[tuple[str, str], Counter[int]]
) -> dict[tuple[str, str], Counter[int]]:
    return {key: one.get(key, Counter()) + other.get(key, Counter()) for key in {**one, **other}}
