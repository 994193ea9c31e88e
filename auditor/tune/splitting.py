"""Held-out rows without leakage: copies, near copies and rows of one entity stay on one side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditor.derive import Sample
from auditor.derive.folds import folds
from auditor.model import Audit
from auditor.rows import InputError, Setting
from auditor.statistics.sampling import position_hash

SHARE = 0.15  # of the rows, for each of validation and test: the usual 70/15/15
FEWEST = 100  # held-out rows that TUN201 and FIT304 need
MOST = 0.25  # of the rows: what is left to learn from must not be less than half
APART = 2**40  # folds: so many that two units practically never share one

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Cut:
    """Indices among the training rows, by new split; each row is in one of them."""

    indices: dict[str, Numbers]
    units: int  # groups of rows that were kept together


def cut(n: int, units: Numbers, labels: Sequence[Any], wanted: Sequence[str], seed: int) -> Cut:
    """Train and the wanted held-out splits, by units, each label with nearly its share. Raises InputError for too few units.

    Units of a label are ordered by a hash of their number; labels are interleaved, and the first units in that order are held
    out until each split has its rows.
    """
    names, first, unit, size = np.unique(units, return_index=True, return_inverse=True, return_counts=True)
    if len(names) < len(wanted) + 1:
        raise InputError(f"got {len(names)} independent groups of rows, want at least {len(wanted) + 1} to hold some out")
    _, stratum = np.unique(np.array([str(labels[i]) for i in first]), return_inverse=True)
    order = np.lexsort((position_hash(names.astype(np.int64), seed), stratum))
    place = np.empty(len(names))
    begin = np.searchsorted(stratum[order], stratum[order])
    place[order] = (np.arange(len(names)) - begin + 0.5) / np.bincount(stratum)[stratum[order]]
    line = np.lexsort((position_hash(names.astype(np.int64), seed + 1), place))
    rows = min(max(FEWEST, round(SHARE * n)), int(MOST * n))
    before = np.concatenate([[0], np.cumsum(size[line])[:-1]])
    side = np.zeros(len(names), np.int64)
    side[line] = np.minimum(before // max(rows, 1), len(wanted))
    found = {name: np.flatnonzero(side[unit] == k) for k, name in enumerate(wanted)}
    found["train"] = np.flatnonzero(side[unit] == len(wanted))
    if not all(len(v) for v in found.values()):
        raise InputError("the rows hang together so closely that none can be held out; give --validation and --test")
    return Cut(found, len(names))


def units(setting: Setting, sample: Sample, digests: Sequence[str], before: Audit | None) -> Numbers:
    """The unit of each training row: rows of equal content or entity, of equal tokens, or of one family that the audit found."""
    split = setting.training[0].name
    texts = tuple(c for c in (*setting.roles.text, setting.roles.prompt, setting.roles.messages) if c)
    plain = tuple(c for c in texts if setting.column(c).kind in ("text", "category", "number"))
    _, tokens = np.unique(np.array(digests), return_inverse=True)
    keys = [tokens.astype(np.int64)]
    if plain or setting.roles.group:
        alone = Sample({split: sample.tables[split]}, {}, setting.seed)
        keys.append(folds(setting, alone, plain, APART)[split])
    return together(len(digests), [*keys, *families(before, split, sample.rows(split))])


def families(before: Audit | None, split: str, rows: Numbers) -> list[Numbers]:
    """One key a finding of copies: the family of each row, -1 where it is in none."""
    keys = []
    for finding in before.findings if before else ():
        named = finding.all_rows
        if not finding.code.startswith("DUP") or named is None or named.cluster is None:
            continue
        here = np.array(named.split == split) if isinstance(named.split, str) else np.asarray(named.split) == split
        here = np.broadcast_to(here, (len(named),))
        key = np.full(len(rows), -1, np.int64)
        place = np.searchsorted(rows, named.row[here])
        known = (place < len(rows)) & (rows[np.minimum(place, len(rows) - 1)] == named.row[here])
        key[place[known]] = np.asarray(named.cluster)[here][known]
        keys.append(key)
    return keys


def together(n: int, keys: Sequence[Numbers]) -> Numbers:
    """Connected components of rows that share a value of any key (-1 = none), named by their first row."""
    from scipy.sparse import coo_matrix
    from scipy.sparse.csgraph import connected_components

    starts, ends, at = [], [], n
    for key in keys:
        known = np.flatnonzero(key >= 0)
        values, place = np.unique(key[known], return_inverse=True)
        starts.append(known)
        ends.append(place + at)
        at += len(values)
    a, b = np.concatenate(starts), np.concatenate(ends)
    graph = coo_matrix((np.ones(len(a), np.int8), (a, b)), shape=(at, at))
    _, part = connected_components(graph, directed=False)
    _, first, which = np.unique(part[:n], return_index=True, return_inverse=True)
    named: Numbers = first[which].astype(np.int64)
    return named
