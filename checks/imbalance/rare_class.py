"""IMB101."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.check import Check, Specimen
from auditor.model import Effect, Histogram, Reading, Series, Where
from auditor.rows import Roles, Setting
from auditor.statistics.proportions import wilson
from auditor.tallies.labels import LabelCounts

LABEL = Roles(label="label")


class RareClass(Check[LabelCounts]):
    """One class is far rarer than the commonest.

    ## Why
    A model can be right almost always and never say the rare class.

    ## Measured
    Rows of the commonest label / rows of the rarest, by split: ratio, 1 to infinity, high is bad. Labels that a split
    lacks altogether are the matter of IMB103. An error only where the lower limit exceeds it too: the odds of Wilson's limits
    for the share of the commonest among the two. A training split of one label has no ratio: an error from 20 rows on.

    ## Fix
    Collect more of it, weigh it up (class weights, a balanced sampler), and read recall by label instead of accuracy.

    ## Known limits
    Truly rare events, such as fraud, are rare in any honest sample: waive it and evaluate by label.

    ## Source
    10:1 and 100:1 are the examples of He & Garcia 2009, doi:10.1109/TKDE.2008.239 (to be verified against the source).
    """

    code = "IMB101"
    needs = ("label", "classes")
    warn_above: float | None = 10.0  # He & Garcia's first example
    error_above: float | None = 100.0  # their second
    min_rows: int = 20  # rows needed to say that there is one label only: as VAL112 asks
    good = Specimen(train={"label": ["a", "b"] * 5}, roles=LABEL)
    bad = (
        Specimen(train={"label": ["a"] * 30 + ["b"]}, roles=LABEL),
        Specimen(train={"x": [1, 2] * 15, "label": ["a"] * 30}, roles=LABEL, found=1),
    )

    def judge(self, setting: Setting, counts: LabelCounts) -> Iterator[Reading]:
        for split, labels in sorted(counts.by.items()):
            ranked = labels.most_common()
            if len(ranked) < 2:
                if ranked and split in {s.name for s in setting.training}:
                    yield self._lone(split, setting.roles.label or "", *ranked[0])
                continue
            (common, most), (rare, least) = ranked[0], ranked[-1]
            low, high = wilson(most, most + least)
            rarer = sum(n * (self.warn_above or float("inf")) < most for n in labels.values())
            shown = ranked if len(ranked) <= 40 else ranked[:20] + ranked[-20:]
            bars = Series(name="rows", x=tuple(k for k, _ in shown), y=tuple(float(v) for _, v in shown))
            column = setting.roles.label or ""
            yield self.read(
                Where(split=split, columns=(column,), group=rare),
                Effect(
                    name="ratio",
                    value=most / least,
                    low=low / (1 - low),
                    high=high / (1 - high),
                    unit="ratio",
                    method="odds of the Wilson 95 % limits",
                ),
                f"{rare!r} has {least:,} rows in {split}, the commonest label {common!r} has {most:,}: {most / least:.1f} to 1"
                + (f"; {rarer:,} labels are rarer than 1 to {self.warn_above:g}" if rarer > 1 else ""),
                affected=least,
                examined=labels.total(),
                evidence=(Histogram(title=f"Rows by label in {split}", x_label=column, y_label="rows", series=(bars,)),),
            )

    def _lone(self, split: str, column: str, label: str, rows: int) -> Reading:
        reason = f"{label!r} is the only label of {split} ({rows:,} rows)"
        return self.read(
            Where(split=split, columns=(column,), group=label),
            Effect(name="ratio", value=None, unit="ratio", reason=reason),
            f"{reason}: there is nothing to tell apart",
            affected=rows,
            examined=rows,
            level="error",
            unsure=f"{reason}, {self.min_rows} are needed to say so" if rows < self.min_rows else "",
        )
