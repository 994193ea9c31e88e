"""Values that lie far outside the tail of their column, by split and column."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from auditor.check import Tally
from auditor.rows import Batch, Setting
from auditor.statistics.tails import Tail, tail
from auditor.tallies.sample import NumberSample

Floats = NDArray[np.float64]

KEPT = 100_000
"""Far values kept a split and column, the farthest first; all are counted."""
FEWEST = 20
"""Values that a column needs in a split to have a tail."""
SKEWED = 5.0
"""Skewness (of the central 99 %) beyond which a column is judged on the signed-log scale."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ruler:
    """How one column of one split is measured: robust z = |x - middle| / scale."""

    middle: float
    scale: float
    logged: bool  # x is sign(x) log(1 + |x|)
    mode: float | None  # the value of more than half the rows, which is set aside
    tail: Tail  # of |z| of the sample

    def z(self, values: Floats) -> Floats:
        """Robust z, signed; NaN for missing values and for the mode that is set aside."""
        x = np.sign(values) * np.log1p(np.abs(values)) if self.logged else values
        z = np.asarray((x - self.middle) / self.scale)
        return z if self.mode is None else np.where(values == self.mode, np.nan, z)


def ruler(values: Floats) -> Ruler | None:
    """The ruler of a sample of finite values, or None where they are too few or too equal to have one."""
    if len(values) < FEWEST:
        return None
    middle = float(np.median(values))
    mode = middle if (values == middle).mean() > 0.5 else None
    known = values if mode is None else values[values != mode]
    if len(known) < FEWEST:
        return None
    low, high = np.quantile(known, [0.005, 0.995])
    central = known[(known >= low) & (known <= high)]
    spread = float(central.std())
    logged = spread > 0 and abs(float((((central - central.mean()) / spread) ** 3).mean())) > SKEWED
    x = np.sign(known) * np.log1p(np.abs(known)) if logged else known
    middle = float(np.median(x))
    scale = 1.4826 * float(np.median(np.abs(x - middle))) or float(np.subtract(*np.percentile(x, [75, 25]))) / 1.349
    if scale <= 0:
        return None
    return Ruler(middle=middle, scale=scale, logged=logged, mode=mode, tail=tail(np.abs(x - middle) / scale))


def measured(sample: NumberSample, split: str, name: str) -> Ruler | None:
    """The ruler of a column of a split, made when it is first asked for."""
    if (split, name) not in sample.made:
        sample.made[split, name] = ruler(sample.column(split, name))
    found: Ruler | None = sample.made[split, name]
    return found


@dataclass(frozen=True, slots=True, eq=False)
class FarValues(Tally):
    """Values of robust |z| > 5 by (split, column), with position, z and the chance of so large a z in the column's tail.

    Quantiles come from NumberSample (standard error of a share at most .0022), counts are exact. At most 100,000 values a
    split and column are kept.
    """

    after = (NumberSample,)

    examined: dict[tuple[str, str], int] = field(default_factory=dict)
    beyond: dict[tuple[str, str], int] = field(default_factory=dict)  # |z| > 5
    rows: dict[tuple[str, str], NDArray[np.int64]] = field(default_factory=dict)
    z: dict[tuple[str, str], Floats] = field(default_factory=dict)  # signed
    p: dict[tuple[str, str], Floats] = field(default_factory=dict)
    logged: frozenset[tuple[str, str]] = frozenset()

    FAR = 5.0  # robust z: 6 in 10 million values of a normal

    @classmethod
    def columns(cls, setting: Setting) -> Iterable[str]:
        return tuple(c.name for c in setting.kinds("number"))

    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        sample: NumberSample = after[0]
        total = cls(logged=frozenset())
        logged = set()
        for name in cls.columns(batch.setting):
            measure = measured(sample, batch.split, name) if batch.has(name) else None
            if measure is None:
                continue
            key = (batch.split, name)
            values = np.array(batch.column(name).cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False), np.float64)
            values[~np.isfinite(values)] = np.nan
            z = measure.z(values)
            far = np.flatnonzero(np.abs(z) > cls.FAR)
            total.examined[key] = int(np.isfinite(z).sum())
            total.beyond[key] = len(far)
            total.rows[key], total.z[key] = batch.rows[far], z[far]
            total.p[key] = measure.tail.p(np.abs(z[far]), thin=True)
            if measure.logged:
                logged.add(key)
        return cls(total.examined, total.beyond, total.rows, total.z, total.p, frozenset(logged))

    def __add__(self, other: Self) -> Self:
        total = type(self)(
            dict(self.examined), dict(self.beyond), dict(self.rows), dict(self.z), dict(self.p), self.logged | other.logged
        )
        for key, count in other.examined.items():
            total.examined[key] = total.examined.get(key, 0) + count
            total.beyond[key] = total.beyond.get(key, 0) + other.beyond[key]
            total.rows[key] = np.concatenate([total.rows[key], other.rows[key]]) if key in total.rows else other.rows[key]
            total.z[key] = np.concatenate([total.z[key], other.z[key]]) if key in total.z else other.z[key]
            total.p[key] = np.concatenate([total.p[key], other.p[key]]) if key in total.p else other.p[key]
            if len(total.rows[key]) > KEPT:
                keep = np.lexsort((total.rows[key], -np.abs(total.z[key])))[:KEPT]
                total.rows[key], total.z[key], total.p[key] = total.rows[key][keep], total.z[key][keep], total.p[key][keep]
        return total
