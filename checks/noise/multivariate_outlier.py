"""NOI204."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from auditor.check import Check, Specimen, Tally
from auditor.model import Affected, Histogram, Reading, Series, Where
from auditor.rows import Batch, Setting
from auditor.statistics.multiplicity import adjusted
from auditor.statistics.proportions import share
from auditor.statistics.tails import tail_p


@dataclass(frozen=True, slots=True, eq=False)
class Distances(Tally):
    """Distances to neighbours, by split. Bounded by the derivation: 200,000 rows a split."""

    derives = ("neighbours",)

    parts: dict[str, tuple[tuple[NDArray[np.int64], NDArray[np.float32]], ...]] = field(default_factory=dict)

    @classmethod
    def columns(cls, setting: Setting) -> Iterable[str]:
        return tuple(c.name for c in setting.kinds("number"))[:1] or setting.roles.text[:1]

    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        found = batch.derived.get("neighbours")
        return cls({batch.split: ((found.rows, found.values),)}) if found is not None and len(found.rows) else cls()

    def __add__(self, other: Self) -> Self:
        return type(self)({s: self.parts.get(s, ()) + other.parts.get(s, ()) for s in {**self.parts, **other.parts}})


def _rows(far: int) -> dict[str, list[Any]]:
    """300 rows near a line, the last `far` of them off it."""
    noise = [math.sin(i * i + 1) * 9_999 % 1 for i in range(1_500)]
    x = [noise[i] * 3 + noise[i + 300] * 3 + noise[i + 600] * 3 for i in range(300)]
    y = [a + (noise[i + 900] + noise[i + 1_200]) / 4 for i, a in enumerate(x)]
    return {"x": x, "y": [b if i < 300 - far else 12.0 - b + 30 * (i % 2) for i, b in enumerate(y)]}


class MultivariateOutlier(Check[Distances]):
    """Rows lie far from every other row, though each value may be common.

    ## Why
    Such rows are broken records, other units or another population; the model spends itself on them or learns them by heart.

    ## Measured
    By split: share of rows (0 to 1, high is bad) whose mean distance to the 10 nearest of 5,000 reference rows is no part of
    the tail of such distances (log-normal fit between its 90 % and 99 % point, Benjamini-Hochberg q < .01 over rows). Two
    distances, the smaller q counts: on robust-scaled columns (wrong scale) and with their correlations taken out (wrong
    direction). Texts: TF-IDF reduced to 64 dimensions. Rows below the limit are listed in a note.

    ## Fix
    Review the rows, farthest first: mend, drop, or keep them as a slice that the evaluation must show.

    ## Known limits
    Small far clusters are slices, not errors, and those below .2 % of the rows may be listed. Rows that turn the sign of
    small values lie where others lie and cannot be seen. More than one outlier in a hundred hides in the tail it makes.
    Category columns are not looked at. Limit .005 is ours.

    ## Source
    Distance to k nearest neighbours: Ramaswamy et al. 2000, doi:10.1145/342009.335437; the fit and the decorrelated space
    are ours (cosine distance, as others use it, found 3 % of turned signs, this one 45 %: benchmarks/README.md).
    """

    code = "NOI204"
    needs = ("features",)
    warn_above: float | None = 0.005  # own
    level_q: float = 0.01  # own: one row in a hundred listed wrongly
    good = Specimen(train=_rows(0))
    bad = Specimen(train=_rows(3))

    def judge(self, setting: Setting, distances: Distances) -> Iterator[Reading]:
        info = setting.derived.get("neighbours", {})
        for split, parts in sorted(distances.parts.items()):
            rows, far = (np.concatenate(x) for x in zip(*parts, strict=True))
            order = np.argsort(rows, kind="stable")
            rows, far = rows[order], far[order].astype(np.float64)
            q = np.stack([adjusted(tail_p(d, d)) for d in far.T], axis=1)
            best = q.argmin(axis=1)
            hits = np.flatnonzero(q.min(axis=1) < self.level_q)
            ratio = (far / np.maximum(np.median(far, axis=0), 1e-12))[np.arange(len(rows)), best]
            hits = hits[np.argsort(-ratio[hits], kind="stable")]
            sampled = (info.get("sampled") or {}).get(split)
            yield self.read(
                Where(split=split),
                share("outlier_share", len(hits), len(rows)),
                f"{len(hits):,} of {len(rows):,} rows of {split} lie far from all others"
                + (f" (a sample of {sampled:,} rows)" if sampled else ""),
                affected=len(hits),
                examined=len(rows),
                rows=Affected(
                    split=split,
                    row=rows[hits],
                    score=ratio[hits],
                    detail=np.array([f"{r:.1f} times the usual distance" for r in ratio[hits]], dtype=object),
                ),
                evidence=(_histogram(far[:, 0], q.min(axis=1) < self.level_q, split),),
                level="note" if 0 < len(hits) <= (self.warn_above or 0.0) * len(rows) else "",
                limit=self.warn_above,
            )


def _histogram(far: NDArray[np.float64], hit: NDArray[np.bool_], split: str) -> Histogram:
    """Distances on a log scale, listed rows apart."""
    x = np.log10(np.maximum(far, 1e-9))
    edges = np.linspace(x.min(), max(x.max(), x.min() + 1e-6), 31)
    series = []
    for name, part in (("other rows", x[~hit]), ("listed", x[hit])):
        counts = np.histogram(part, edges)[0]
        series.append(Series(name=name, x=tuple(float(e) for e in edges[:-1]), y=tuple(float(c) for c in counts)))
    return Histogram(
        title=f"Mean distance to 10 neighbours in {split}",
        x_label="log10 distance",
        y_label="rows",
        series=tuple(series),
        width=float(edges[1] - edges[0]),
    )
