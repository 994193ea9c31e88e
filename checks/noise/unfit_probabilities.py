"""NOI310."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from auditor.check import Check, Specimen
from auditor.model import Curve, Effect, Level, Mark, Reading, Series, Where
from auditor.rows import Roles, Setting
from auditor.statistics.calibration import Calibration, calibration
from auditor.statistics.proportions import share
from auditor.tallies.predicted import IN_SAMPLE, Judgement, Predicted

GIVEN = Roles(label="label", probabilities="p")


def _stated(sure: float, right: int) -> dict[str, list[Any]]:
    """400 rows that claim `sure`, of which `right` in ten are right."""
    label = [i % 2 for i in range(400)]
    hit = [i // 2 % 10 < right for i in range(400)]
    first = [sure if (x == 0) == h else 1 - sure for x, h in zip(label, hit, strict=True)]
    return {"label": label, "p": [[a, 1 - a] for a in first], "n": list(range(400))}


class UnfitProbabilities(Check[Predicted]):
    """Class probabilities are not what they claim: not calibrated, or from a model that saw these labels.

    ## Why
    Every check that reads probabilities believes them: a model that has learnt the wrong labels by heart reports no noise.

    ## Measured
    By split: expected calibration error over 15 bins of equal size, mean |confidence - accuracy| (0 to 1, high is bad),
    with the p-value of so large an error were the probabilities true; beside it |mean confidence - accuracy|. Given
    probabilities whose accuracy is above .995 are an error: they seem fitted on the rows they judge.

    ## Fix
    Predict every row by a model that did not see it (5 folds, copies and entities in one fold), and scale by temperature.

    ## Known limits
    Truly easy data are predicted as well as that by honest models: where accuracy on held-out rows is as high, no error is
    raised. Bins hide errors that cancel within a bin. Limits .10 and .995 are ours.

    ## Source
    Guo et al. 2017, arXiv:1706.04599 (calibration error); Nguyen & O'Connor 2015, arXiv:1508.05154 (bins of equal size).
    """

    code = "NOI310"
    needs = ("label", "classes")
    warn_above: float | None = 0.10  # own: thresholds of confident learning then move by as much
    good = Specimen(train=_stated(0.8, 8), roles=GIVEN)
    bad = (Specimen(train=_stated(0.99, 6), roles=GIVEN), Specimen(train=_stated(0.99, 10), roles=GIVEN))

    def judge(self, setting: Setting, predicted: Predicted) -> Iterator[Reading]:
        info = setting.derived.get("probabilities", {})
        judged = {s.name: predicted.of_split(s.name) for s in setting.splits}
        if all(found is None for found in judged.values()):
            why = str(info.get("reason") or "no row has a label that the model knows")
            nothing = Effect(name="calibration_error", value=None, unit="share", reason=why)
            yield self.read(Where(), nothing, f"There are no probabilities to judge: {why}", unsure=why)
        train = setting.splits[0].name
        others = [x for s, x in judged.items() if x is not None and s != train]
        unseen = max((float(x.right.mean()) for x in others), default=0.0)
        for split, found in judged.items():
            if found is not None:
                seen = bool(info.get("given")) and split == train and _learnt(found, unseen)
                yield self._reading(Where(split=split), found, str(info.get("model", "")), seen, setting.seed)

    def _reading(self, where: Where, found: Judgement, model: str, seen: bool, seed: int) -> Reading:
        c = calibration(found.probabilities.max(axis=1), found.right, seed)
        said = f"Probabilities of {where.split} ({model}) are sure at {c.confidence:.3f} and right at {c.accuracy:.3f}"
        level: Level | Any = "error" if seen else ""
        method = "15 bins of equal size, parametric bootstrap 95 %"
        error = Effect(name="calibration_error", value=c.error, low=c.low, high=c.high, unit="share", method=method)
        return self.read(
            where,
            share("accuracy", int(found.right.sum()), len(found)) if seen else error,
            f"{said}; calibration error {c.error:.3f}" + (": they seem to have been fitted on these very rows" if seen else ""),
            affected=len(found) if seen else 0,
            examined=len(found),
            evidence=(_reliability(c),),
            p=None if seen else c.p,
            level=level,
            limit=IN_SAMPLE if seen else None,
        )


def _learnt(found: Judgement, unseen: float) -> bool:
    """Accuracy that no held-out split confirms."""
    return float(found.right.mean()) > IN_SAMPLE >= unseen


def _reliability(c: Calibration) -> Curve:
    ends = (c.bins[0][0], c.bins[-1][0])
    return Curve(
        title="Accuracy by confidence",
        x_label="confidence",
        y_label="accuracy",
        series=(
            Series(name="measured", x=tuple(a for a, _ in c.bins), y=tuple(b for _, b in c.bins)),
            Series(name="calibrated", x=ends, y=ends),
        ),
        marks=(Mark(axis="y", at=c.accuracy, label="accuracy"),),
    )
