"""LEK106."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

import numpy as np

from auditor.check import Check, Specimen
from auditor.model import Affected, Reading, Table, Where
from auditor.rows import Roles, Setting
from auditor.statistics.proportions import share
from auditor.tallies.groups import short
from auditor.tallies.label_words import LabelWords, inputs
from auditor.tallies.labels import LabelCounts
from auditor.tallies.places import Places

ROLES = Roles(text="text", label="label")
SHOWN = 20


class LabelInInput(Check[LabelCounts, LabelWords]):
    """The input holds the name of its own label.

    ## Why
    The model learns to read the answer off the input, and knows nothing where it is not written there.

    ## Measured
    Rows whose text or category holds the name of its label as whole words under N1 / labelled rows, by split and column:
    a share with Wilson limits, 0 to 1, high is bad. Lift: that share over the share of the other rows that hold the same
    names, each at the rate of rows with another label. Found where the share exceeds .05 and the lift 5.

    ## Fix
    Mask the name in the input, or drop the part of the template that writes it.

    ## Known limits
    Names that are ordinary words of the subject (`refund`, `sport`) stand in honest texts. Labels that differ in signs
    alone (`<=50K`, `>50K`) have no name that could be found.

    ## Source
    Kaufman et al. 2012, doi:10.1145/2382577.2382579. .05 and 5: chosen by us.
    """

    code = "LEK106"
    needs = ("label", "classes")
    warn_above: float | None = 0.05
    lift_above: float = 5.0
    good = Specimen(
        train={
            "text": ["I want my money", "please send it back", "refund my money"] * 20,
            "label": ["refund", "return", "return"] * 20,
        },
        roles=ROLES,
    )
    bad = Specimen(
        train={
            "text": ["I want my money, category: refund", "where is it, category: card arrival", "hello there"] * 20,
            "label": ["refund", "card_arrival", "other"] * 20,
        },
        roles=ROLES,
        found=1,
    )

    def lacks(self, setting: Setting) -> str | None:
        return super().lacks(setting) or (None if inputs(setting) else "there is no column of texts or categories")

    def judge(self, setting: Setting, counts: LabelCounts, words: LabelWords) -> Iterator[Reading]:
        for (split, column), rows in sorted(words.rows.items()):
            own = {y: words.own.get((split, column, y), Places()) for y in rows}
            yield self._reading(split, column, rows, own, words.every[split, column])

    def _reading(self, split: str, column: str, rows: Counter[str], own: dict[str, Places], every: Counter[str]) -> Reading:
        n, hits = rows.total(), sum(p.count for p in own.values())
        expected = sum(
            rows[y] * (every[y] - own[y].count) / (n - rows[y]) for y in rows if every[y] > own[y].count and n > rows[y]
        )
        lift = hits / expected if expected else float("inf") if hits else 0.0
        found = hits > (self.warn_above if self.warn_above is not None else 1.0) * n and lift > self.lift_above
        ranked = sorted((y for y in rows if own[y].count), key=lambda y: (-own[y].count, y))
        named = ", ".join(f"{short(y)!r} {own[y].count:,}" for y in ranked[:3]) + (" ..." if len(ranked) > 3 else "")
        table = Table(
            title=f"Labels named in {column} of {split}",
            columns=("label", "rows of it", "of them name it", "other rows that name it"),
            rows=tuple((short(y), rows[y], own[y].count, every[y] - own[y].count) for y in ranked[:SHOWN]),
        )
        affected = None
        if found:
            at = np.sort(np.concatenate([p.rows for p in own.values()]))
            affected = Affected(split=split, row=at)
        return self.read(
            Where(split=split, columns=(column,)),
            share("share_naming_own_label", hits, n),
            f"{hits:,} of {n:,} rows of {split} hold the name of their own label in {column}, {expected:,.1f} expected of rows "
            f"with other labels (lift {'above any' if lift == float('inf') else f'{lift:.1f}'})"
            + (f": {named}" if named else ""),
            affected=hits,
            examined=n,
            rows=affected,
            evidence=(table,) if ranked else (),
            level="warning" if found else "clean",
            limit=self.warn_above,
        )
