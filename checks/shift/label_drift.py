"""SHF202."""

from __future__ import annotations

from collections.abc import Iterator

from auditor.check import Check, Specimen
from auditor.model import Effect, Reading, Where
from auditor.rows import Roles, Setting
from auditor.tallies.drift import Drift, compared, of_categories, of_numbers
from auditor.tallies.labels import LabelCounts
from auditor.tallies.sample import NumberSample

LABEL = Roles(label="label")


class LabelDrift(Check[LabelCounts, NumberSample]):
    """The labels of a held-out split are spread otherwise than those of train.

    ## Why
    A score on other shares of labels is not the score that the model will have; thresholds and priors learned on train
    do not fit.

    ## Measured
    Classes: total variation of the label shares, 0 to 1, with a 95 % band and a chi-square test. Numbers: the
    Kolmogorov-Smirnov distance, 0 to 1, and its test. High is bad; found only where the corrected p is below .05 too.

    ## Fix
    Draw the splits stratified by label, or reweigh one to the shares of the other and say which the score is for.

    ## Known limits
    A test balanced by design differs on purpose. With many classes and few rows the distance is above 0 by chance: the
    test, not the size, says so.

    ## Source
    Total variation bounds the change of any score that depends on the label alone (Ben-David et al. 2010,
    doi:10.1007/s10994-009-5152-4). Limits .05 and .15: chosen by us, the largest change of accuracy by label shares.
    """

    code = "SHF202"
    needs = ("label", "held-out")
    warn_above: float | None = 0.05  # own: 5 points of accuracy may come from the shares alone
    error_above: float | None = 0.15
    good = (
        Specimen(train={"label": ["a", "b"] * 60}, test={"label": ["a", "b"] * 30}, roles=LABEL),
        Specimen(train={"label": ["a", "b"] * 6}, test={"label": ["a"] * 9}, roles=LABEL),
    )
    bad = (
        Specimen(train={"label": ["a", "b"] * 60}, test={"label": ["a"] * 50 + ["b"] * 10}, roles=LABEL, found=1),
        Specimen(
            train={"label": [i / 7 for i in range(200)]},
            test={"label": [20 + i / 7 for i in range(100)]},
            roles=LABEL,
            task="regression",
        ),
    )

    def judge(self, setting: Setting, counts: LabelCounts, sample: NumberSample) -> Iterator[Reading]:
        label = setting.roles.label or ""
        first, others = compared(setting)
        for split in others:
            drift: Drift | None = None
            if setting.label_is_class and counts.by.get(first) and counts.by.get(split):
                pair = counts.by[first], counts.by[split]
                drift = of_categories(*pair, label, (first, split), setting.seed)
            elif not setting.label_is_class and len(x := sample.column(first, label)) and len(y := sample.column(split, label)):
                drift = of_numbers(x, y, label, (first, split))
            yield self._reading(drift, label, first, split)

    def _reading(self, drift: Drift | None, label: str, first: str, other: str) -> Reading:
        where = Where(split=other, columns=(label,), reference=first)
        if drift is None:
            reason = f"{first} or {other} has no labels"
            return self.read(
                where, Effect(name="total_variation", value=None, unit="share", reason=reason), reason, unsure=reason
            )
        effect = drift.effect
        return self.read(
            where,
            effect,
            drift.sentence(f"label {label!r}", first, other),
            examined=drift.m,
            affected=min(drift.m, round((effect.value or 0.0) * drift.m)),
            evidence=(drift.picture,),
            p=drift.p,
            unsure=drift.unsure,
        )
