"""NOI103."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from auditor.check import Check, Specimen
from auditor.model import Effect, Reading, Table, Where
from auditor.rows import Roles, Setting
from auditor.tallies.groups import short
from auditor.tallies.labels import LabelCounts
from auditor.tallies.spelling import spelling, variants

LABEL = Roles(label="label")
SHOWN = 40
SIGNS = re.compile(r"[\d<>=≤≥≠+#*/%&|!?^~-]")
"""Characters whose change makes another label, not a slip: digits and signs that carry meaning."""


class LabelVariants(Check[LabelCounts]):
    """One class is spelled in more than one way.

    ## Why
    The model learns two classes where there is one, and the rows of the rarer spelling count as errors.

    ## Measured
    Labels, over all splits, that equal a commoner one but for case, blanks, hyphens and silent punctuation, or by one
    letter added, lost or changed and less than `rare` as frequent: a count, 0 and more, high is bad. Signs and digits
    carry meaning: `<=50K` and `>50K`, `A-` and `A+`, `card_1` and `card_2` are different labels.

    ## Fix
    Map the variants to the commonest spelling (the table says which); `auditor fix` maps those that differ in form only.

    ## Known limits
    Labels that are meant apart though they differ by one letter (`cat`, `cats`), where one is rare.

    ## Source
    Normal form: Unicode Annex 15 and case folding; one edit: Damerau 1964, doi:10.1145/363958.363994, four of five slips.
    .01: chosen by us.
    """

    code = "NOI103"
    needs = ("label", "classes")
    warn_above: float | None = 0.0
    rare: float = 0.01  # share of the commoner label's rows below which one edit is taken for a slip
    shortest: int = 4  # letters of a label from which one edit is asked for
    good = Specimen(train={"label": ["<=50K", ">50K", "a-", "a+", "cat", "cats", "card_1", "card_2"] * 2}, roles=LABEL)
    bad = (
        Specimen(train={"label": ["Card Arrival", "card-arrival", "card_arrival"] * 9}, roles=LABEL, found=1),
        Specimen(train={"label": ["refund"] * 200 + ["refnd", "other"]}, roles=LABEL, found=1),
        Specimen(train={"label": ["<=50K", ">50K"] * 4}, test={"label": ["<=50K.", ">50K."] * 4}, roles=LABEL, found=1),
    )

    def judge(self, setting: Setting, counts: LabelCounts) -> Iterator[Reading]:
        total: Counter[str] = sum(counts.by.values(), Counter())
        if not total:
            return
        same_form = variants(total)
        slips = self._slips({v: n for v, n in total.items() if v not in same_form})
        found = sorted([*same_form.items(), *slips.items()], key=lambda pair: (-total[pair[0]], pair))
        lines = tuple(
            (
                short(variant),
                total[variant],
                short(common),
                total[common],
                ", ".join(s for s, c in counts.by.items() if c[variant]),
                "form" if variant in same_form else "one letter",
            )
            for variant, common in found[:SHOWN]
        )
        named = ", ".join(f"{short(v)!r} of {short(c)!r}" for v, c in found[:3]) + (" ..." if len(found) > 3 else "")
        table = Table(
            title="Labels that are variants of another",
            columns=("label", "rows", "commoner spelling", "rows of it", "splits", "differs in"),
            rows=lines,
            note=f"{len(found) - SHOWN:,} more are not shown" if len(found) > SHOWN else "",
        )
        yield self.read(
            Where(columns=(setting.roles.label or "",)),
            Effect(name="label_variants", value=float(len(found)), unit="labels"),
            f"{len(found):,} of {len(total):,} labels are variants of another" + (f": {named}" if found else ""),
            affected=sum(total[v] for v, _ in found),
            examined=total.total(),
            evidence=(table,) if found else (),
        )

    def _slips(self, total: Mapping[str, int]) -> dict[str, str]:
        """Rare label -> the commonest label one letter away. Labels meet by the forms that lack one letter."""
        forms = {v: spelling(v) for v in total}
        near: dict[str, set[str]] = defaultdict(set)
        for value, form in forms.items():
            if len(form) >= self.shortest:
                for cut in {form, *(form[:i] + form[i + 1 :] for i in range(len(form)))}:
                    near[cut].add(value)
        found: dict[str, str] = {}
        for family in near.values():
            if len(family) < 2:
                continue
            common = min(family, key=lambda v: (-total[v], v))
            for value in sorted(family - {common}):
                rare = total[value] < self.rare * total[common]
                if rare and _one_letter(forms[value], forms[common]):
                    found[value] = max((common, found.get(value, common)), key=lambda v: (total[v], v))
        return found


def _one_letter(one: str, other: str) -> bool:
    """True where one letter added, lost or changed makes one of the other, and it is no digit or sign."""
    if abs(len(one) - len(other)) > 1:
        return False
    start = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    end = 0
    while end < min(len(one), len(other)) - start and one[-1 - end] == other[-1 - end]:
        end += 1
    mine, theirs = one[start : len(one) - end], other[start : len(other) - end]
    return len(mine) <= 1 and len(theirs) <= 1 and not SIGNS.search(mine + theirs)
