"""How often each label occurs in each group among the rows that lack nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from auditor.check import Tally
from auditor.groups import encode
from auditor.rows import Batch, Setting
from auditor.tallies.capped import summed
from auditor.tallies.groups import CAP, cross
from auditor.tallies.look import NULL_WORDS


@dataclass(frozen=True, slots=True)
class CompleteRows(Tally):
    """(group, label) -> rows in which no feature is missing, by split and attribute. Up to 100,000 cells each; one with more
    is named in `over` and has no counts."""

    by: dict[tuple[str, str], Counter[tuple[str | None, ...]]] = field(default_factory=dict)
    over: frozenset[tuple[str, str]] = frozenset()

    @classmethod
    def columns(cls, setting: Setting) -> Iterable[str]:
        return (*setting.roles.sensitive, *(c.name for c in setting.features), setting.roles.label or "")

    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        label = batch.setting.roles.label
        if label is None or not batch.has(label):
            return cls()
        complete = np.ones(len(batch), np.bool_)
        for column in batch.setting.features:
            if batch.has(column.name):
                complete &= present(batch.column(column.name))
        keep = pa.array(complete)
        last = encode(batch.column(label).filter(keep))
        by = {
            (batch.split, a): cross([encode(batch.column(a).filter(keep)), last])
            for a in dict.fromkeys(batch.setting.roles.sensitive)
            if batch.has(a)
        }
        return cls() + cls(by)

    def __add__(self, other: Self) -> Self:
        return type(self)(*summed(self.by, other.by, self.over | other.over, CAP))


def present(values: pa.Array) -> NDArray[np.bool_]:
    """True where there is a value that is no spelling of null."""
    there: NDArray[np.bool_] = values.is_valid().to_numpy(zero_copy_only=False).astype(np.bool_)
    if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
        there &= ~pc.is_in(values, pa.array(NULL_WORDS, values.type)).to_numpy(zero_copy_only=False)
    return there
