"""Sums of numeric predictions and their errors in each group of people, by split and sensitive attribute."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from auditor.check import Tally
from auditor.groups import encode
from auditor.rows import Batch, Setting
from auditor.tallies.groups import CAP, GroupCounts

Floats = NDArray[np.float64]
Sums = tuple[float, ...]
NAMES = ("prediction", "residual", "error")
"""What is summed: the prediction, prediction minus label, and its absolute value; each with its square."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NumberTable:
    """Means and variances by group of one split and attribute."""

    split: str
    attribute: str
    groups: tuple[str, ...]
    rows: NDArray[np.int64]  # (groups,) with a number for label and prediction
    means: dict[str, Floats]  # of NAMES
    variances: dict[str, Floats]  # n - 1 in the denominator, 0 for a single row


@dataclass(frozen=True, slots=True)
class Residuals(Tally):
    """(split, attribute, group value) -> rows and sums. Float sums differ in the last digits with the order of batches."""

    by: dict[tuple[str, str], dict[str | None, Sums]] = field(default_factory=dict)
    over: frozenset[tuple[str, str]] = frozenset()

    @classmethod
    def columns(cls, setting: Setting) -> Iterable[str]:
        return tuple(c for c in (*setting.roles.sensitive, setting.roles.label, setting.roles.prediction) if c)

    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        roles = batch.setting.roles
        pair = [batch.column(c) for c in (roles.label, roles.prediction) if c and batch.has(c)]
        if len(pair) < 2 or not all(pa.types.is_integer(x.type) or pa.types.is_floating(x.type) for x in pair):
            return cls()
        y, said = (np.asarray(x.cast(pa.float64()).to_numpy(zero_copy_only=False), np.float64) for x in pair)
        good = np.isfinite(y) & np.isfinite(said)
        gone = said[good] - y[good]
        columns = [np.ones(len(gone))]
        for x in (said[good], gone, np.abs(gone)):
            columns += [x, x * x]
        by = {}
        for name in dict.fromkeys(roles.sensitive):
            if batch.has(name):
                codes, values = encode(batch.column(name))
                sums = np.stack([np.bincount(codes[good], weights=x, minlength=len(values)) for x in columns], axis=1)
                by[batch.split, name] = {v: tuple(s) for v, s in zip(values, sums.tolist(), strict=True) if s[0]}
        return cls(by)

    def __add__(self, other: Self) -> Self:
        by, over = dict(self.by), set(self.over | other.over)
        for key, groups in other.by.items():
            mine = dict(by.get(key, {}))
            for group, sums in groups.items():
                old = mine.get(group, (0.0,) * len(sums))
                mine[group] = tuple(a + b for a, b in zip(old, sums, strict=True))
            by[key] = mine
            if len(mine) > CAP:
                over.add(key)
        return type(self)({k: v for k, v in by.items() if k not in over}, frozenset(over))

    def tables(self, groups: GroupCounts, setting: Setting) -> Iterator[NumberTable]:
        """One a split and attribute that has numbers."""
        for split in setting.splits:
            for attribute in dict.fromkeys(setting.roles.sensitive):
                found = self.by.get((split.name, attribute))
                if found and not groups.too_many((attribute,)):
                    yield _table(split.name, attribute, found, groups.namer(attribute, setting))


def _table(split: str, attribute: str, found: dict[str | None, Sums], names: Any) -> NumberTable:
    merged: dict[tuple[int, str], Floats] = {}
    for value in sorted(found, key=lambda v: (v is None, v or "")):
        key = names[value]
        merged[key] = merged.get(key, np.zeros(len(found[value]))) + np.array(found[value])
    keys = sorted(merged)
    sums = np.stack([merged[k] for k in keys])
    n = sums[:, 0]
    means = {name: sums[:, 1 + 2 * i] / n for i, name in enumerate(NAMES)}
    spread = {
        name: np.maximum(sums[:, 2 + 2 * i] - n * means[name] ** 2, 0.0) / np.maximum(n - 1, 1) for i, name in enumerate(NAMES)
    }
    return NumberTable(
        split=split,
        attribute=attribute,
        groups=tuple(name for _, name in keys),
        rows=n.astype(np.int64),
        means=means,
        variances=spread,
    )
