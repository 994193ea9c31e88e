"""TXT102."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from auditor.check import Check, Specimen, Tally
from auditor.model import Histogram, Mark, Reading, Series, Where
from auditor.rows import Batch, Roles, Setting
from auditor.statistics.proportions import share
from auditor.tallies.normal import texts
from auditor.tallies.places import Places, joined, listed
from auditor.tallies.texts import STEPS, TextLengths, bins, text_columns

Z = 5.0  # robust standard deviations: the limit of NOI203 for numbers
LEAST = 1.0  # doublings: a text under twice or over half the median length is not extreme, however alike the others are
MIN_ROWS = 100  # texts needed to know the usual length
TEXT = Roles(text="text")


def usual(counts: Counter[int]) -> tuple[float, float] | None:
    """(lowest, highest) length bin within 5 robust standard deviations of the median; None where it cannot be told.

    The deviation is 1.4826 times the median absolute deviation of the bins; a length within `LEAST` of the median is usual.
    """
    found = np.array(sorted((b, k) for b, k in counts.items() if b >= 0), np.int64).reshape(-1, 2)
    if found[:, 1].sum() < MIN_ROWS:
        return None
    middle = _median(found[:, 0], found[:, 1])
    deviation = max(LEAST * STEPS / Z, 1.4826 * _median(np.abs(found[:, 0] - middle), found[:, 1]))
    return middle - Z * deviation, middle + Z * deviation


def _median(values: Any, weights: Any) -> float:
    order = np.argsort(values, kind="stable")
    return float(values[order][np.searchsorted(np.cumsum(weights[order]), weights.sum() / 2)])


@dataclass(frozen=True, slots=True)
class Outlying(Tally):
    """Texts whose length lies outside the usual range of their split and column, by side."""

    after = (TextLengths,)
    by: dict[tuple[str, str, str], Places] = field(default_factory=dict)

    @classmethod
    def columns(cls, setting: Setting) -> Iterable[str]:
        return text_columns(setting)

    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        lengths: TextLengths = after[0]
        by = {}
        for name in text_columns(batch.setting):
            values, ends = texts(batch, name), usual(lengths.bins.get((batch.split, name), Counter()))
            if values is not None and ends is not None:
                b = bins(values)
                by[batch.split, name, "short"] = Places.of((b >= 0) & (b < ends[0]), batch.rows)
                by[batch.split, name, "long"] = Places.of(b > ends[1], batch.rows)
        return cls(by)

    def __add__(self, other: Self) -> Self:
        return type(self)(joined(self.by, other.by))


class ExtremeLength(Check[TextLengths, Outlying]):
    """Some texts are far longer or shorter than all others.

    ## Why
    Such texts are cut, padded, or not of this kind at all: a page in a set of chats, a log pasted by mistake.

    ## Measured
    Texts with |z| > 5 / texts that are not empty, by split and column: share, 0 to 1, high is bad. z = (log length - median) /
    (1.4826 x median absolute deviation), length in characters, exact to 2.2 %; never within half to twice the median. One such
    text alone is a note.

    ## Fix
    Look at both ends; split long texts, cut them on purpose, or drop what does not belong.

    ## Known limits
    Documents and chats in one column. Under 100 texts it is not told. Empty texts are the matter of TXT101.

    ## Source
    5 robust deviations as for numbers (NOI203), .001 chosen by us: texts of lognormal length gave no alarm in 50 clean sets of
    20,000, BANKING77 and Multi30k give none, CLINC150 gives .0032 (texts of one short word). deepchecks has the check.
    """

    code = "TXT102"
    warn_above: float | None = 0.001  # see Source
    good = Specimen(train={"text": [("word " * (2 + i * i % 17)).strip() for i in range(200)]}, roles=TEXT)
    bad = Specimen(
        train={"text": [("word " * (8 + i % 9)).strip() for i in range(196)] + ["word " * 5000] * 4}, roles=TEXT, found=1
    )

    def lacks(self, setting: Setting) -> str | None:
        return None if text_columns(setting) else "there is no column of texts"

    def judge(self, setting: Setting, lengths: TextLengths, outlying: Outlying) -> Iterator[Reading]:
        for (split, name), counts in sorted(lengths.bins.items()):
            rows, ends = sum(k for b, k in counts.items() if b >= 0), usual(counts)
            places = {f"very {side}": outlying.by.get((split, name, side), Places()) for side in ("short", "long")}
            odd = sum(p.count for p in places.values())
            span = (
                f"usual are {2 ** (ends[0] / STEPS):,.0f} to {2 ** (ends[1] / STEPS):,.0f} characters"
                if ends
                else "too few to tell"
            )
            yield self.read(
                Where(split=split, columns=(name,)),
                share("extreme_share", odd, rows),
                f"{odd:,} of {rows:,} texts of {name!r} in {split} are of extreme length; {span}",
                affected=odd,
                examined=rows,
                rows=listed(split, places) if odd else None,
                evidence=(_histogram(split, name, counts, ends),) if odd and ends else (),
                level="note" if odd == 1 else "",
                limit=self.warn_above if odd == 1 else None,
                unsure="" if ends else f"{name!r} has {rows} texts in {split}, {MIN_ROWS} are needed",
            )


def _histogram(split: str, name: str, counts: Counter[int], ends: tuple[float, float]) -> Histogram:
    wide = Counter[int]()
    for b, k in counts.items():
        if b >= 0:
            wide[b // 8] += k
    span = range(min(wide), max(wide) + 1)
    bars = Series(name="texts", x=tuple(i / 4 for i in span), y=tuple(float(wide[i]) for i in span))
    marks = tuple(Mark(axis="x", at=e / STEPS, label="5 robust deviations") for e in ends)
    title = f"Length of {name} in {split}"
    return Histogram(title=title, x_label="log2 of characters", y_label="texts", series=(bars,), marks=marks, width=0.25)
