"""Have the gaps between groups of people widened since an earlier evaluation of the same rows? Simultaneous over the groups."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

METRICS = ("accuracy", "true_positive_rate", "false_positive_rate")


@dataclass(frozen=True, slots=True, kw_only=True)
class Widening:
    """One group against the reference in one metric."""

    group: str
    metric: str
    now: float  # gap now: metric of the reference - metric of the group, share
    then: float  # gap at the earlier evaluation
    value: float  # |now| - |then|
    low: float  # simultaneous lower 95 % limit of value


def _counts(group: NDArray[np.bool_], label: NDArray[np.int64], now: NDArray[np.bool_], then: NDArray[np.bool_]) -> Any:
    """Rows of a group by label (0, 1), right now and right then: (8,) counts."""
    cell = 4 * label[group] + 2 * now[group].astype(int) + then[group].astype(int)
    return np.bincount(cell, minlength=8)


def _rates(counts: NDArray[Any], binary: bool) -> NDArray[np.float64]:
    """(..., 8) counts to (..., metrics, 2): each metric now and then."""
    table = counts.reshape(*counts.shape[:-1], 2, 2, 2).astype(float)  # label, right now, right then
    right_now, right_then = table[..., 1, :].sum(-1), table[..., :, 1].sum(-1)  # (..., label)
    rows = table.sum((-1, -2))
    with np.errstate(invalid="ignore", divide="ignore"):
        both = [np.stack([right_now.sum(-1), right_then.sum(-1)], -1) / rows.sum(-1)[..., None]]
        if binary:
            positive = np.stack([right_now[..., 1], right_then[..., 1]], -1) / rows[..., 1, None]
            negative = 1 - np.stack([right_now[..., 0], right_then[..., 0]], -1) / rows[..., 0, None]
            both += [positive, negative]
    stacked: NDArray[np.float64] = np.stack(both, axis=-2)
    return stacked


def widenings(
    right_now: NDArray[np.bool_],
    right_then: NDArray[np.bool_],
    groups: NDArray[Any],
    label: NDArray[Any] | None,
    *,
    min_group: int = 30,
    min_cases: int = 10,
    draws: int = 1000,
    seed: int = 0,
) -> tuple[str, list[Widening]]:
    """The reference (the largest group), and every comparison that enough rows stand behind.

    Accuracy of every label; true and false positive rate where labels are 0 and 1. Limits are simultaneous over all cells:
    value - q * se, q the 95 % quantile of the largest standardised deviation over paired bootstrap draws within groups
    (max-T; Westfall & Young 1993). A group of fewer than `min_group` rows, or a rate over fewer than `min_cases` rows, is
    left out.
    """
    names, sizes = np.unique(groups.astype(str), return_counts=True)
    if not len(names):
        return "", []
    reference = str(names[np.argmax(sizes)])
    binary = label is not None and set(np.unique(label).tolist()) <= {0, 1} and len(np.unique(label)) == 2
    classes = np.asarray(label).astype(np.int64) if binary else np.zeros(len(groups), np.int64)
    rng = np.random.default_rng(seed)
    points, drawn, enough = {}, {}, {}
    for name, size in zip(names.tolist(), sizes, strict=True):
        if size < min_group:
            continue
        counts = _counts(groups.astype(str) == name, classes, right_now, right_then)
        points[name] = _rates(counts, binary)
        drawn[name] = _rates(rng.multinomial(size, counts / size, draws), binary)
        enough[name] = [True, counts[4:].sum() >= min_cases, counts[:4].sum() >= min_cases][: 3 if binary else 1]
    if reference not in points:
        return reference, []
    cells, values, spread = [], [], []
    for name in points:
        gap, gaps = points[reference] - points[name], drawn[reference] - drawn[name]
        for k, metric in enumerate(METRICS[: 3 if binary else 1]):
            if name == reference or not (enough[name][k] and enough[reference][k]):
                continue
            value = abs(gap[k, 0]) - abs(gap[k, 1])
            cells.append((name, metric, float(gap[k, 0]), float(gap[k, 1])))
            values.append(float(value))
            spread.append(np.abs(gaps[:, k, 0]) - np.abs(gaps[:, k, 1]))
    if not cells:
        return reference, []
    matrix = np.nan_to_num(np.stack(spread, axis=1))
    se = np.maximum(matrix.std(axis=0, ddof=1), 1e-12)
    q = float(np.quantile(np.max((matrix - np.array(values)) / se, axis=1), 0.95))
    return reference, [
        Widening(group=g, metric=m, now=now, then=then, value=v, low=v - max(q, 0.0) * float(s))
        for (g, m, now, then), v, s in zip(cells, values, se, strict=True)
    ]
