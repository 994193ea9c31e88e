"""The largest gap between any two groups, beside what it would be were the groups shuffled. Shown, never judged."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditor.model import Record
from auditor.rows import Setting
from auditor.statistics.confusion import equalized_odds, parts, spread, spread_ratio
from auditor.statistics.counts import permutation_p
from auditor.statistics.value import Value, undefined
from auditor.tallies.prediction_gaps import Place

SHUFFLES = 2_000  # of the groups: p-values down to .0005 (bias reference, section 5)
WIDEST = 200  # groups that are shuffled; of more no null is drawn
METRICS = {
    "demographic_parity_difference": ("selection_rate",),
    "demographic_parity_ratio": ("selection_rate",),
    "equalized_odds_difference": ("true_positive_rate", "false_positive_rate"),
}


def shuffled(k: NDArray[np.int64], n: NDArray[np.int64], seed: int, draws: int = SHUFFLES) -> NDArray[np.float64]:
    """(draws, groups) rates when the groups' names are dealt anew among the rows, which n (all above 0) keeps in number."""
    rng = np.random.default_rng(seed)
    return np.asarray(rng.multivariate_hypergeometric(n, int(k.sum()), size=draws, method="marginals") / n)


def spread_records(place: Place, setting: Setting, metrics: Sequence[str]) -> Iterator[Record]:
    """Entries of `bias.comparisons` with `group` null, over the groups that can be judged."""
    for metric in metrics:
        rates = METRICS[metric]
        keep = [i for i, few in enumerate(zip(*(place.unjudged(r, setting) for r in rates), strict=True)) if not any(few)]
        counts = place.counts(rates[0])[keep]
        value = _value(metric, counts) if len(keep) > 1 else undefined("fewer than two groups can be judged")
        entry: dict[str, Any] = {
            "attribute": place.attribute,
            "group": None,
            "reference": None,
            "stage": "prediction",
            "split": place.split,
            "label": place.label,
            "metric": metric,
            "value": value.value,
            "n": int(counts.sum()),
            "status": value.status,
            "reason": value.reason,
            "verdict": None,
        }
        if value.value is not None and len(keep) <= WIDEST:
            entry |= _null(metric, counts, value.value, setting.seed)
        yield Record(section="bias", list="comparisons", values=entry)


def _value(metric: str, counts: NDArray[np.int64]) -> Value:
    if metric == "equalized_odds_difference":
        return equalized_odds(counts)
    return (spread if metric.endswith("difference") else spread_ratio)(counts, METRICS[metric][0])


def _null(metric: str, counts: NDArray[np.int64], value: float, seed: int) -> dict[str, Any]:
    """Mean under shuffled groups, what the value exceeds it by, and the permutation p."""
    drawn = []
    for j, rate in enumerate(METRICS[metric]):
        rates = shuffled(*parts(counts, rate), seed + j)
        low, high = rates.min(axis=1), rates.max(axis=1)
        drawn.append(high - low if metric.endswith("difference") else np.where(high > 0, low / np.where(high > 0, high, 1), 1.0))
    null = np.max(drawn, axis=0)
    p = permutation_p(-value, -null) if metric.endswith("ratio") else permutation_p(value, null)
    mean = float(null.mean())
    said = f"shuffled groups give {mean:.4g} on average; p {p:.4g}"
    return {"method": f"{SHUFFLES:,} shuffles of the groups", "reason": said, "null_mean": mean, "excess": value - mean, "p": p}
