"""BIA202."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.check import Check, Specimen
from auditor.lexicons import Term
from auditor.model import Effect, Reading, Table, Where
from auditor.rows import Roles, Setting
from auditor.tallies.terms import CHOSEN, REJECTED, TermCounts, is_preference, lexicon, text_columns

ROLES = Roles(text="text")
EVERY = (
    *("christian", "catholic", "protestant", "evangelical", "mormon", "muslim", "jewish", "hindu", "buddhist", "sikh", "taoist"),
    *("atheist", "orthodox people"),
)


class IdentityTermMissing(Check[TermCounts]):
    """Some groups of people are hardly named by texts that name others of their kind.

    ## Why
    What a model never read of a group it guesses, and no test on these texts can tell how.

    ## Measured
    By axis of the list (religion, gender ...): share of its terms in fewer than 30 documents, 0 to 1, high is bad. The
    bundled list is judged only on axes of which some term is in 30 documents; a list of your own (option `terms`) is judged
    whole. The table names labels under which a term never stands though five documents were to be expected.

    ## Fix
    Collect texts that name them, or copy sentences with the term swapped, and say in the data card who is not covered.

    ## Known limits
    A domain may have no reason to name a group; the list is English and far from complete. A note, never more.
    Beyond 500,000 rows a split a sample is searched.

    ## Source
    30 documents: the smallest group that the bias checks judge; five expected documents: Cochran 1954, doi:10.2307/3001616.
    """

    code = "BIA202"
    least: int = 30  # documents
    expected: float = 5.0  # documents of a label, were term and label independent
    good = Specimen(train={"text": [f"visitors {i}: {', '.join(EVERY)}" for i in range(31)]}, roles=ROLES)
    bad = Specimen(train={"text": [f"visitors {i}: {', '.join(EVERY[:2])}" for i in range(31)]}, roles=ROLES, found=1)

    def lacks(self, setting: Setting) -> str | None:
        return None if text_columns(setting) else "there is no column of texts"

    def judge(self, setting: Setting, counts: TermCounts) -> Iterator[Reading]:
        axes: dict[str, list[Term]] = {}
        for term in lexicon(setting):
            axes.setdefault(term.axis, []).append(term)
        for split in setting.splits:
            totals: dict[str, int] = {}
            for (s, name, _), n in counts.held.items():
                if s == split.name:
                    totals[name] = totals.get(name, 0) + n
            judged = [a for a, listed in axes.items() if a == "given" or any(totals.get(t.name, 0) >= self.least for t in listed)]
            for axis in judged:
                yield self._reading(setting, counts, split.name, axis, axes[axis], totals)
            if not judged:
                reason = (
                    f"no term of the list is in {self.least} documents of {split.name}: these texts do not speak of identities"
                )
                effect = Effect(name="terms_not_represented", value=None, unit="share", reason=reason)
                yield self.read(Where(split=split.name), effect, reason, level="clean")

    def _reading(
        self, setting: Setting, counts: TermCounts, split: str, axis: str, listed: list[Term], totals: dict[str, int]
    ) -> Reading:
        rare = [t.name for t in listed if totals.get(t.name, 0) < self.least]
        named = ", ".join(repr(t) for t in rare[:6]) + (f" and {len(rare) - 6} more" if len(rare) > 6 else "")
        lines = [(t.name, totals.get(t.name, 0), self._without(counts, split, t.name, totals)) for t in listed]
        sides = (CHOSEN, REJECTED) if is_preference(setting) else (None,)
        examined = max(sum(n for (s, _), n in counts.documents.items() if s == split) // len(sides), 0)
        return self.read(
            Where(split=split, columns=text_columns(setting), group=axis),
            Effect(name="terms_not_represented", value=len(rare) / len(listed), unit="share"),
            f"{len(rare)} of {len(listed)} terms of {axis} are in fewer than {self.least} documents of {split}"
            + (f": {named}" if rare else ""),
            examined=examined,
            evidence=(
                Table(
                    title=f"Documents by term of {axis} in {split}",
                    columns=("term", "documents", "labels without it"),
                    rows=tuple(lines),
                ),
            ),
            level="note" if rare else "clean",
        )

    def _without(self, counts: TermCounts, split: str, term: str, totals: dict[str, int]) -> str:
        by = {label: n for (s, label), n in counts.documents.items() if s == split and label is not None}
        every = sum(by.values())
        lacking = [
            label
            for label, n in sorted(by.items())
            if not counts.held[split, term, label] and totals.get(term, 0) * n / every >= self.expected
        ]
        return ", ".join(lacking[:6]) + (" ..." if len(lacking) > 6 else "")
