"""Spikes in a series of step losses or gradient norms, and whether it came back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from auditor.statistics.paired import Numbers

NORMAL = 1.4826  # median absolute deviation -> standard deviation of a normal


@dataclass(frozen=True, slots=True, kw_only=True)
class SpikeRule:
    """When a value is a spike. Window, 6 robust deviations and 1.5 medians: chosen by us, above batch noise of a fine-tune."""

    window: int = 100  # finite values looked back on
    after: int = 50  # values before the first judgement: warm-up
    deviations: float = 6.0
    ratio: float = 1.5
    back: int = 10  # steps within which a transient is back within 2 deviations
    last: int = 20  # values whose median tells divergence


@dataclass(frozen=True, slots=True, kw_only=True)
class Spike:
    """One spike."""

    at: int  # position in the series
    value: float
    median: float  # of the window before it
    limit: float
    back: bool | None  # within 2 deviations in 10 steps; None = too few steps since


def spikes(values: Numbers, rule: SpikeRule, *, logarithm: bool = False, start: int = 0) -> list[Spike]:
    """Spikes of a series from position `start` on; non-finite values are left out of the windows and are no spikes.

    x > m + 6 * 1.4826 MAD and x > 1.5 m over the last 100 finite values; with `logarithm`, the first clause in log space
    (gradient norms). MAD = 0: 1e-3 |m| stands for the deviation. A median <= 0 (RL losses) makes the ratio meaningless:
    no spike is told. Earlier spikes are left out of the window, so that a burst does not hide its own later values.
    """
    found: list[Spike] = []
    kept: list[float] = []
    shown = np.log(np.maximum(values, 1e-300)) if logarithm else values
    for i, x in enumerate(values):
        if not np.isfinite(x):
            continue
        window = kept[-rule.window :]
        spiky = False
        # cheap and safe: no median is below the window's least value
        if len(kept) >= rule.after and i >= start and x > rule.ratio * (np.exp(min(window)) if logarithm else min(window)):
            median, spread = _centre(np.asarray(window))
            plain = float(np.exp(median)) if logarithm else median
            limit = median + rule.deviations * spread
            if plain > 0 and shown[i] > limit and x > rule.ratio * plain:
                spiky = True
                top = median + 2 * spread
                found.append(
                    Spike(
                        at=i,
                        value=float(x),
                        median=plain,
                        limit=max(float(np.exp(limit)) if logarithm else limit, rule.ratio * plain),
                        back=_back(shown[i + 1 : i + 1 + rule.back], top, rule.back),
                    )
                )
        if not spiky:
            kept.append(float(shown[i]))
    return found


def _centre(window: Numbers) -> tuple[float, float]:
    median = float(np.median(window))
    spread = NORMAL * float(np.median(np.abs(window - median)))
    return median, spread if spread > 0 else 1e-3 * abs(median)


def _back(following: Numbers, top: float, steps: int) -> bool | None:
    if np.any(following <= top):
        return True
    return False if len(following) >= steps else None


def diverged(values: Numbers, rule: SpikeRule, *, since: int = 0) -> tuple[bool, float, float]:
    """Whether the median of the last 20 finite values exceeds 1.5 times a median of 100 before them, and both medians.

    The earlier median is the lowest of those that end at the last 20 values, or up to `since` finite values before them: a climb
    between two evaluations is seen at the second. False before 50 + 20 finite values, and where the earlier median is not
    above 0.
    """
    finite = values[np.isfinite(values)]
    if len(finite) < rule.after + rule.last:
        return False, float("nan"), float("nan")
    last = float(np.median(finite[-rule.last :]))
    end = len(finite) - rule.last
    ends = range(end, max(rule.after, end - since) - 1, -rule.back)
    before = min(float(np.median(finite[max(0, e - rule.window) : e])) for e in ends)
    return before > 0 and last > rule.ratio * before, last, before
