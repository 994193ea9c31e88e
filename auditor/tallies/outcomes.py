"""How often each pair of label and prediction occurs in each group of people, by split and sensitive attribute."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from auditor.check import Tally
from auditor.groups import encode
from auditor.rows import Batch, Setting
from auditor.tallies.capped import summed
from auditor.tallies.groups import CAP, GroupCounts, cross, short

Value = str | None
Cell = tuple[Value, Value, Value]  # group, label, prediction
WHOLE = re.compile(r"(-?\d+)\.0+")
FRACTION = re.compile(r"-?\d*\.\d+(e-?\d+)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OutcomeTable:
    """Predicted rows of one split and attribute, as sparse counts."""

    split: str
    attribute: str
    groups: tuple[str, ...]
    missing: tuple[bool, ...]  # groups in which the attribute is missing
    group: NDArray[np.int64]  # (cells,) place among the groups
    label: NDArray[np.object_]  # (cells,) None = no label
    prediction: NDArray[np.object_]  # (cells,)
    rows: NDArray[np.int64]  # (cells,)
    unpredicted: int  # rows of the split without a prediction

    @property
    def labelled(self) -> NDArray[np.bool_]:
        """(cells,) whether the cell's rows carry a label."""
        return np.array([y is not None for y in self.label], bool)

    def selected(self, label: str) -> NDArray[np.int64]:
        """(groups, 4): rows predicted `label` as false positives, other predicted rows as true negatives."""
        return self._cells(np.where(self.prediction == label, 2, 3), np.ones(len(self.rows), bool))

    def confusion(self, label: str) -> NDArray[np.int64]:
        """(groups, 4) true positives, false negatives, false positives, true negatives of `label` against the rest."""
        place = np.where(self.label == label, 0, 2) + np.where(self.prediction == label, 0, 1)
        return self._cells(place, self.labelled)

    def right(self) -> NDArray[np.int64]:
        """(groups, 4): rows predicted as labelled as true positives, the others as false negatives."""
        return self._cells(np.where(self.label == self.prediction, 0, 1), self.labelled)

    def _cells(self, place: NDArray[np.int64], keep: NDArray[np.bool_]) -> NDArray[np.int64]:
        table = np.zeros((len(self.groups), 4), np.int64)
        np.add.at(table, (self.group[keep], place[keep]), self.rows[keep])
        return table


@dataclass(frozen=True, slots=True)
class OutcomeCounts(Tally):
    """(group, label, prediction) -> rows, by split and attribute. Exact up to 100,000 cells each, none beyond."""

    by: dict[tuple[str, str], Counter[Cell]] = field(default_factory=dict)
    over: frozenset[tuple[str, str]] = frozenset()

    @classmethod
    def columns(cls, setting: Setting) -> Iterable[str]:
        return tuple(c for c in (*setting.roles.sensitive, setting.roles.label, setting.roles.prediction) if c)

    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        roles = batch.setting.roles
        if roles.prediction is None or not batch.has(roles.prediction):
            return cls()
        nothing: tuple[NDArray[np.int64], list[Value]] = np.zeros(len(batch), np.int64), [None]
        label = plain(batch.column(roles.label)) if roles.label and batch.has(roles.label) else nothing
        prediction = plain(batch.column(roles.prediction))
        by: dict[tuple[str, str], Counter[Any]] = {}
        over = set()
        for name in dict.fromkeys(roles.sensitive):
            if batch.has(name):
                counted = cross([encode(batch.column(name)), label, prediction])
                if len(counted) > CAP:
                    over.add((batch.split, name))
                else:
                    by[batch.split, name] = counted
        return cls(by, frozenset(over))

    def __add__(self, other: Self) -> Self:
        by, over = summed(self.by, other.by, self.over | other.over, CAP)
        return type(self)(by, over)

    def tables(self, groups: GroupCounts, setting: Setting) -> Iterator[OutcomeTable]:
        """One a split and attribute in which anything was predicted, groups in the order of `GroupCounts`."""
        for split in setting.splits:
            for attribute in dict.fromkeys(setting.roles.sensitive):
                counts = self.by.get((split.name, attribute), Counter())
                names = groups.namer(attribute, setting)
                if not groups.too_many((attribute,)) and any(prediction is not None for _, _, prediction in counts):
                    yield _table(split.name, attribute, counts, names)

    def vocabulary(self, setting: Setting) -> tuple[Sequence[str], str]:
        """The classes that were given or predicted, sorted, and why the predictions cannot be judged as classes."""
        cells = {(y, p) for counts in self.by.values() for _, y, p in counts}
        labels, predictions = {y for y, _ in cells if y is not None}, {p for _, p in cells if p is not None}
        column = setting.roles.prediction
        if self.over:
            return (), f"{column!r}: more than {CAP:,} cells of group, label and prediction: they are not counted"
        reason = no_labels(labels, predictions, setting)
        return ((), reason) if reason else (sorted(labels | predictions), "")


def no_labels(labels: Set[str], predictions: Set[str], setting: Setting) -> str:
    """Why predictions cannot be judged as classes: there is none, or one is no label, or a fraction; "" where they can."""
    column = setting.roles.prediction
    if not predictions:
        return f"the prediction column {column!r} has no value"
    strange = sorted(predictions - labels) if labels and setting.label_is_class else []
    odd = strange or sorted(p for p in predictions if FRACTION.fullmatch(p))
    if not odd:
        return ""
    listed = ", ".join(repr(short(x, 20)) for x in sorted(labels)[:4])
    wanted = f"one of the labels {listed}" if labels else "classes"
    return f"{column!r} predicts {short(odd[0], 20)!r}, want {wanted}; scores belong in --probabilities"


def plain(values: pa.Array) -> tuple[NDArray[np.int64], list[Value]]:
    """Codes and values, whole numbers written alike: 1.0 and 1 are one class."""
    codes, names = encode(values)
    return codes, [None if n is None else WHOLE.sub(r"\1", n) if WHOLE.fullmatch(n) else n for n in names]


def _table(split: str, attribute: str, counts: Counter[Cell], names: Any) -> OutcomeTable:
    merged: Counter[tuple[tuple[int, str], Value, Value]] = Counter()
    for (value, label, prediction), rows in counts.items():
        merged[names[value], label, prediction] += rows
    keys = sorted({group for group, _, _ in merged})
    place = {key: i for i, key in enumerate(keys)}
    cells = [(place[g], y, p, rows) for (g, y, p), rows in merged.items() if p is not None]
    cells.sort(key=lambda c: (c[0], c[1] or "", c[1] is None, c[2]))
    objects = np.empty((2, len(cells)), object)
    for i, (_, y, p, _) in enumerate(cells):
        objects[:, i] = y, p
    return OutcomeTable(
        split=split,
        attribute=attribute,
        groups=tuple(name for _, name in keys),
        missing=tuple(order < 0 for order, _ in keys),
        group=np.array([c[0] for c in cells], np.int64),
        label=objects[0],
        prediction=objects[1],
        rows=np.array([c[3] for c in cells], np.int64),
        unpredicted=sum(rows for (_, _, p), rows in merged.items() if p is None),
    )
