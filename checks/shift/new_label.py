"""SHF102."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.check import Check, Specimen
from auditor.model import Effect, Reading, Table, Where
from auditor.rows import Roles, Setting
from auditor.tallies.drift import compared
from auditor.tallies.groups import short
from auditor.tallies.labels import LabelCounts

LABEL = Roles(label="label")
SHOWN = 40


class NewLabel(Check[LabelCounts]):
    """A held-out split holds labels that train never shows.

    ## Why
    A model cannot say a label that it has never seen: each such row is lost before the test begins.

    ## Measured
    Labels of a held-out split that train lacks: a count, 0 and more, high is bad; with their rows.

    ## Fix
    Mend the spelling where it differs (NOI103), or split again, stratified; take rows of unknown classes out of the score.

    ## Known limits
    Open-set tests do this on purpose: declare the labels in `allow`.

    ## Source
    By structure; the term and its evaluation: Scheirer et al. 2013, doi:10.1109/TPAMI.2012.256.
    """

    code = "SHF102"
    needs = ("label", "classes", "held-out")
    error_above: float | None = 0.0
    allow: tuple[str, ...] = ()  # labels that train may lack
    good = Specimen(train={"label": ["a", "b", "c"]}, test={"label": ["a", "b"]}, roles=LABEL)
    bad = (
        Specimen(train={"label": ["a", "b"] * 3}, test={"label": ["a", "z"]}, roles=LABEL, found=1),
        Specimen(train={"label": ["<=50K", ">50K"]}, test={"label": ["<=50K.", ">50K."]}, roles=LABEL, found=1),
    )

    def judge(self, setting: Setting, counts: LabelCounts) -> Iterator[Reading]:
        first, others = compared(setting)
        for other in others:
            known, held = counts.by.get(first), counts.by.get(other)
            where = Where(split=other, columns=(setting.roles.label or "",), reference=first)
            if not known or not held:
                reason = f"{other if known else first} has no labels"
                none = Effect(name="new_labels", value=None, unit="labels", reason=reason)
                yield self.read(where, none, reason, unsure=reason)
                continue
            new = sorted(((n, v) for v, n in held.items() if v not in known and v not in self.allow), reverse=True)
            rows, total = sum(n for n, _ in new), held.total()
            named = ", ".join(f"{short(v)!r} {n:,}" for n, v in new[:5]) + (" ..." if len(new) > 5 else "")
            table = Table(
                title=f"Labels of {other} that {first} lacks",
                columns=("label", "rows"),
                rows=tuple((short(v), n) for n, v in new[:SHOWN]),
                note=f"{len(new) - SHOWN:,} more are not shown" if len(new) > SHOWN else "",
            )
            yield self.read(
                where,
                Effect(name="new_labels", value=float(len(new)), unit="labels"),
                f"{len(new):,} of {len(held):,} labels of {other} do not occur in {first} ({rows:,} of {total:,} rows)"
                + (f": {named}" if new else ""),
                affected=rows,
                examined=total,
                evidence=(table,) if new else (),
            )
