"""Batches of the right size: at most 65,536 rows or 32 MB, the same ones each time."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from auditor.rows import Fault, InputError, Raw

BATCH_ROWS = 65_536
BATCH_BYTES = 32 << 20


def sliced(table: pa.Table, rows: NDArray[np.int64], faults: tuple[Fault, ...], pieces: int = 1) -> Iterator[Raw]:
    """The table in equal slices of at most 65,536 rows, at least `pieces` of them; the faults go with the first."""
    pieces = max(pieces, -(-len(rows) // BATCH_ROWS), 1)
    edges = np.linspace(0, len(rows), pieces + 1).astype(int)
    for i, (a, b) in enumerate(itertools.pairwise(edges)):
        if b > a or i == 0:
            yield Raw(table=table.slice(a, b - a), rows=rows[a:b], faults=faults if i == 0 else ())


def with_faults_kept(parts: Iterable[Raw], name: str) -> Iterator[Raw]:
    """The batches without empty ones, whose faults go to a neighbour. Raises InputError where all records are faulty."""
    held: Raw | None = None
    loose: tuple[Fault, ...] = ()
    for part in parts:
        loose += part.faults
        if not len(part.rows):
            continue
        if held is not None:
            yield held
        held, loose = replace(part, faults=loose), ()
    if held is None:
        why = f": line {loose[0].line} is {loose[0].kind} ({loose[0].detail})" if loose else ""
        raise InputError(f"{name}: none of its records could be read{why}; check the format and the header")
    yield replace(held, faults=held.faults + loose)
