"""BIA201."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from auditor.check import Check, Specimen
from auditor.model import Effect, Reading, Table, Where
from auditor.rows import Roles, Setting
from auditor.statistics.comparisons import two_rates_p
from auditor.statistics.log_odds import log_odds, npmi
from auditor.statistics.proportions import newcombe, wilson
from auditor.tallies.terms import CHOSEN, REJECTED, TermCounts, is_preference, lexicon, text_columns

ROLES = Roles(text="text", label="label")
SHOWN = 20  # terms that the table of a finding lists


def _texts(toxic: int) -> dict[str, list[Any]]:
    """50 sentences each on two groups; of those on muslims `toxic` are labelled toxic, of the others 25."""
    lines = [(f"my {who} friend said {i}", i < bad) for who, bad in (("Muslim", toxic), ("lesbian", 25)) for i in range(50)]
    return {"text": [t for t, _ in lines], "label": ["toxic" if bad else "fine" for _, bad in lines]}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Skew:
    """One term against the documents without it, at the label where they differ most."""

    term: str
    label: str
    k: int  # documents with the term that carry the label
    n: int  # documents with the term
    k_rest: int
    n_rest: int
    labels: int  # labels that were compared

    @property
    def gap(self) -> float:
        return self.k / self.n - self.k_rest / self.n_rest


class IdentityTermLabelSkew(Check[TermCounts]):
    """Texts that name a group of people carry one label far more often than other texts.

    ## Why
    A model tuned on them takes the name itself for the label: "I am gay" becomes toxic.

    ## Measured
    By term: P(label | text with the term) - P(label | text without), -1 to 1, far from 0 is bad; Newcombe limits, one count
    a document; at the label where it is largest, its p-value multiplied by the labels compared. Of preference pairs: the
    share of pairs in which the rejected answer alone holds the term, among those in which one does, minus one half
    (Wilson, McNemar). Beside it log-odds z with a Dirichlet prior worth 1,000 documents, and NPMI. Terms in fewer than
    50 documents are not judged. Words are matched whole, casefolded, longest form first; ambiguous ones ("black", "old")
    only before a noun of persons. Own terms: option `terms`.

    ## Fix
    Add counterfactual copies (the same sentence with another term, the same label), or collect texts of the other label.

    ## Known limits
    The topic itself: in texts on hate crimes the targets are named. English terms only; a term may be quoted, not used.
    Beyond 500,000 rows a split a sample is searched.

    ## Source
    Dixon et al. 2018, doi:10.1145/3278721.3278729; log-odds: Monroe et al. 2008, doi:10.1093/pan/mpn018. .10 and 50
    documents (a gap of .10 is then about 1.5 standard errors at a rate of .3): chosen by us.
    """

    code = "BIA201"
    warn_above: float | None = 0.10  # |gap|, chosen by us
    support: int = 50  # documents with the term, and without
    good = Specimen(train=_texts(25), roles=ROLES)
    bad = Specimen(train=_texts(47), roles=ROLES)

    def lacks(self, setting: Setting) -> str | None:
        if is_preference(setting):
            return None
        if not text_columns(setting):
            return "there is no column of texts"
        return None if setting.label_is_class else "no column has the role label, with classes, nor chosen and rejected"

    def judge(self, setting: Setting, counts: TermCounts) -> Iterator[Reading]:
        for split in setting.splits:
            if is_preference(setting):
                yield from self._pairs(setting, counts, split.name)
            else:
                yield from self._labels(setting, counts, split.name)

    def _labels(self, setting: Setting, counts: TermCounts, split: str) -> Iterator[Reading]:
        by = {label: n for (s, label), n in sorted(counts.documents.items(), key=str) if s == split and label is not None}
        labels = list(by) if len(by) != 2 else [setting.positive if setting.positive in by else max(by)]
        found = []
        seen = 0
        for term in lexicon(setting):
            n = sum(counts.held[split, term.name, y] for y in by)
            seen += n
            if len(by) < 2 or n < self.support or (rest := sum(by.values()) - n) < self.support:
                continue
            held = {y: counts.held[split, term.name, y] for y in labels if y is not None}
            each = [
                _Skew(term=term.name, label=y, k=k, n=n, k_rest=by[y] - k, n_rest=rest, labels=len(labels))
                for y, k in held.items()
            ]
            found.append(max(each, key=lambda s: (abs(s.gap), s.label)))
        if not found:
            yield self._nothing(split, seen, sum(by.values()), "documents")
        table = _table(split, found)
        for skew in found:
            yield self._reading(setting, counts, split, skew, table)

    def _nothing(self, split: str, seen: int, examined: int, unit: str) -> Reading:
        reason = f"no term of the list is in {self.support:,} {unit} of {split} beside as many without it"
        effect = Effect(name="identity_term_label_gap", value=None, unit="share", reason=reason)
        if not seen:
            said = f"none of the {examined:,} {unit} of {split} names a group of people"
            return self.read(Where(split=split), effect, said, examined=examined, level="clean")
        return self.read(Where(split=split), effect, reason, examined=examined, unsure=reason)

    def _reading(self, setting: Setting, counts: TermCounts, split: str, skew: _Skew, table: Table) -> Reading:
        low, high = newcombe(skew.k, skew.n, skew.k_rest, skew.n_rest)
        places = counts.rows.get((split, skew.term, skew.label))
        far = self.warn_above is not None and abs(skew.gap) > self.warn_above
        return self.read(
            Where(split=split, columns=text_columns(setting), group=skew.term),
            Effect(name="identity_term_label_gap", value=skew.gap, low=low, high=high, unit="share", method="Newcombe 95 %"),
            f"{skew.label!r} has {skew.k / skew.n:.1%} of the {skew.n:,} documents of {split} with {skew.term!r} and "
            f"{skew.k_rest / skew.n_rest:.1%} of the {skew.n_rest:,} without (gap 95 % {low:.3f} to {high:.3f})",
            affected=skew.k if skew.gap > 0 else skew.n,
            examined=skew.n + skew.n_rest,
            rows=places.affected(split, f"{skew.term}: {skew.label}") if places is not None and far else None,
            evidence=(table,),
            p=min(1.0, skew.labels * two_rates_p(skew.k, skew.n, skew.k_rest, skew.n_rest)),
            level="warning" if far else "clean",
            limit=self.warn_above,
        )

    def _pairs(self, setting: Setting, counts: TermCounts, split: str) -> Iterator[Reading]:
        from scipy.stats import binomtest

        pairs = counts.documents[split, CHOSEN]
        judged = False
        for term in lexicon(setting):
            bad, good = (counts.only[split, term.name, side] for side in (REJECTED, CHOSEN))
            n = bad + good
            if n < self.support:
                continue
            judged = True
            low, high = (x - 0.5 for x in wilson(bad, n))
            gap = bad / n - 0.5
            yield self.read(
                Where(split=split, columns=(setting.roles.chosen or "", setting.roles.rejected or ""), group=term.name),
                Effect(name="identity_term_rejected_gap", value=gap, low=low, high=high, unit="share", method="Wilson 95 % - .5"),
                f"of {n:,} pairs of {split} in which one answer alone holds {term.name!r}, the rejected one does in {bad:,} "
                f"({bad / n:.1%})",
                affected=max(bad, good),
                examined=pairs,
                p=float(binomtest(bad, n).pvalue),
                level="warning" if self.warn_above is not None and abs(gap) > self.warn_above else "clean",
                limit=self.warn_above,
            )
        if not judged:
            yield self._nothing(split, sum(n for (s, _, _), n in counts.held.items() if s == split), pairs, "pairs")


def _table(split: str, found: list[_Skew]) -> Table:
    """The terms by size of their gap."""
    lines = []
    for s in sorted(found, key=lambda s: (-abs(s.gap), s.term))[:SHOWN]:
        odds = log_odds(s.k, s.k + s.k_rest, s.n - s.k, s.n + s.n_rest - s.k - s.k_rest)
        together = npmi(s.k, s.n, s.k + s.k_rest, s.n + s.n_rest)
        lines.append((s.term, s.label, s.n, s.k / s.n, s.k_rest / s.n_rest, s.gap, odds[1] if odds else None, together))
    columns = ("term", "label", "documents", "rate with it", "rate without", "gap", "log-odds z", "NPMI")
    return Table(title=f"Terms and labels in {split}", columns=columns, rows=tuple(lines))
