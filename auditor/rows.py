"""What an audit reads: rows with roles. Imports nothing of ours."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

Kind = Literal["number", "bool", "time", "category", "text", "list", "struct", "binary", "null"]
Part = Literal["train", "held-out", "reference"]
PLAIN = (("0", "1"), ("false", "true"), ("-1", "1"))
"""Pairs of values whose favourable one, the second, needs no declaration."""
Task = Literal["classification", "regression", "multilabel", "language-modeling", "chat", "preference"]


MANY = ("text", "sensitive", "annotators")
"""Roles that several columns may have."""


class InputError(Exception):
    """The user's input cannot be audited. The message says in one line what was got, what was wanted, what to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """Which column plays which part. A str given for a tuple field becomes a tuple of one."""

    text: Sequence[str] = ()  # the texts to learn from
    label: str | None = None  # what is to be predicted
    sensitive: Sequence[str] = ()  # groups of people that must not be treated worse
    annotators: Sequence[str] = ()  # one column an annotator: what each of them gave the row, null where none was asked
    group: str | None = None  # entity: user, patient, document
    time: str | None = None
    id: str | None = None
    weight: str | None = None
    prediction: str | None = None
    probabilities: str | None = None  # a list column of K numbers, or a glob of K columns
    messages: str | None = None
    prompt: str | None = None
    response: str | None = None
    chosen: str | None = None
    rejected: str | None = None
    image: str | None = None
    audio: str | None = None

    def __post_init__(self) -> None:
        for name in MANY:
            value = getattr(self, name)
            if isinstance(value, str):
                object.__setattr__(self, name, (value,))
            elif not isinstance(value, tuple):
                object.__setattr__(self, name, tuple(value or ()))

    def items(self) -> Iterator[tuple[str, str]]:
        """(role, column) for every role that was given."""
        for f in fields(self):
            value = getattr(self, f.name)
            for column in (value,) if isinstance(value, str) else value or ():
                yield f.name, column

    def of(self, column: str) -> tuple[str, ...]:
        """The roles that this column plays."""
        return tuple(role for role, name in self.items() if name == column)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column as the audit treats it, decided from all its rows."""

    name: str
    kind: Kind
    dtype: str  # Arrow type as read
    id_like: bool = False  # nearly every value differs, and it counts or names rows
    distinct: int = 0  # distinct non-null values over all splits; exact to 4,096, then within about 2 %
    splits: tuple[str, ...] = ()  # the splits that have the column
    spelled_nulls: tuple[str, ...] = ()  # texts that stand for "missing" and are read as null
    median_words: float = 0.0  # text columns: median length in words


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """One split of the data set."""

    name: str  # "train", "validation", "test" or the name of a reference set
    part: Part
    source: str  # path or kind of object it was read from
    rows: int = 0  # records read


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What is known before anything is counted: roles, kinds, splits, options."""

    data: str  # name of the data set
    roles: Roles
    columns: tuple[Column, ...]
    splits: tuple[Split, ...]
    task: Task | None = None
    positive: str | None = None  # the favourable label or prediction
    seed: int = 0
    options: Mapping[str, Any] = field(default_factory=dict)  # expectations, model, sample, min_group ...
    derived: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)  # name -> how it was made

    def column(self, name: str) -> Column:
        """The column of that name. KeyError where there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(name)

    @property
    def held_out(self) -> tuple[Split, ...]:
        return tuple(s for s in self.splits if s.part != "train")

    @property
    def training(self) -> tuple[Split, ...]:
        """The splits to learn from; where none was given, all of them."""
        return tuple(s for s in self.splits if s.part == "train") or self.splits

    @property
    def label_is_class(self) -> bool:
        """True where the label names classes, False for numbers to regress on or no label."""
        if self.roles.label is None or self.task in ("regression", "language-modeling", "chat", "preference"):
            return False
        return self.task in ("classification",) or self.column(self.roles.label).kind in ("category", "bool", "text")

    def favourable(self, values: Iterable[str]) -> str | None:
        """The favourable one of these values: the declared one where it is among them; else 1 of 0 and 1, true of false and
        true, 1 of -1 and 1, or what is left of such a pair where the other does not occur. None where nothing tells."""
        names = set(values)
        if self.positive is not None:
            return self.positive if self.positive in names else None
        return next((good for bad, good in PLAIN if names and names <= {bad, good}), None)

    def known_favourable(self, values: Iterable[str]) -> str | None:
        """`favourable` of the values of all splits. Raises InputError where the declared one is none of them."""
        known = set(values)
        if self.positive is not None and known and self.positive not in known:
            listed = ", ".join(repr(v[:60]) for v in sorted(known)[:6])
            raise InputError(f"got --positive {self.positive!r}, want one of the labels {listed}")
        return self.favourable(known)

    @property
    def features(self) -> tuple[Column, ...]:
        """Columns that a model could learn from: no label, annotation, id, weight, time, prediction, and none that is id-like."""
        roles = self.roles
        out = {roles.label, roles.id, roles.weight, roles.prediction, roles.group, *roles.annotators}
        given = roles.probabilities or ""  # a name or a glob
        return tuple(
            c for c in self.columns if c.name not in out and not c.id_like and c.name != given and not fnmatchcase(c.name, given)
        )

    def kinds(self, *kinds: Kind) -> tuple[Column, ...]:
        """The features of these kinds."""
        return tuple(c for c in self.features if c.kind in kinds)


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A record that could not be read as it stands, or was mended in reading."""

    kind: Literal["ragged", "cut", "unbalanced-quote", "bom", "unreadable", "nul", "invalid-utf8"]
    row: int  # position it has among the split's records; -1 = the whole file
    line: int = -1  # 1-based line in the file, where known
    detail: str = ""
    lost: bool = True  # the record is left out of the audit


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Derived:
    """A model-assisted column of one split: values for the rows at `rows`."""

    name: str
    split: str
    rows: NDArray[np.int64]  # (n,) ascending positions
    values: NDArray[Any]  # (n,) or (n, K)
    info: Mapping[str, Any] = field(default_factory=dict)  # model, seed, folds, classes, sample cap, digest

    def between(self, first: int, last: int) -> Derived:
        """The part whose positions lie in [first, last]."""
        import numpy as np

        a, b = np.searchsorted(self.rows, [first, last + 1])
        return Derived(name=self.name, split=self.split, rows=self.rows[a:b], values=self.values[a:b], info=self.info)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Batch:
    """Arrow rows of one split. Holds only the columns that the tallies of this pass asked for."""

    split: str
    table: pa.Table
    rows: NDArray[np.int64]  # (n,) ascending positions of the records among the split's records
    setting: Setting
    faults: tuple[Fault, ...] = ()
    derived: Mapping[str, Derived] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rows)

    def has(self, name: str) -> bool:
        return name in self.table.column_names

    def column(self, name: str) -> pa.Array:
        """The column as one Arrow array. KeyError where this split has none."""
        import pyarrow as pa

        chunked = self.table.column(name)
        if chunked.num_chunks == 1:
            return chunked.chunk(0)
        return pa.concat_arrays(chunked.chunks) if chunked.num_chunks else pa.array([], chunked.type)


class Source(Protocol):
    """One split that can be read again and again, in the same order and the same batches."""

    @property
    def split(self) -> str: ...

    @property
    def part(self) -> Part: ...

    @property
    def name(self) -> str:
        """The path, or what kind of object it is."""
        ...

    @property
    def columns(self) -> Mapping[str, pa.DataType]:
        """Column names and types as they lie in the source (a CSV: all strings)."""
        ...

    def read(self, columns: tuple[str, ...] | None = None) -> Iterator[Raw]:
        """Batches of at most 65,536 rows or 32 MB, whichever is less; `columns=None` reads all."""
        ...

    def digest(self) -> str:
        """SHA-256 of the content: of the file's bytes, or of the Arrow data."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Raw:
    """A batch as it lies in the source: not yet typed."""

    table: pa.Table
    rows: NDArray[np.int64]
    faults: tuple[Fault, ...] = ()
