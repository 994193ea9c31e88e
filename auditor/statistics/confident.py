"""Confident learning, and how much label noise the surest rows betray."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditor.statistics.proportions import Z95, wilson

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SLACK = 1e-6
"""Below its threshold by less, a probability still counts: float32 probabilities of one value must not differ."""


def thresholds(probabilities: Floats, labels: Ints) -> Floats:
    """t_j = mean p_j among the rows labelled j; 2 (never reached) for a class without rows."""
    k = probabilities.shape[1]
    counts = np.bincount(labels, minlength=k)
    own = np.bincount(labels, weights=probabilities[np.arange(len(labels)), labels], minlength=k)
    found: Floats = np.where(counts > 0, own / np.maximum(counts, 1), 2.0)
    return found


def confident_joint(probabilities: Floats, labels: Ints) -> Ints:
    """C[i, j]: rows labelled i that confidently belong to j, calibrated so that row i sums to the rows labelled i.

    A row belongs to j where p_j reaches t_j; where several do, to the most likely class. Northcutt et al. 2021,
    doi:10.1613/jair.1.12125, sections 3.1 and 3.2.
    """
    k = probabilities.shape[1]
    reached = probabilities >= thresholds(probabilities, labels) - SLACK
    times = reached.sum(axis=1)
    belongs = np.where(times > 1, probabilities.argmax(axis=1), reached.argmax(axis=1))
    sure = times > 0
    joint = np.zeros((k, k))
    np.add.at(joint, (labels[sure], belongs[sure]), 1.0)
    np.fill_diagonal(joint, np.maximum(joint.diagonal(), 1.0))
    joint *= (np.bincount(labels, minlength=k) / joint.sum(axis=1))[:, None]
    return np.stack([_rounded(row) for row in joint * (len(labels) / joint.sum())])


def _rounded(row: Floats) -> Ints:
    """Whole numbers of the same sum: the largest remainders make up for what rounding lost or gained."""
    whole = row.round()
    missing = round(float(row.sum())) - int(whole.sum())
    if missing:
        step = 1 if missing > 0 else -1
        order = np.argsort(row - whole)[::-step]
        whole[order[: abs(missing)]] += step
    counts: Ints = whole.astype(np.int64)
    return counts


def flagged(probabilities: Floats, labels: Ints) -> NDArray[np.bool_]:
    """The rows that confident learning prunes by noise rate.

    Of the rows labelled i, the C[i, j] with the largest margin p_j - p_i, for every j; never one whose label is the most
    likely class, and never the last row of a class. Northcutt et al. 2021, section 3.3.
    """
    k = probabilities.shape[1]
    joint = confident_joint(probabilities, labels)
    found = np.zeros(len(labels), np.bool_)
    for i in range(k):
        rows = np.flatnonzero(labels == i)
        if len(rows) < 2:
            continue
        for j in np.flatnonzero(joint[i]):
            if j != i:
                margin = probabilities[rows, j] - probabilities[rows, i]
                found[rows[np.argsort(-margin)[: joint[i, j]]]] = True
    own = probabilities[np.arange(len(labels)), labels]
    return np.asarray(found & (own + SLACK < probabilities.max(axis=1)))


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseRate:
    """The share of labels that differ from the true class, with an interval that carries the bias of the estimate."""

    value: float
    low: float
    high: float
    confident: float  # off-diagonal share of the confident joint: noise and overlap of the classes together
    surest: int  # rows that the estimate was read from
    overlapping: tuple[int, ...]  # classes without sure rows: overlap and noise cannot be told apart there


SHARES = (0.1, 0.2, 0.3)
"""Parts of a class, surest rows first, that the noise is read from; their spread shows what overlap adds."""
MIDDLE = 1
"""The part that the point is read from: at .2 the bias on PF3 is under half a point (benchmarks/noise.py)."""
FEWEST = 10
"""Rows of a class that are read at least."""
RESOLUTION = 0.001
"""Disagreement that the overlap of clean classes alone leaves among their surest rows (measured up to .0008)."""
Z90 = 1.6448536269514722  # one-sided 95 % point of the normal
SURE, NEXT = 0.2, 0.5
"""Noise strikes the surest fifth of a class and the rows down to its middle alike (PF3: flat to the sixth tenth); where the
classes overlap the labels grow worse from the first tenth on."""
STEEP_Z = 2.58
STEEP_RATIO = 1.2
"""A class whose next-surest rows disagree more than its surest, by so many standard errors and by this factor, has no
rows that are sure: what is seen there may be overlap. So has one whose surest rows mostly bear another label."""
HARD = 1 / 3
"""Where some classes overlap, a class whose surest rows disagree more than this is taken to overlap too, flat or not; so it is
beside a class whose surest rows disagree less than half as much as this: two classes that share their place look flat."""
FLAT_RATIO = 0.3
FLAT_SHARE = 0.01
"""Noise is claimed only where the other classes together are shown to be flat: the upper 95 % end of the rise from their
surest to their next rows is below three tenths of the disagreement, or below one point."""
LOST = 0.25
"""Part of the lead over chance that the next-surest rows may lose, at its upper 95 % end. Classes that only overlap lose
.2 to .3 of theirs however weak the model, PF3 at most .1; with random labels there is no lead at all."""


def noise_rate(probabilities: Floats, labels: Ints) -> NoiseRate:
    """The share of wrong labels, were noise to strike every row of a class alike.

    Among the rows that are surest of class j, nearly all truly are j, so the labels seen there are row j of the noise
    matrix T (anchor points: Liu & Tao 2016, doi:10.1109/TPAMI.2015.2456899; Patrini et al. 2017,
    doi:10.1109/CVPR.2017.240). Overlap of the classes strikes the unsure rows, noise the sure ones too: so this tells
    them apart, where the confident joint cannot. The interval is the widest of the Wilson intervals read from three
    parts of each class. Its low end is at most that of the disagreement extrapolated to the surest row; classes without
    sure rows add nothing to it; it is 0 unless the lead over chance holds from the surest rows to the next. Noise that
    strikes unsure rows alone stays out of it.
    """
    steep, all_steep = _steep(probabilities, labels)
    found = [_anchored(probabilities, labels, share) for share in SHARES]
    sure = [_anchored(probabilities, labels, share, steep) for share in SHARES] if steep.any() else found
    joint = confident_joint(probabilities, labels)
    low = min(*(wilson(rate * rows, rows)[0] for rate, rows in sure), _extrapolated(probabilities, labels, steep)) - RESOLUTION
    return NoiseRate(
        value=found[MIDDLE][0],
        low=0.0 if all_steep else max(0.0, low),
        high=max(wilson(rate * rows, rows)[1] for rate, rows in found),
        confident=float(1 - joint.trace() / joint.sum()),
        surest=round(found[MIDDLE][1]),
        overlapping=tuple(int(j) for j in np.flatnonzero(steep)),
    )


def _surest(probabilities: Floats, j: int, size: int) -> Ints:
    order: Ints = np.argsort(-probabilities[:, j], kind="stable")[:size]
    return order


def _steep(probabilities: Floats, labels: Ints) -> tuple[NDArray[np.bool_], bool]:
    """Which classes have no plateau of disagreement among their surest rows; and whether all together have none."""
    k = probabilities.shape[1]
    counts = np.zeros((k, 4))  # disagreeing and read, inside the first share; the same between first and last
    for j in range(k):
        size = int((labels == j).sum())
        inner, outer = (max(FEWEST, int(share * size)) for share in (SURE, NEXT))
        wrong = labels[_surest(probabilities, j, outer)] != j
        counts[j] = wrong[:inner].sum(), len(wrong[:inner]), wrong[inner:].sum(), len(wrong[inner:])

    counts[:, [1, 3]] = np.maximum(counts[:, [1, 3]], 1)
    a, m, b, n = counts.T
    steep = _rises(a, m, b, n) | (a / m >= 0.5)
    if steep.any() or (a / m).min() < HARD / 2:
        steep |= a / m > HARD
    if steep.all():
        return steep, True
    a, m, b, n = counts[~steep].T
    chance = np.bincount(labels, minlength=k)[~steep] / len(labels)
    lead, lost = (m * (1 - a / m - chance)).sum() / m.sum(), (m * (b / n - a / m)).sum() / m.sum()
    error = np.sqrt((m**2 * (a / m * (1 - a / m) / m + b / n * (1 - b / n) / n)).sum()) / m.sum()
    level = max(float(lost), 0.0) + Z90 * error < LOST * lead  # a lead within its own error is none
    return steep, bool(not level or not _flat(a.sum(), m.sum(), b.sum(), n.sum()))


def _flat(a: float, m: float, b: float, n: float) -> bool:
    """Whether b of n is shown to be hardly more than a of m."""
    inner, outer = a / m, b / n
    error = np.sqrt(inner * (1 - inner) / m + outer * (1 - outer) / n)
    return bool(outer - inner + Z90 * error < max(FLAT_RATIO * inner, FLAT_SHARE))


def _rises(a: Any, m: Any, b: Any, n: Any) -> Any:
    """Whether b of n is clearly more than a of m."""
    pooled = (a + b) / (m + n)
    error = np.sqrt(np.maximum(pooled * (1 - pooled), 1e-12) * (1 / m + 1 / n))
    return (b / n - a / m > STEEP_Z * error) & (b / n > STEEP_RATIO * a / m)


def _extrapolated(probabilities: Floats, labels: Ints, steep: NDArray[np.bool_]) -> float:
    """The lower 95 % end of the disagreement at the surest row, by a line through that of the surest three tenths.

    Small data show no significant slope where classes overlap; the line's error at its end tells how little they show.
    """
    counts = np.bincount(labels, minlength=len(steep))
    value = variance = 0.0
    for j in np.flatnonzero(~steep & (counts > 0)):
        size = max(FEWEST, int(SHARES[-1] * counts[j]))
        wrong = (labels[_surest(probabilities, int(j), size)] != j).astype(np.float64)
        x = np.linspace(-0.5, 0.5, len(wrong))
        slope = float((x * wrong).sum() / (x * x).sum())
        weight = counts[j] / len(labels)
        value += weight * (wrong.mean() - slope / 2)
        variance += weight**2 * wrong.var() * (1 / len(wrong) + 0.25 / float((x * x).sum()))
    return float(value - Z95 * np.sqrt(variance))


def _anchored(probabilities: Floats, labels: Ints, share: float, clean: NDArray[np.bool_] | None = None) -> tuple[float, float]:
    """The noise rate read from this part of each class, and the number of rows it is worth; classes in `clean` have none."""
    k = probabilities.shape[1]
    counts = np.bincount(labels, minlength=k)
    noise = np.eye(k)
    read = np.ones(k)
    for j in range(k):
        surest = _surest(probabilities, j, max(FEWEST, int(share * counts[j])))
        read[j] = len(surest)
        if clean is None or not clean[j]:
            noise[j] = np.bincount(labels[surest], minlength=k) / len(surest)
    seen = counts / len(labels)
    prior = np.clip(np.linalg.lstsq(noise.T, seen, rcond=None)[0], 0.0, None)  # seen = prior @ T
    prior = prior / prior.sum() if prior.sum() > 0 else seen
    rate = float(np.clip((prior * (1 - noise.diagonal())).sum(), 0.0, 1.0))
    return rate, float(1 / (prior**2 / read).sum())


def disagreement(probabilities: Floats, labels: Ints, parts: int) -> Floats:
    """Share of other labels in each of `parts` equal parts of the classes, surest rows first; NaN for an empty part."""
    wrong, read = np.zeros(parts), np.zeros(parts)
    for j, size in enumerate(np.bincount(labels, minlength=probabilities.shape[1])):
        other = labels[_surest(probabilities, j, int(size))] != j
        for i, part in enumerate(np.array_split(other, parts)):
            wrong[i] += part.sum()
            read[i] += len(part)
    return np.asarray(np.where(read > 0, wrong / np.maximum(read, 1), np.nan))
