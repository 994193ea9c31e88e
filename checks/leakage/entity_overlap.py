"""LEK103."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Self

from auditor.check import Check, Specimen, Tally
from auditor.model import Affected, Reading, Where
from auditor.rows import Batch, Roles, Setting
from auditor.statistics.proportions import share
from auditor.tallies.copies import distinct, shared
from auditor.tallies.hashing import hashed_column
from auditor.tallies.keys import pairs
from auditor.tallies.records import Records

PATIENT = Roles(group="patient")


@dataclass(frozen=True, slots=True, eq=False)
class EntityKeys(Tally):
    """The hash of every row's entity, by split (16 bytes a row; kept on disk beyond a cap). Rows without one have none."""

    rows: Records = field(default_factory=Records)  # places: splits; words entity, row

    @classmethod
    def columns(cls, setting: Setting) -> Iterable[str]:
        return (setting.roles.group,) if setting.roles.group else ()

    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        name = batch.setting.roles.group
        if name is None or not batch.has(name):
            return cls()
        known = batch.column(name).is_valid().to_numpy(zero_copy_only=False)
        return cls(Records.of(batch.split, hashed_column(batch, name)[known], batch.rows[known]))

    def __add__(self, other: Self) -> Self:
        return type(self)(self.rows + other.rows)


class EntityOverlap(Check[EntityKeys]):
    """A user, patient, document or other entity has rows on both sides of a split.

    ## Why
    The model recognises the entity instead of the pattern; on entities it has not met it does worse than the held-out score.

    ## Measured
    Held-out rows whose entity (role group) has rows in the other split / held-out rows with an entity, by pair of splits:
    share, 0 to 1, high is bad. The number of shared entities stands beside it.

    ## Fix
    Split again by entity, so that all rows of one entity fall into one split (a group split).

    ## Known limits
    Where known entities are to be forecast (the same shops next month), sharing them is the task: waive it.

    ## Source
    Kaufman et al. 2012, doi:10.1145/2382577.2382579, on leakage across the boundary of legitimate knowledge.
    """

    code = "LEK103"
    needs = ("group", "held-out")
    error_above: float | None = 0.0  # one shared entity breaks a split by entity
    good = Specimen(train={"patient": ["a", "a", "b"]}, test={"patient": ["c", "d"]}, roles=PATIENT)
    bad = Specimen(train={"patient": ["a", "a", "b"]}, test={"patient": ["b", "d"]}, roles=PATIENT, found=1)

    def judge(self, setting: Setting, keys: EntityKeys) -> Iterator[Reading]:
        column = setting.roles.group or ""
        for held, other in pairs(setting):
            where = Where(split=held, columns=(column,), reference=other)
            if not {held, other} <= set(keys.rows.places):
                effect = share("entity_overlap_share", 0, 0)
                yield self.read(where, effect, "", unsure=f"{held} and {other} do not both have {column!r}")
                continue
            entities, examined = distinct(keys.rows, held)
            found = shared(keys.rows, held, other)
            yield self.read(
                where,
                share("entity_overlap_share", len(found), examined),
                f"{found.families:,} of {entities:,} values of {column!r} in {held} have rows in {other} too; "
                f"{len(found):,} of {examined:,} rows of {held} belong to them{found.note}",
                affected=len(found),
                examined=examined,
                rows=Affected(split=held, row=found.row, twin_split=other, twin_row=found.twin),
            )
