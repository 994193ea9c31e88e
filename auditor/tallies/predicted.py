"""Class probabilities and given labels of the rows that were predicted, by split."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from auditor.check import Tally
from auditor.rows import Batch, Setting


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Judgement:
    """The predicted rows of one split, in row order."""

    rows: NDArray[np.int64]  # (n,) positions
    labels: NDArray[np.int64]  # (n,) place of the given label among the classes
    probabilities: NDArray[np.float64]  # (n, K)

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def own(self) -> NDArray[np.float64]:
        """Probability of the given label."""
        p: NDArray[np.float64] = self.probabilities[np.arange(len(self)), self.labels]
        return p

    @property
    def right(self) -> NDArray[np.bool_]:
        """Whether the most likely class is the given label."""
        return np.asarray(self.probabilities.argmax(axis=1) == self.labels)


@dataclass(frozen=True, slots=True, eq=False)
class Predicted(Tally):
    """Rows with probabilities, by split. Bounded by the derivation: 200,000 rows and 20 million numbers a split."""

    derives = ("probabilities",)

    parts: dict[str, tuple[tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.float32]], ...]] = field(default_factory=dict)

    @classmethod
    def columns(cls, setting: Setting) -> Iterable[str]:
        return (setting.roles.label,) if setting.roles.label else ()

    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        found, labels = batch.derived.get("probabilities"), batch.derived.get("labels")
        if found is None or labels is None or not len(found.rows):
            return cls()
        return cls({batch.split: ((found.rows, labels.values, found.values),)})

    def __add__(self, other: Self) -> Self:
        parts = dict(self.parts)
        for split, more in other.parts.items():
            parts[split] = parts.get(split, ()) + more
        return type(self)(parts)

    def of_split(self, split: str) -> Judgement | None:
        """The rows of a split, or None where none was predicted."""
        if split not in self.parts:
            return None
        rows, labels, values = (np.concatenate(x) for x in zip(*self.parts[split], strict=True))
        order = np.argsort(rows, kind="stable")
        return Judgement(rows=rows[order], labels=labels[order].astype(np.int64), probabilities=values[order].astype(np.float64))

    def by_split(self, setting: Setting) -> Iterator[tuple[str, Judgement | str]]:
        """Every split with its rows, or with the reason why none of them was predicted."""
        given = setting.derived.get("probabilities", {}).get("reason")
        for split in (s.name for s in setting.splits):
            found = self.of_split(split)
            yield split, str(given or f"no row of {split} has a label that the model knows") if found is None else found


def in_sample(judgement: Judgement) -> bool:
    """True where given probabilities hit so often that the model has probably seen these very labels."""
    return float(judgement.right.mean()) > IN_SAMPLE


IN_SAMPLE = 0.995
"""Accuracy beyond which given probabilities seem fitted on the rows they judge: hand-made labels are seldom so clean."""
