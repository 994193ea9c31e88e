"""Has the held-out loss risen above its best? The paired overfit test, and whether accuracy held meanwhile."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditor.statistics.paired import Numbers, paired

TINY_LOSS = 1e-8  # nats: below it a relative rise says nothing, and rises are judged in nats
POWER = 2.5  # a rise of 2.5 standard errors is found by z > 1.64 about four times in five (1.64 + 0.84)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rise:
    """The held-out loss now against the best evaluation so far, example by example."""

    gl: float | None  # generalisation loss 100 (mean now / mean best - 1), percent; None where the best loss is about 0
    rise: float  # mean now - mean best, nats
    z: float  # paired z of the rise
    se: float  # standard error of the rise, nats
    n: int  # rows, or clusters where given
    best: float  # mean loss of the best evaluation, nats
    train_falls: bool | None  # the probe's mean loss is below its value at the best evaluation; None = no probe

    @property
    def size(self) -> float:
        """The rise in percent of the best loss; where that is about 0, in hundredths of a nat."""
        return 100 * self.rise if self.gl is None else self.gl

    def over(self, limit: float, z: float) -> bool:
        """Whether the rise is larger than `limit` percent and more than z standard errors, while the training loss falls."""
        return self.size > limit and self.z > z and self.train_falls is True

    def blind(self, share: float) -> bool:
        """Whether a rise of this share of the best loss could have been missed: 2.5 standard errors exceed it."""
        level = self.best if self.gl is not None else 1.0
        return POWER * self.se > share * level


def rise(now: Numbers, best: Numbers, clusters: NDArray[Any] | None, train_now: float | None, train_best: float | None) -> Rise:
    """The paired comparison of two evaluations of the same examples in the same order (losses in nats).

    Generalisation loss: Prechelt 1998, doi:10.1007/3-540-49430-8_3. ValueError for fewer than two units or unequal lengths.
    """
    if len(now) != len(best):
        raise ValueError(f"got {len(now)} losses now and {len(best)} at the best evaluation, want the same examples")
    test = paired(now - best, clusters)
    level = float(np.mean(best))
    gl = None if level < TINY_LOSS else 100 * (float(np.mean(now)) / level - 1)
    falls = None if train_now is None or train_best is None else train_now < train_best
    return Rise(gl=gl, rise=test.mean, z=test.z, se=test.se, n=test.n, best=level, train_falls=falls)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """Whether accuracy held while the loss rose."""

    holds: bool
    change: float  # accuracy now - at the best evaluation, share
    low: float  # one-sided lower limit of it


def accuracy_holds(
    right_now: NDArray[np.bool_],
    right_best: NDArray[np.bool_],
    labels: NDArray[Any],
    clusters: NDArray[Any] | None,
    *,
    train_gain: float | None,
    margin: float,
    learnt: float,
    z: float,
) -> Held:
    """Whether accuracy is shown not to have fallen while nothing was learnt by heart.

    It holds where the one-sided lower limit of the paired change is above -margin; where there is an accuracy to hold (its
    lower limit is above the share of the commonest label: with labels at random it stays at chance); and where the accuracy on
    training rows has not risen by more than `learnt` beyond the held-out one (`train_gain`, None = not known: not shown).
    """
    change = paired(right_now.astype(float) - right_best.astype(float), clusters)
    low = change.mean - z * change.se
    _, counts = np.unique(labels, return_counts=True)
    chance = float(counts.max()) / len(labels)
    level = paired(right_now.astype(float), clusters)
    skilled = level.mean - z * level.se > chance
    general = train_gain is not None and train_gain - change.mean <= learnt
    return Held(holds=low > -margin and skilled and general, change=change.mean, low=low)


def prior_entropy(labels: NDArray[Any]) -> float:
    """Entropy of the class shares, nats: the loss of a model that has learnt nothing but them."""
    _, counts = np.unique(labels, return_counts=True)
    shares = counts / counts.sum()
    return float(-np.sum(shares * np.log(shares))) + 0.0 if len(counts) else math.nan
