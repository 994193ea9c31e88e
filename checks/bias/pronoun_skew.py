"""BIA204."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.check import Check, Specimen
from auditor.model import Effect, Reading, Table, Where
from auditor.rows import Roles, Setting
from auditor.statistics.comparisons import two_rates_p
from auditor.statistics.proportions import newcombe
from auditor.tallies.terms import PRONOUNS, TermCounts, is_preference, text_columns

ROLES = Roles(text="text", label="label")


def _jobs(women: int) -> dict[str, list[str]]:
    """50 texts on nurses and as many on engineers; of those on nurses `women` say she."""
    nurses = [f"the nurse said that {'she' if i < women else 'he'} was number {i}" for i in range(50)]
    others = [f"the engineer said that {'she' if i < 25 else 'he'} was number {i}" for i in range(50)]
    return {"text": nurses + others, "label": ["nurse"] * 50 + ["engineer"] * 50}


class PronounSkew(Check[TermCounts]):
    """Texts of one label speak of men, those of another of women.

    ## Why
    A model tuned on them reads the label off the pronoun, or writes the pronoun that the label asks for.

    ## Measured
    By label (or chosen against rejected): among documents with he or she but not both, the share with he, minus the same
    share under all other labels: -1 to 1, far from 0 is bad; Newcombe limits. Documents of they and of both are listed.
    At least 50 such documents on either side.

    ## Fix
    Add copies with the pronouns swapped and the same label ("her" stands for "him" and "his": swap by part of speech).

    ## Known limits
    Texts about one person each (biographies) follow who they are about; "they" is mostly a plural. English only.
    Beyond 500,000 rows a split a sample is searched.

    ## Source
    De-Arteaga et al. 2019, doi:10.1145/3287560.3287572, on biographies. .20 and 50 documents: chosen by us.
    """

    code = "BIA204"
    warn_above: float | None = 0.20  # |gap|, chosen by us
    support: int = 50  # documents of he or she, on either side
    good = Specimen(train=_jobs(25), roles=ROLES)
    bad = Specimen(train=_jobs(47), roles=ROLES)

    def lacks(self, setting: Setting) -> str | None:
        if not is_preference(setting) and not text_columns(setting):
            return "there is no column of texts"
        given = is_preference(setting) or setting.label_is_class
        return None if given else "no column has the role label, with classes, nor chosen and rejected"

    def judge(self, setting: Setting, counts: TermCounts) -> Iterator[Reading]:
        for split in setting.splits:
            labels = sorted({y for s, y in counts.documents if s == split.name and y is not None})
            he = {y: counts.pronouns[split.name, "masculine", y] for y in labels}
            she = {y: counts.pronouns[split.name, "feminine", y] for y in labels}
            table = Table(
                title=f"Documents by pronoun and label in {split.name}",
                columns=("label", *PRONOUNS),
                rows=tuple((y, *(counts.pronouns[split.name, k, y] for k in PRONOUNS)) for y in labels[:40]),
            )
            every, men = sum(he.values()) + sum(she.values()), sum(he.values())
            judged = [y for y in labels if min(he[y] + she[y], every - he[y] - she[y]) >= self.support]
            for y in judged[1:] if len(labels) == 2 else judged:  # of two labels one says what the other says
                n = he[y] + she[y]
                yield self._reading(setting, split.name, y, (he[y], n, men - he[y], every - n), table)
            if not judged:
                reason = f"fewer than {self.support} documents of {split.name} say he or she, under a label and under the others"
                effect = Effect(name="pronoun_gap", value=None, unit="share", reason=reason)
                none = f"no document of {split.name} says he or she" if not every else ""
                yield self.read(
                    Where(split=split.name),
                    effect,
                    none or reason,
                    examined=every,
                    level="clean" if none else "",
                    unsure="" if none else reason,
                )

    def _reading(self, setting: Setting, split: str, label: str, told: tuple[int, int, int, int], table: Table) -> Reading:
        k, n, k_rest, n_rest = told
        low, high = newcombe(*told)
        gap = k / n - k_rest / n_rest
        return self.read(
            Where(split=split, columns=text_columns(setting), group=label),
            Effect(name="pronoun_gap", value=gap, low=low, high=high, unit="share", method="Newcombe 95 %"),
            f"of {n:,} documents of {split} under {label!r} with he or she, {k / n:.1%} say he; of the {n_rest:,} others "
            f"{k_rest / n_rest:.1%} (gap 95 % {low:.3f} to {high:.3f})",
            affected=n,
            examined=n + n_rest,
            evidence=(table,),
            p=two_rates_p(*told),
            level="warning" if self.warn_above is not None and abs(gap) > self.warn_above else "clean",
            limit=self.warn_above,
        )
