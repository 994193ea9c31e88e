"""Several files that are one split: a folder of shards."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from auditor.data.stream import shown
from auditor.rows import InputError, Part, Raw, Source


class ShardedSource:
    """Sources one after another as one; positions go on from shard to shard."""

    def __init__(self, path: Path, split: str, part: Part, shards: Sequence[Source]) -> None:
        self.split: str = split
        self.part: Part = part
        self.name = str(path)
        self.shards = tuple(shards)
        self._columns = _common(self.shards)

    @property
    def columns(self) -> Mapping[str, pa.DataType]:
        return self._columns

    @property
    def assumed(self) -> tuple[str, ...]:
        said = [f"{Path(s.name).name}: {one}" for s in self.shards for one in getattr(s, "assumed", ())]
        return (f"{len(self.shards)} files read as one split, in the order of their names", *said)

    @functools.cached_property
    def _digest(self) -> str:
        sha = hashlib.sha256()
        for shard in self.shards:
            sha.update(f"{Path(shard.name).name}\0{shard.digest()}\n".encode())
        return sha.hexdigest()

    def digest(self) -> str:
        """SHA-256 over names and digests of the files."""
        return self._digest

    def read(self, columns: tuple[str, ...] | None = None) -> Iterator[Raw]:
        wanted = tuple(self._columns) if columns is None else tuple(c for c in columns if c in self._columns)
        types = pa.schema([(n, self._columns[n]) for n in wanted])
        first = 0
        for shard in self.shards:
            end = 0
            for raw in shard.read(wanted):
                end = max([end, int(raw.rows[-1]) + 1, *(f.row + 1 for f in raw.faults)])
                faults = tuple(replace(f, row=f.row + first if f.row >= 0 else f.row) for f in raw.faults)
                table = raw.table.cast(types) if wanted and raw.table.schema != types else raw.table
                yield Raw(table=table, rows=raw.rows + first, faults=faults)
            first += end


def _common(shards: Sequence[Source]) -> dict[str, pa.DataType]:
    """Columns and types that all shards share. Raises InputError where names differ or types cannot be put together."""
    first = shards[0]
    columns = dict(first.columns)
    for shard in shards[1:]:
        odd = set(columns) ^ set(shard.columns)
        if odd:
            name = sorted(odd)[0]
            has, lacks = (first, shard) if name in columns else (shard, first)
            raise InputError(
                f"{shown(lacks.name)}: has no column {name!r} as {shown(Path(has.name).name)} has, want the same columns "
                "in every file of a folder; name one file"
            )
        for name, kind in shard.columns.items():
            try:
                merged = pa.unify_schemas(
                    [pa.schema([("", columns[name])]), pa.schema([("", kind)])], promote_options="permissive"
                )
            except pa.ArrowException:
                raise InputError(
                    f"{shown(shard.name)}: column {name!r} is {kind}, in {shown(Path(first.name).name)} it is {columns[name]}, "
                    "want one type; convert one of them"
                ) from None
            columns[name] = merged.field(0).type
    return columns
