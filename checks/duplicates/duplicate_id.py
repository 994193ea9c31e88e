"""DUP105."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Self

from auditor.check import Check, Specimen, Tally
from auditor.model import Affected, Reading, Where
from auditor.rows import Batch, Roles, Setting
from auditor.statistics.proportions import share
from auditor.tallies.copies import distinct, repeats
from auditor.tallies.hashing import hashed_column, hashed_row
from auditor.tallies.keys import content
from auditor.tallies.records import Records

ID = Roles(id="key")
CONTENT = 2


@dataclass(frozen=True, slots=True, eq=False)
class IdKeys(Tally):
    """The hashes of every row's id and content, by split (24 bytes a row; kept on disk beyond a cap)."""

    rows: Records = field(default_factory=Records)  # places: splits; words id, row, content

    @classmethod
    def columns(cls, setting: Setting) -> Iterable[str]:
        return (*content(setting), setting.roles.id) if setting.roles.id else ()

    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        name = batch.setting.roles.id
        if name is None or not batch.has(name):
            return cls()
        known = batch.column(name).is_valid().to_numpy(zero_copy_only=False)
        rest = hashed_row(batch, [n for n in content(batch.setting) if batch.has(n)])
        return cls(Records.of(batch.split, hashed_column(batch, name)[known], batch.rows[known], rest[known]))

    def __add__(self, other: Self) -> Self:
        return type(self)(self.rows + other.rows)


class DuplicateId(Check[IdKeys]):
    """An id names more than one row of a split.

    ## Why
    Joins, fixes and splits by id then touch the wrong rows; two contents under one id mean that one of them is false.

    ## Measured
    Rows beyond the first of their id / rows with an id, by split: share, 0 to 1, high is bad. Those that differ from the rows
    before them in any other column are counted beside it.

    ## Fix
    Mend the ids at their source; where one id has several rows by design, give that column the role group instead.

    ## Known limits
    Tables in long form, with one row a visit or a turn, repeat their id by design: that is an entity, not an id.

    ## Source
    An id is unique by definition: any repeat is an error.
    """

    code = "DUP105"
    needs = ("id",)
    error_above: float | None = 0.0  # unique by definition
    good = Specimen(train={"key": ["a", "b", None, None], "n": [1.0, 1.0, 1.0, 2.0]}, roles=ID)
    bad = Specimen(train={"key": ["a", "b", "a", "a"], "n": [1.0, 1.0, 1.0, 2.0]}, roles=ID, found=1)

    def judge(self, setting: Setting, keys: IdKeys) -> Iterator[Reading]:
        column = setting.roles.id or ""
        for split in setting.splits:
            if split.name not in keys.rows.places:
                continue
            _, examined = distinct(keys.rows, split.name)
            found = repeats(keys.rows, split.name)
            differing = len(repeats(keys.rows, split.name, apart=CONTENT))
            yield self.read(
                Where(split=split.name, columns=(column,)),
                share("duplicate_id_share", len(found), examined),
                f"{len(found):,} of {examined:,} rows of {split.name} repeat the {column!r} of an earlier row, "
                f"{differing:,} of them with other content{found.note}",
                affected=len(found),
                examined=examined,
                rows=Affected(split=split.name, row=found.row, twin_split=split.name, twin_row=found.twin, cluster=found.twin),
            )
