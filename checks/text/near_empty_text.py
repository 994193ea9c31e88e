"""TXT101."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from auditor.check import Check, Specimen
from auditor.model import Histogram, Mark, Reading, Series, Where
from auditor.rows import Roles, Setting
from auditor.statistics.proportions import share
from auditor.tallies.places import Places, listed
from auditor.tallies.texts import TextLengths, text_columns

TEXT = Roles(text="text")
LABELLED = Roles(text="text", label="label")


class NearEmptyText(Check[TextLengths]):
    """Texts are empty or nearly so.

    ## Why
    An empty answer teaches the model to say nothing; a text of one word cannot carry the label that is to be learnt from it.

    ## Measured
    Texts of fewer than `words` words / texts, by split and column: share, 0 to 1, high is bad. Words are those of N1 (runs of
    letters, marks and digits; in scripts without blanks every letter counts). `words` is 1 by default (empty ones only), and 2
    where the task is to classify.

    ## Fix
    Drop these rows, or look where their text was lost.

    ## Known limits
    "Yes" may be all there is to say: set `words` to 1. A text of signs and emoji alone has no word.

    ## Source
    Every text pipeline has the check. .01, chosen by us: SMS Spam has .0072 under 2 words, all honest one-word messages but two.
    """

    code = "TXT101"
    remedy = ("drop rows", "unsafe")
    warn_above: float | None = 0.0  # each such row is worth a look
    error_above: float | None = 0.01  # see Source
    words: int = 0  # texts of fewer words are near-empty (1 or 2); 0 = 2 to classify, else 1
    good = (
        Specimen(train={"text": ["one two", "three four five", "你好世界"] * 10, "label": ["a", "b", "c"] * 10}, roles=LABELLED),
        Specimen(train={"text": ["yes", "no way"] * 10}, roles=TEXT),
    )
    bad = (
        Specimen(train={"text": ["one two", "three", ""] * 10, "label": ["a", "b", "c"] * 10}, roles=LABELLED, found=1),
        Specimen(train={"text": ["one two", "...", None] * 10}, roles=TEXT, found=1),
    )

    def lacks(self, setting: Setting) -> str | None:
        return None if text_columns(setting) else "there is no column of texts"

    def judge(self, setting: Setting, lengths: TextLengths) -> Iterator[Reading]:
        least = self.words or (2 if setting.label_is_class else 1)
        for (split, name), counts in sorted(lengths.words.items()):
            places = {f"{few} words" if few != 1 else "1 word": lengths.short[split, name, few] for few in range(min(least, 2))}
            few, rows = sum(p.count for p in places.values()), counts.total()
            empty = lengths.short.get((split, name, 0), Places()).count
            yield self.read(
                Where(split=split, columns=(name,)),
                share("near_empty_share", few, rows),
                f"{few:,} of {rows:,} texts of {name!r} in {split} have under {least} words; {empty:,} have none",
                affected=few,
                examined=rows,
                rows=listed(split, places) if few else None,
                evidence=(_histogram(split, name, counts, least),) if few else (),
            )


def _histogram(split: str, name: str, counts: Counter[int], least: int) -> Histogram:
    top = 40
    bars = [sum(k for n, k in counts.items() if n == i or (i == top and n > top)) for i in range(top + 1)]
    series = Series(name="texts", x=tuple(float(i) for i in range(top + 1)), y=tuple(float(b) for b in bars))
    mark = Mark(axis="x", at=float(least), label="limit")
    title = f"Words a text of {name} in {split} (last bar: {top} and more)"
    return Histogram(title=title, x_label="words", y_label="texts", series=(series,), marks=(mark,), width=1.0)
