"""Two splits set side by side in one column: measured with interval, test and picture; the judging is left to the checks."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auditor.model import Effect, Histogram, Series
from auditor.rows import Setting
from auditor.statistics import distances
from auditor.tallies.groups import short

SHOWN = 20  # categories or bins in the picture
VALUES = 500  # categories kept apart; a distance of pooled values is at most the true one
LEAST = 30  # rows a side below which a shift is not judged


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """How a column of a held-out split differs from train."""

    effect: Effect  # KS distance of numbers, total variation of categories: 0..1, high = far apart
    p: float | None  # uncorrected
    further: str  # the second distance, in words
    picture: Histogram
    n: int  # rows of train
    m: int  # rows of the other split
    unsure: str = ""

    def sentence(self, what: str, first: str, other: str) -> str:
        """The shift in words, with its numbers."""
        e = self.effect
        return (
            f"{what}: {e.name.replace('_', ' ')} of {other} ({self.m:,} rows) and {first} ({self.n:,}) is {e.value:.3f} "
            f"(95 % {e.low:.3f} to {e.high:.3f}); {self.further}"
        )


def compared(setting: Setting) -> tuple[str, tuple[str, ...]]:
    """The split that the others are set against (train, else the first), and the held-out splits; no reference sets."""
    first = next((s.name for s in setting.splits if s.part == "train"), setting.splits[0].name)
    return first, tuple(s.name for s in setting.splits if s.name != first and s.part == "held-out")


def of_numbers(x: NDArray[np.float64], y: NDArray[np.float64], name: str, splits: tuple[str, str]) -> Drift:
    """Finite numbers of train and of the other split."""
    low, high = np.quantile(np.concatenate([x, y]), [0.005, 0.995])
    edges = np.linspace(low, high if high > low else low + 1, SHOWN + 1)
    counted = [np.histogram(np.clip(v, edges[0], edges[-1]), edges)[0] for v in (x, y)]
    picture = Histogram(
        title=f"{name} in {splits[0]} and {splits[1]}",
        x_label=name,
        y_label="share of rows",
        series=tuple(
            Series(name=s, x=tuple(float(e) for e in edges[:-1]), y=tuple(float(c) for c in distances.shares(k)))
            for s, k in zip(splits, counted, strict=True)
        ),
        width=float(edges[1] - edges[0]),
    )
    largest, area = distances.number_distances(x, y)
    spread = float(np.std(np.concatenate([x, y])))
    shift = area / spread if spread > 0 else 0.0
    return Drift(
        effect=distances.kolmogorov_effect(largest, len(x), len(y)),
        p=distances.kolmogorov_smirnov_p(largest, len(x), len(y)),
        further=f"Wasserstein-1 {shift:.3f} sd, means {x.mean():.4g} and {y.mean():.4g}",
        picture=picture,
        n=len(x),
        m=len(y),
        unsure=_few(len(x), len(y)),
    )


def of_categories(first: Counter[str], second: Counter[str], name: str, splits: tuple[str, str], seed: int) -> Drift:
    """Value -> rows of train and of the other split; values beyond the 500 commonest are pooled."""
    first, second = _pooled(first, second)
    values = sorted(set(first) | set(second), key=lambda v: (-first[v] - second[v], v))
    x, y = (np.array([c[v] for v in values], np.int64) for c in (first, second))
    p, q = distances.shares(x), distances.shares(y)
    by_gap = sorted(range(len(values)), key=lambda i: (-abs(p[i] - q[i]), values[i]))[:SHOWN]
    most = by_gap[0]
    picture = Histogram(
        title=f"{name} in {splits[0]} and {splits[1]}"
        + (f", the {SHOWN} values that differ most" if len(values) > SHOWN else ""),
        x_label=name,
        y_label="share of rows",
        series=tuple(
            Series(name=s, x=tuple(short(values[i]) for i in by_gap), y=tuple(float(k[i]) for i in by_gap))
            for s, k in zip(splits, (p, q), strict=True)
        ),
    )
    return Drift(
        effect=distances.category_distance(x, y, seed),
        p=distances.homogeneity_p(x, y),
        further=f"Jensen-Shannon {distances.jensen_shannon(p, q):.4f} nats; "
        f"{short(values[most])!r} has {p[most]:.1%} and {q[most]:.1%}",
        picture=picture,
        n=int(x.sum()),
        m=int(y.sum()),
        unsure=_few(int(x.sum()), int(y.sum())),
    )


def _pooled(first: Counter[str], second: Counter[str]) -> tuple[Counter[str], Counter[str]]:
    total = first + second
    if len(total) <= VALUES:
        return first, second
    kept = {v for v, _ in sorted(total.items(), key=lambda item: (-item[1], item[0]))[:VALUES]}
    pooled = [Counter({v: n for v, n in c.items() if v in kept}) for c in (first, second)]
    for counts, whole in zip(pooled, (first, second), strict=True):
        counts[f"({len(total) - VALUES:,} rarer values)"] = whole.total() - counts.total()
    return pooled[0], pooled[1]


def _few(n: int, m: int) -> str:
    return f"{min(n, m):,} rows are too few to see a shift, want at least {LEAST}" if min(n, m) < LEAST else ""
