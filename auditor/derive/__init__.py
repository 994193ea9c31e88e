"""Model-assisted columns, computed before the fold: one file a kind, heavy libraries imported only here, lazily.

A module `auditor/derive/NAME.py` offers `needs` (as in a Check) and `derive(setting, sample) -> Iterable[Derived]`.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from auditor.check import lack
from auditor.rows import Batch, Derived, Setting
from auditor.statistics.sampling import chosen

CAP = 200_000
"""Rows of one split that a derivation reads at most; beyond it a stated sample."""


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Rows read for the derivations: by split, the table and the positions of its rows."""

    tables: dict[str, tuple[pa.Table, NDArray[np.int64]]]
    capped: dict[str, int]  # split -> rows it really has, where it was sampled


@dataclass(frozen=True, slots=True, eq=False)
class Derivations:
    """Derived columns by split and name, and what could not be derived, with the reason."""

    by_split: dict[str, dict[str, Derived]]
    failed: dict[str, str]


def skips(name: str, setting: Setting) -> str | None:
    """Why this derivation cannot run on such data, or None."""
    module = importlib.import_module(f"auditor.derive.{name}")
    return next((reason for need in module.needs if (reason := lack(need, setting))), None)


def sample(batches: Iterable[Batch], rows: dict[str, int], seed: int, cap: int = CAP) -> Sample:
    """At most `cap` rows a split, chosen by a hash of the position: the same rows whatever the cutting."""
    parts: dict[str, list[tuple[pa.Table, NDArray[np.int64]]]] = {}
    for batch in batches:
        total = rows[batch.split]
        table, positions = batch.table, batch.rows
        if total > cap:
            keep = chosen(positions, seed, cap / total)
            table, positions = table.filter(pa.array(keep)), positions[keep]
        parts.setdefault(batch.split, []).append((table, positions))
    tables = {
        s: (pa.concat_tables([t for t, _ in p], promote_options="default"), np.concatenate([r for _, r in p]))
        for s, p in parts.items()
    }
    return Sample(tables, {s: n for s, n in rows.items() if n > cap})


def run(
    names: Iterable[str], setting: Setting, read: Callable[[], Iterator[Batch]], progress: Callable[[str, int, int | None], None]
) -> Derivations:
    """Runs the derivations over one sample. One that fails is told with its cause; the others go on."""
    names = sorted(names)
    done: dict[str, dict[str, Derived]] = {}
    failed: dict[str, str] = {}
    if not names:
        return Derivations(done, failed)
    rows = {s.name: s.rows for s in setting.splits}
    drawn = sample(read(), rows, setting.seed)
    for i, name in enumerate(names):
        progress("deriving " + name.replace("_", " "), i, len(names))
        try:
            for derived in importlib.import_module(f"auditor.derive.{name}").derive(setting, drawn):
                done.setdefault(derived.split, {})[derived.name] = derived
        except Exception as cause:
            failed[name] = f"{type(cause).__name__}: {cause}"
    return Derivations(done, failed)
