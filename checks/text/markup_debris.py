"""TXT103."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from auditor.check import Check, Specimen, Tally
from auditor.model import Reading, Table, Where
from auditor.rows import Batch, Roles, Setting
from auditor.statistics.proportions import share
from auditor.tallies.markup import debris
from auditor.tallies.normal import texts
from auditor.tallies.places import Places, joined
from auditor.tallies.texts import text_columns

TEXT = Roles(text="text")


@dataclass(frozen=True, slots=True)
class Debris(Tally):
    """Texts with debris of markup, by split and column; and how many have each kind."""

    by: dict[tuple[str, str], Places] = field(default_factory=dict)
    kinds: Counter[tuple[str, str, str]] = field(default_factory=Counter)  # split, column, kind
    rows: Counter[tuple[str, str]] = field(default_factory=Counter)

    @classmethod
    def columns(cls, setting: Setting) -> Iterable[str]:
        return text_columns(setting)

    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        by, kinds, rows = {}, Counter[tuple[str, str, str]](), Counter[tuple[str, str]]()
        for name in text_columns(batch.setting):
            values = texts(batch, name)
            if values is not None:
                rows[batch.split, name] = len(values)
                masks = debris(values)
                kinds.update({(batch.split, name, kind): int(mask.sum()) for kind, mask in masks.items()})
                if masks:
                    by[batch.split, name] = Places.of(np.logical_or.reduce(list(masks.values())), batch.rows)
        return cls(by, kinds, rows)

    def __add__(self, other: Self) -> Self:
        return type(self)(joined(self.by, other.by), self.kinds + other.kinds, self.rows + other.rows)


class MarkupDebris(Check[Debris]):
    """Texts hold HTML, BBCode or unfilled templates.

    ## Why
    The model learns to write &amp;amp; and {{name}}, and spends its context on tags.

    ## Measured
    Texts with an HTML tag or entity, a BBCode tag or a placeholder of a template / texts, by split and column: share, 0 to 1,
    high is bad. Code in Markdown (``` or `) is skipped.

    ## Fix
    Unescape entities (lossless), strip tags, fill or drop templates.

    ## Known limits
    Tasks about code, HTML or templates, where markup outside a fence is meant. Tags that HTML does not know are not counted.

    ## Source
    The C4 filter of curly brackets (Raffel et al. 2020, arXiv:1910.10683) is the forerunner. .01, chosen by us: one text in a
    hundred is more than quotations. BANKING77, CLINC150 and Multi30k have none, SMS Spam .055.
    """

    code = "TXT103"
    warn_above: float | None = 0.01  # see Source
    good = Specimen(
        train={"text": ["a < b && c > d", "AT&T; really", "see [i] and [1]", "use `<b>` or:\n```html\n<p>&amp;</p>\n```"] * 10},
        roles=TEXT,
    )
    bad = (
        Specimen(train={"text": ["fish &amp; chips", "plain words", "&lt;3 you"] * 10}, roles=TEXT, found=1),
        Specimen(
            train={"text": ["<p class='x'>Hello</p>", "[url=http://x.y]z[/url]", "Dear {{name}},"] * 10}, roles=TEXT, found=1
        ),
    )

    def lacks(self, setting: Setting) -> str | None:
        return None if text_columns(setting) else "there is no column of texts"

    def judge(self, setting: Setting, found: Debris) -> Iterator[Reading]:
        for (split, name), rows in sorted(found.rows.items()):
            places = found.by.get((split, name), Places())
            kinds = sorted(
                ((k, n) for (s, c, k), n in found.kinds.items() if (s, c) == (split, name)), key=lambda i: (-i[1], i[0])
            )
            said = ", ".join(f"{n:,} with {kind}" for kind, n in kinds)
            yield self.read(
                Where(split=split, columns=(name,)),
                share("markup_share", places.count, rows),
                f"{places.count:,} of {rows:,} texts of {name!r} in {split} hold markup"
                + (f": {said}" if said else "")
                + places.note,
                affected=places.count,
                examined=rows,
                rows=places.affected(split) if places.count else None,
                evidence=(Table(title=f"Markup in {name}", columns=("kind", "texts"), rows=tuple(kinds)),) if kinds else (),
            )
