"""Overfitting, divergence and the best evaluation of a logged curve, each series judged against itself alone."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auditor.guard.trace.log import Log
from auditor.statistics.band import Band, BandRule, band, smoothed, told

RULE = BandRule()
HELD_ACCURACY = 0.005  # share: a smaller change of a logged accuracy is rounding of a few rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """One evaluation series, judged."""

    name: str  # evaluation set
    key: str  # its name in the log
    steps: NDArray[np.float64]  # of finite evaluations
    losses: NDArray[np.float64]
    status: str  # ok, warning, alarm, cannot-tell
    code: str  # TUN201, TUN203 or TUN208: what the rise is
    reason: str
    message: str
    band: Band | None = None

    @property
    def best_step(self) -> int | None:
        """Step of the lowest single evaluation."""
        return int(self.steps[np.argmin(self.losses)]) if len(self.losses) else None

    @property
    def equivalent(self) -> tuple[int, ...]:
        """Steps whose loss lies inside the noise band of the best."""
        return tuple(int(self.steps[i]) for i in self.band.inside) if self.band else ()


def judged(log: Log, name: str, key: str) -> Curve:
    """The curve of one evaluation set."""
    steps, values = log.series(key)
    finite = np.isfinite(values)
    steps, losses = steps[finite], values[finite]
    k = len(losses)

    def curve(status: str, message: str, *, code: str = "TUN201", reason: str = "", found: Band | None = None) -> Curve:
        return Curve(
            name=name, key=key, steps=steps, losses=losses, status=status, code=code, reason=reason, message=message, band=found
        )

    if k < 3:
        said = f"{k} finite evaluations of {key}, want at least 3; evaluate more often (eval_strategy='steps')"
        return curve("cannot-tell", said, reason="too_few_evals")
    found = band(losses, RULE)
    rise = 100 * (found.last / found.m - 1) if found.m > 0 else math.nan
    noise = "noise unknown" if found.sigma is None else f"noise {found.sigma:.3g}"
    said = (
        f"the last three evaluations of {key} have a median of {found.last:.4g}, {rise:+.1f} % of the lowest such median "
        f"({found.m:.4g} at step {steps[found.at]:.0f}; {noise}, band up to {found.top:.4g})"
    )
    status = told(found, RULE) if found.m > 0 else "ok"
    if found.m <= 0:
        return curve(
            "cannot-tell",
            f"{key} reaches {found.m:.4g}: a loss at or below 0 has no relative rise",
            reason="not_positive",
            found=found,
        )
    if status == "ok":
        if k - 1 == int(np.argmin(losses)) and losses[-2] - losses[-1] > (found.sigma or 0.0):
            return curve("ok", said + "; still improving when it ended", found=found)
        if k < RULE.power:
            said += f"; with {k} evaluations that is no evidence against overfitting, {RULE.power} would be"
            return curve("cannot-tell", said, reason="underpowered", found=found)
        return curve("ok", said, found=found)
    return _risen(log, name, curve, status, said, found, steps)


def _risen(log: Log, name: str, curve: object, status: str, said: str, found: Band, steps: NDArray[np.float64]) -> Curve:
    """What a rise is: overfitting, divergence, or overconfidence, by the training loss and accuracy of the same log."""
    assert callable(curve)
    if log.train is None:
        done: Curve = curve(
            "cannot-tell",
            said + "; no training loss was logged, so overfitting is not told from divergence",
            reason="no_train_loss",
            found=found,
        )
        return done
    at, train = log.series(log.train)
    # the last median's middle evaluation, so that both ends are smoothed alike
    then, now = (smoothed(train[at <= s]) for s in (steps[found.at], steps[-1]))
    if math.isnan(then) or math.isnan(now):
        done = curve(
            "cannot-tell",
            said + "; the training loss has no number before the best evaluation",
            reason="no_train_loss",
            found=found,
        )
    elif now >= then:
        up = f"; the training loss did not fall ({then:.4g} to {now:.4g}): divergence, not overfitting"
        done = curve(status, said + up, code="TUN203", found=found)
    elif (accuracy := _accuracy(log, name, steps[found.at])) is not None and accuracy[1] >= accuracy[0] - HELD_ACCURACY:
        up = f"; accuracy held ({accuracy[0]:.3f} to {accuracy[1]:.3f}): overconfidence is the likelier reading"
        done = curve("warning", said + up, code="TUN208", found=found)
    else:
        done = curve(status, said + f"; the training loss fell from {then:.4g} to {now:.4g}", found=found)
    return done


def _accuracy(log: Log, name: str, best: float) -> tuple[float, float] | None:
    """Accuracy about the best evaluation and at the end, medians of three; None where it was not logged."""
    key = log.accuracies.get(name)
    if key is None:
        return None
    steps, values = log.series(key)
    steps, values = steps[np.isfinite(values)], values[np.isfinite(values)]
    if len(values) < 3:
        return None
    place = int(np.argmin(np.abs(steps - best)))
    around = values[max(0, place - 1) : place + 2]
    return float(np.median(around)), float(np.median(values[-3:]))
