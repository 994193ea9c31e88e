"""NOI307."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from auditor.check import Check, Specimen
from auditor.model import Curve, Effect, Level, Mark, Reading, Series, Where
from auditor.rows import Roles, Setting
from auditor.statistics.confident import disagreement, noise_rate
from auditor.tallies.predicted import Judgement, Predicted, in_sample

LABEL = Roles(label="label")
PARTS = 10


def _bands(wrong_every: int) -> dict[str, list[Any]]:
    """Three classes far apart on one number; every so-many-th label turned (0 = none)."""
    turned = [bool(wrong_every) and i % wrong_every == 0 for i in range(1_500)]
    return {
        "x": [(i % 3) * 8 + (i * 37 % 101) / 50 for i in range(1_500)],
        "label": ["abc"[(i + turned[i]) % 3] for i in range(1_500)],
    }


class HighNoiseRate(Check[Predicted]):
    """A large share of the labels is wrong.

    ## Why
    Label noise caps what any model can reach on these labels, hides the gap between good and bad models in a test set,
    and makes long training learn errors by heart.

    ## Measured
    By split, from out-of-fold probabilities: the share of labels that differ from the true class (0 to 1, high is bad), were
    noise to strike all rows of a class alike. Among the rows surest of class j the labels seen are row j of the noise
    matrix; their spread over the surest .1, .2 and .3 of each class widens the interval. Levels go by its lower end.

    ## Fix
    Audit a random sample of labels by hand to confirm the rate, relabel the rows of NOI301, prefer losses robust to noise.

    ## Known limits
    Noise on hard rows only is not seen; a class none of whose rows is sure (overlap) adds to the upper end alone.
    Probabilities that were fitted on these rows hide all noise: see NOI310. Limits .05 and .10 are ours.

    ## Source
    Liu & Tao 2016, doi:10.1109/TPAMI.2015.2456899; Patrini et al. 2017, doi:10.1109/CVPR.2017.240; Northcutt et al. 2021,
    doi:10.1613/jair.1.12125.
    """

    code = "NOI307"
    needs = ("label", "classes")
    warn_above: float | None = 0.05  # own: with one label in twenty wrong, differences of a few points drown
    error_above: float | None = 0.10  # own
    good = Specimen(train=_bands(0), roles=LABEL)
    bad = Specimen(train=_bands(4), roles=LABEL)

    def judge(self, setting: Setting, predicted: Predicted) -> Iterator[Reading]:
        info = setting.derived.get("probabilities", {})
        for split, found in predicted.by_split(setting):
            where = Where(split=split, columns=(setting.roles.label or "",))
            if isinstance(found, str):
                nothing = Effect(name="noise_rate", value=None, unit="share", reason=found)
                yield self.read(where, nothing, f"Labels of {split} were not judged: {found}", unsure=found)
                continue
            seen = bool(info.get("given")) and in_sample(found)
            yield self._reading(where, found, "the given probabilities seem fitted on these rows (NOI310)" if seen else "")

    def _reading(self, where: Where, found: Judgement, unsure: str) -> Reading:
        rate = noise_rate(found.probabilities, found.labels)
        warn = self.warn_above if self.warn_above is not None else 1.0
        error = self.error_above if self.error_above is not None else 1.0
        level: Level | Any = "error" if rate.low > error else "warning" if rate.low > warn else "clean"
        if not unsure and level == "clean" and (rate.value > warn or rate.high > error):
            unsure = f"{rate.low:.1%} to {rate.high:.1%} may be wrong: too few sure rows, or classes that overlap"
        return self.read(
            where,
            Effect(
                name="noise_rate",
                value=rate.value,
                low=rate.low,
                high=rate.high,
                unit="share",
                method=f"labels of the {rate.surest:,} surest rows, 95 %, widened by the bias of the estimate",
            ),
            f"About {rate.value:.1%} of the {len(found):,} labels in {where.split} are wrong ({rate.low:.1%} to {rate.high:.1%});"
            f" with the overlap of the classes {rate.confident:.1%}",
            affected=round(rate.value * len(found)),
            examined=len(found),
            evidence=(_plateau(found, rate.value),),
            level=level,
            limit=error if level == "error" else warn,
            unsure=unsure,
        )


def _plateau(found: Judgement, rate: float) -> Curve:
    """Disagreement by tenths of each class, surest rows first: noise makes it level, overlap makes it rise."""
    shares = disagreement(found.probabilities, found.labels, PARTS)
    x = tuple((i + 0.5) / PARTS for i in range(PARTS))
    line = Series(name="other label", x=x, y=tuple(float(s) if np.isfinite(s) else None for s in shares))
    return Curve(
        title="Labels that differ, surest rows first",
        x_label="rank within the class (0 = surest)",
        y_label="share with another label",
        series=(line,),
        marks=(Mark(axis="y", at=rate, label="estimated noise"),),
    )
