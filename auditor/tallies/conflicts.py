"""Inputs that stand under more than one label."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auditor.tallies.copies import LISTED, listed_of
from auditor.tallies.hashing import MISSING
from auditor.tallies.records import Place, Records, Rows


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Conflicts:
    """Rows whose input has more than one label, in the order of place and row: the first LISTED of them."""

    place: NDArray[np.int64]  # (n,) which of the places asked for
    row: NDArray[np.int64]
    family: NDArray[np.int64]  # (n,) same number = same input; numbered by first appearance
    majority: NDArray[np.uint64]  # (n,) hash of the label that more than half of the family bears; 0 = there is none
    count: int  # all rows in conflict
    inputs: int  # different inputs in conflict

    @property
    def note(self) -> str:
        """What to say where not all of the rows are listed, else ""."""
        return listed_of(len(self.row), self.count)


def conflicts(records: Records, places: Sequence[Place], label: int, *, between: bool = False) -> Conflicts:
    """Rows of these places whose key bears more than one label (word `label`); rows without a label are left out.

    `between`: only inputs whose labels agree inside every single place.
    """
    kept = [np.empty((0, 4), np.uint64)]  # place, row, key, majority
    held = count = inputs = 0
    for found in records.parts(*places):
        known = [part[part[:, label] != MISSING] if len(part) else part for part in found]
        known_places = np.repeat(np.arange(len(known)), [len(part) for part in known])
        rows = np.concatenate([part for part in known if len(part)]) if len(known_places) else None
        if rows is None:
            continue
        mask = _torn(rows, label)
        if between:
            for i in range(len(known)):
                inside = known_places == i
                mask &= ~np.isin(rows[:, 0], rows[inside][_torn(rows[inside], label), 0])
        if not mask.any():
            continue
        rows = rows[mask]
        _, family = np.unique(rows[:, 0], return_inverse=True)
        count += len(rows)
        inputs += int(family.max()) + 1
        kept.append(
            np.stack([known_places[mask].astype(np.uint64), rows[:, 1], rows[:, 0], _majority(family, rows[:, label])], 1)
        )
        held += len(rows)
        if held > 2 * LISTED:
            kept = [_firsts(kept)]
            held = len(kept[0])
    return _families(_firsts(kept), count, inputs)


def _firsts(kept: Sequence[Rows]) -> Rows:
    """The first LISTED rows in the order of place and row."""
    rows = np.concatenate(kept)
    return rows[np.lexsort((rows[:, 1], rows[:, 0]))[:LISTED]]


def _torn(rows: Rows, label: int) -> NDArray[np.bool_]:
    """Whether the key of each row bears more than one label."""
    if not len(rows):
        return np.zeros(0, np.bool_)
    order = np.argsort(rows[:, 0])
    keys = rows[order, 0]
    torn = np.unique(keys[1:][(keys[1:] == keys[:-1]) & (rows[order[1:], label] != rows[order[:-1], label])])
    mask: NDArray[np.bool_] = np.isin(rows[:, 0], torn)
    return mask


def _families(rows: Rows, count: int, inputs: int) -> Conflicts:
    _, first, inverse = np.unique(rows[:, 2], return_index=True, return_inverse=True)
    rank = np.empty(len(first), np.int64)
    rank[np.argsort(first, kind="stable")] = np.arange(len(first))
    return Conflicts(
        place=rows[:, 0].astype(np.int64),
        row=rows[:, 1].astype(np.int64),
        family=rank[inverse],
        majority=rows[:, 3],
        count=count,
        inputs=inputs,
    )


def _majority(family: NDArray[np.int64], labels: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """A row: the label that more than half of its family bears, else 0."""
    names, which = np.unique(labels, return_inverse=True)
    pairs, counts = np.unique(family * len(names) + which, return_counts=True)
    sizes = np.bincount(family)
    winner = np.zeros(len(sizes), np.uint64)
    most = counts * 2 > sizes[pairs // len(names)]
    winner[pairs[most] // len(names)] = names[pairs[most] % len(names)]
    return winner[family]
