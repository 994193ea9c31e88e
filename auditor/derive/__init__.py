"""Model-assisted columns, computed before the fold: one file a kind, heavy libraries imported only here, lazily.

A module `auditor/derive/NAME.py` offers `derive(setting, sample) -> Iterable[Derived]`, and may offer `needs` (as in a
Check), `lacks(setting)`, `reads(setting)` (the columns it reads; default all), `CAP` (rows of one split it reads at most)
and `VERSION`: with it the result is kept on disk by the digest of all that it depends on, which besides the rows, roles
and kinds is what `depends(setting)` returns.
"""

from __future__ import annotations

import hashlib
import importlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from types import ModuleType
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from auditor.check import lack
from auditor.derive import cache
from auditor.rows import Batch, Derived, InputError, Setting
from auditor.statistics.sampling import chosen
from auditor.turns import has_text, text_of

CAP = 200_000
"""Rows of one split that a derivation reads at most; beyond it a stated sample."""

Reader = Callable[[tuple[str, ...] | None], Iterator[Batch]]


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """Rows read for the derivations: by split, the table and the positions of its rows, ascending."""

    tables: dict[str, tuple[pa.Table, NDArray[np.int64]]]
    capped: dict[str, int]  # split -> rows it really has, where it was sampled
    seed: int = 0
    memo: dict[Any, Any] = field(default_factory=dict, repr=False)  # what two derivations both need, made once

    def rows(self, split: str) -> NDArray[np.int64]:
        """The positions of the rows of a split."""
        return self.tables[split][1]

    def array(self, split: str, column: str) -> pa.Array:
        """One column of a split, a chat as texts; nulls where the split lacks it."""
        values = self.stored(split, column)
        return text_of(values) if pa.types.is_nested(values.type) and has_text(values.type) else values

    def stored(self, split: str, column: str) -> pa.Array:
        """One column of a split as it was read; nulls where the split lacks it."""
        table, rows = self.tables[split]
        if column not in table.column_names:
            return pa.nulls(len(rows), pa.string())
        chunked = table.column(column)
        return pa.concat_arrays(chunked.chunks) if chunked.num_chunks else pa.array([], chunked.type)

    def cut(self, cap: int) -> Sample:
        """The same with at most about `cap` rows a split: a row is in by the hash of its position."""
        if all(len(rows) <= cap for _, rows in self.tables.values()):
            return self
        tables, capped = dict(self.tables), dict(self.capped)
        for split, (table, rows) in self.tables.items():
            total = self.capped.get(split, len(rows))
            if len(rows) > cap:
                keep = chosen(rows, self.seed, cap / total)
                tables[split] = table.filter(pa.array(keep)), rows[keep]
                capped[split] = total
        return Sample(tables, capped, self.seed)

    def digest(self, columns: tuple[str, ...] | None = None) -> str:
        """SHA-256 of the positions and contents of these columns (default: all)."""
        sha = hashlib.sha256()
        for split, (table, rows) in self.tables.items():
            names = table.column_names if columns is None else [c for c in columns if c in table.column_names]
            sha.update(f"{split}\0{len(rows)}\0{names}".encode() + rows.tobytes())
            for name in names:
                column = pa.table({name: self.array(split, name)})
                sink = pa.BufferOutputStream()
                with pa.ipc.new_stream(sink, column.schema) as writer:
                    writer.write_table(column)
                sha.update(sink.getvalue())
        return sha.hexdigest()


@dataclass(frozen=True, slots=True, eq=False)
class Derivations:
    """Derived columns by split and name, and what could not be derived, with the reason."""

    by_split: dict[str, dict[str, Derived]]
    failed: dict[str, str]


def module(name: str) -> ModuleType:
    """The module of a derivation."""
    return importlib.import_module(f"auditor.derive.{name}")


def skips(name: str, setting: Setting) -> str | None:
    """Why this derivation cannot run on such data, or None."""
    made_by = module(name)
    reason = next((reason for need in getattr(made_by, "needs", ()) if (reason := lack(need, setting))), None)
    return reason or (made_by.lacks(setting) if hasattr(made_by, "lacks") else None)


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
    return Sample(tables, {s: n for s, n in rows.items() if n > cap}, seed)


def run(names: Iterable[str], setting: Setting, read: Reader, progress: Callable[[str, int, int | None], None]) -> Derivations:
    """Runs the derivations over one sample. One that fails is told with its cause; the others go on.

    Raises InputError where a column that was given for the purpose cannot be used (probabilities of the wrong number).
    """
    names = sorted(names)
    done: dict[str, dict[str, Derived]] = {}
    failed: dict[str, str] = {}
    if not names:
        return Derivations(done, failed)
    drawn = sample(read(_wanted(names, setting)), {s.name: s.rows for s in setting.splits}, setting.seed)
    for i, name in enumerate(names):
        progress("deriving " + name.replace("_", " "), i, len(names))
        try:
            for derived in _made(name, setting, drawn):
                done.setdefault(derived.split, {})[derived.name] = derived
        except InputError:
            raise
        except Exception as cause:
            failed[name] = f"{type(cause).__name__}: {cause}"
    return Derivations(done, failed)


def _wanted(names: Iterable[str], setting: Setting) -> tuple[str, ...] | None:
    wanted: set[str] = set()
    for name in names:
        if not hasattr(module(name), "reads"):
            return None
        wanted |= set(module(name).reads(setting))
    return tuple(c.name for c in setting.columns if c.name in wanted)


def _made(name: str, setting: Setting, drawn: Sample) -> list[Derived]:
    """One derivation, on one thread: spinning threads cost CPU, and sums would depend on the number of cores."""
    import scipy.linalg  # noqa: F401  only libraries that are loaded already can be held to one thread
    import sklearn.utils  # noqa: F401
    from threadpoolctl import threadpool_limits

    made_by = module(name)
    part = drawn.cut(getattr(made_by, "CAP", CAP))
    version = getattr(made_by, "VERSION", None)
    key = "" if version is None else _key(name, version, setting, part)
    found = cache.load(key) if key else None
    if found is None:
        with threadpool_limits(1):
            found = [replace(d, info=json.loads(json.dumps(dict(d.info)))) for d in made_by.derive(setting, part)]
        if key:
            cache.store(key, found)
    return found


def _key(name: str, version: int, setting: Setting, part: Sample) -> str:
    """SHA-256 over all that the result depends on: contents, roles, kinds, seed, versions."""
    from importlib.metadata import version as installed

    columns = module(name).reads(setting) if hasattr(module(name), "reads") else None
    said = [
        name,
        version,
        setting.seed,
        setting.task,
        sorted(setting.roles.items()),
        [(c.name, c.kind, c.id_like) for c in setting.columns],
        [(s.name, s.part, s.rows) for s in setting.splits],
        {k: installed(k) for k in ("numpy", "scipy", "scikit-learn", "pyarrow", "pandas")},
        module(name).depends(setting) if hasattr(module(name), "depends") else None,
        part.digest(columns),
    ]
    return hashlib.sha256(json.dumps(said, ensure_ascii=True).encode()).hexdigest()
