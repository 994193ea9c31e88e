"""The score of the favourable class, with label and groups, of a capped sample of rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from auditor.check import Tally
from auditor.groups import encode
from auditor.rows import Batch, InputError, Setting
from auditor.statistics.sampling import position_hash
from auditor.tallies.groups import GroupCounts
from auditor.tallies.label_gaps import compared_labels

CAP = 200_000  # rows a split: an AUC or a mean of so many is within .002
Part = tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.bool_], NDArray[np.object_]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scored:
    """The scored and labelled rows of one split and attribute, in row order."""

    split: str
    attribute: str
    groups: tuple[str, ...]
    group: NDArray[np.int64]  # (n,) place among the groups
    score: NDArray[np.float64]  # (n,) 0..1
    positive: NDArray[np.bool_]  # (n,)
    seen: int  # rows there were; more than n where only a sample is kept


@dataclass(frozen=True, slots=True, eq=False)
class Scores(Tally):
    """Rows with score, label and groups: all up to 200,000 a split, else those with the smallest position hashes."""

    after = (GroupCounts,)

    parts: dict[str, Part] = field(default_factory=dict)  # positions, scores, positive, (n, attributes) values
    seen: dict[str, int] = field(default_factory=dict)
    seed: int = 0
    wrong: str = ""  # why the scores cannot be read

    @classmethod
    def columns(cls, setting: Setting) -> Iterable[str]:
        return tuple(c for c in (*setting.roles.sensitive, setting.roles.label, *score_columns(setting)) if c)

    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        setting = batch.setting
        label = setting.roles.label
        names = [c for c in score_columns(setting) if batch.has(c)]
        if label is None or not batch.has(label) or not names:
            return cls()
        given = batch.column(label).cast(pa.string())
        try:
            favourable, labels = _favourable(after[0], setting)
            score = _score(batch, names, favourable, labels)
        except InputError as wrong:
            return cls(wrong=str(wrong))
        rows = np.flatnonzero(np.asarray(given.is_valid()) & ~np.isnan(score))
        positive = np.asarray(pc.fill_null(pc.equal(given, favourable), False))
        values = np.empty((len(rows), len(setting.roles.sensitive)), object)
        for j, name in enumerate(setting.roles.sensitive):
            values[:, j] = _texts(batch, name, rows)
        part = (batch.rows[rows], score[rows], positive[rows], values)
        return cls({batch.split: part}, {batch.split: len(rows)}, setting.seed)._cut()

    def __add__(self, other: Self) -> Self:
        parts, seen = dict(self.parts), dict(self.seen)
        for split, part in other.parts.items():
            mine = parts.get(split)
            joined = part if mine is None else tuple(np.concatenate(x) for x in zip(mine, part, strict=True))
            parts[split] = joined  # type: ignore[assignment]  # four arrays, as before
            seen[split] = seen.get(split, 0) + other.seen[split]
        seed = self.seed if self.parts else other.seed
        wrong = min((w for w in (self.wrong, other.wrong) if w), default="")
        return type(self)(parts, seen, seed, wrong)._cut()

    def _cut(self) -> Self:
        kept = dict(self.parts)
        for split, part in self.parts.items():
            if len(part[0]) > CAP:
                order = np.argsort(position_hash(part[0], self.seed), kind="stable")[:CAP]
                kept[split] = (part[0][order], part[1][order], part[2][order], part[3][order])
        return replace(self, parts=kept)

    def tables(self, groups: GroupCounts, setting: Setting) -> list[Scored]:
        """One a split and attribute that has scores."""
        found = []
        for split in (s.name for s in setting.splits if s.name in self.parts):
            positions, score, positive, values = self.parts[split]
            order = np.argsort(positions, kind="stable")
            for j, attribute in enumerate(setting.roles.sensitive):
                if groups.too_many((attribute,)):
                    continue
                names = groups.namer(attribute, setting)
                places = [names[v] for v in values[order, j]]
                keys = sorted(set(places))
                at = {key: i for i, key in enumerate(keys)}
                found.append(
                    Scored(
                        split=split,
                        attribute=attribute,
                        groups=tuple(name for _, name in keys),
                        group=np.array([at[p] for p in places], np.int64),
                        score=score[order],
                        positive=positive[order],
                        seen=self.seen[split],
                    )
                )
        return found


def score_columns(setting: Setting) -> tuple[str, ...]:
    """The columns that `--probabilities` names."""
    pattern = setting.roles.probabilities
    return () if not pattern else tuple(c.name for c in setting.columns if c.name == pattern or fnmatchcase(c.name, pattern))


def _favourable(groups: GroupCounts, setting: Setting) -> tuple[str, Sequence[str]]:
    """The favourable label and all labels, sorted. Raises InputError where none is declared or clear."""
    table = next(groups.tables(setting), None)
    if table is None:
        raise InputError("there is no group to compare, or too many to count")
    labels = table.labels
    wanted, reason = compared_labels(setting, labels)
    if reason or len(wanted) != 1:
        raise InputError(reason or "of more than two labels none was declared favourable: give --positive")
    return wanted[0], labels


def _score(batch: Batch, names: Sequence[str], favourable: str, labels: Sequence[str]) -> NDArray[np.float64]:
    """P(favourable) by row, NaN where missing: a single column of numbers, one of lists, or one column a class."""
    name, pattern = names[0], batch.setting.roles.probabilities or ""
    if len(names) > 1:
        head, _, tail = pattern.partition("*")
        name = next((n for n in names if n == f"{head}{favourable}{tail}"), "")
        if not name:
            raise InputError(f"--probabilities {pattern!r} names no column of the favourable label {favourable!r}")
    column = batch.column(name)
    if pa.types.is_list(column.type) or pa.types.is_large_list(column.type) or pa.types.is_fixed_size_list(column.type):
        lengths = pc.unique(pc.list_value_length(column)).drop_null().to_pylist()
        if lengths != [len(labels)] and lengths:
            raise InputError(f"{name!r} holds lists of {lengths[0]} numbers, want {len(labels)}, one for each label")
        column = pc.list_element(column, list(labels).index(favourable))
    try:
        numbers = np.asarray(column.cast(pa.float64()).to_numpy(zero_copy_only=False), np.float64)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise InputError(f"{name!r} holds {column.type}, want numbers in 0..1") from None
    if bool((numbers < 0).any() or (numbers > 1).any()):
        raise InputError(f"{name!r} holds numbers outside 0..1; give probabilities, not scores or logits")
    return numbers


def _texts(batch: Batch, name: str, rows: NDArray[np.int64]) -> Any:
    """The attribute's values as `GroupCounts` spells them."""
    if not batch.has(name):
        return None
    codes, names = encode(batch.column(name))
    spelled = np.empty(len(names), object)
    spelled[:] = names
    return spelled[codes[rows]]
