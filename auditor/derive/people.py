"""Groups of people of the rows of a sample: named, ordered and compared with the same reference as in the checks."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auditor.derive import Sample
from auditor.groups import Value, encode, named, reference
from auditor.rows import Setting


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """The groups of one sensitive column over all splits of a sample."""

    names: tuple[str, ...]  # the largest first
    codes: dict[str, NDArray[np.int64]]  # split -> (n,) places in `names`; -1 where the split lacks the column
    reference: int  # place of the reference; -1 where there is none

    def sizes(self, split: str) -> NDArray[np.int64]:
        """(groups,) rows of each group in a split."""
        codes = self.codes[split]
        return np.bincount(codes[codes >= 0], minlength=len(self.names))


def depends(setting: Setting) -> list[object]:
    """What the groups and their reference depend on besides the rows."""
    return [setting.positive, *(sorted(setting.options.get(k, {}).items()) for k in ("cuts", "reference_group"))]


def people(setting: Setting, sample: Sample, attribute: str) -> People:
    """The groups of an attribute. Where the rows are a sample, bins of numbers are those of the sample."""
    coded = {s: encode(sample.stored(s, attribute)) for s, (table, _) in sample.tables.items() if attribute in table.column_names}
    totals: Counter[Value] = Counter()
    for codes, values in coded.values():
        for value, n in zip(values, np.bincount(codes, minlength=len(values)).tolist(), strict=True):
            if n:
                totals[value] += n
    names = named(totals, attribute, setting)
    rows: Counter[str] = Counter()
    known: Counter[str] = Counter()
    for value, n in totals.items():
        rows[names[value][1]] += n
        known[names[value][1]] += n if value is not None else 0
    order = sorted(rows, key=lambda g: (-rows[g], g))
    place = {g: i for i, g in enumerate(order)}
    by = {s: np.full(len(sample.rows(s)), -1, np.int64) for s in sample.tables}
    for s, (codes, values) in coded.items():
        by[s] = np.array([place.get(names[v][1], -1) if v in names else -1 for v in values], np.int64)[codes]
    chosen = reference(+known, attribute, setting)
    return People(tuple(order), by, -1 if chosen is None else place[chosen])
