"""A bounded sample of the predicted rows: how wrong each prediction is, and the values by which rows are sliced."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from auditor.check import Tally
from auditor.groups import FEW_LEVELS, MISSING
from auditor.rows import Batch, Column, Derived, Setting
from auditor.statistics.sampling import chosen
from auditor.tallies.outcomes import plain
from auditor.tallies.texts import words
from auditor.turns import text_of

CAP_ROWS = 40_000  # about so many predicted rows a split are searched: a row is in or out by the hash of its position
CAP_COLUMNS = 30  # columns that are sliced by, in their order in the data
BINS = 5  # quantile bins of a number (bias reference, section 8)
POOLED = 0.01  # levels of a smaller share are one: (other)
OTHER = "(other)"
TOPICS = "text_topics"
NO_TOPIC = "(no topic)"  # a text without any of the words that topics are made of


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SliceTable:
    """The sampled rows of one split, in row order, with every column cut into levels."""

    rows: NDArray[np.int64]  # (n,) positions
    outcome: NDArray[np.float64]  # (n,) 1 = wrong and 0 = right, or the absolute error of a number
    codes: NDArray[np.int64]  # (n, columns)
    columns: tuple[str, ...]
    names: tuple[tuple[str, ...], ...]  # by column: `column=value` of each level


def sliced(setting: Setting) -> tuple[Column, ...]:
    """The columns that rows are sliced by: categories and numbers by value, texts by their number of words (and by topic)."""
    return setting.kinds("category", "bool", "number", "text")[:CAP_COLUMNS]


@dataclass(frozen=True, slots=True, eq=False)
class SliceRows(Tally):
    """Predicted and labelled rows, by split: all of them up to about 40,000, else a sample by the hash of the position.

    A share read from the sample has a standard error of at most .0025. At most 30 columns are kept, and the topics of texts.
    """

    may_derive = ("text_topics",)

    parts: dict[str, tuple[pa.Table, ...]] = field(default_factory=dict)

    @classmethod
    def columns(cls, setting: Setting) -> Iterable[str]:
        roles = setting.roles
        return tuple(c for c in (roles.label, roles.prediction, *(c.name for c in sliced(setting))) if c)

    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        setting, roles = batch.setting, batch.setting.roles
        if roles.label is None or roles.prediction is None or not (batch.has(roles.label) and batch.has(roles.prediction)):
            return cls()
        total = next(s.rows for s in setting.splits if s.name == batch.split)
        keep = chosen(batch.rows, setting.seed, CAP_ROWS / total) if total > CAP_ROWS else np.ones(len(batch), np.bool_)
        outcome = wrong(batch.column(roles.label), batch.column(roles.prediction), setting.label_is_class)
        keep &= np.isfinite(outcome)
        mask = pa.array(keep)
        cells: dict[str, Any] = {"row": batch.rows[keep], "outcome": outcome[keep]}
        for i, column in enumerate(sliced(setting)):
            if batch.has(column.name):
                cells[f"c{i}"] = _values(batch.column(column.name).filter(mask), column)
        found = batch.derived.get(TOPICS)
        for i, places in enumerate(_places(found, batch.rows[keep]).T if found is not None else ()):
            cells[f"t{i}"] = places
        return cls({batch.split: (pa.table(cells),)})

    def __add__(self, other: Self) -> Self:
        keys = dict.fromkeys([*self.parts, *other.parts])
        return type(self)({k: self.parts.get(k, ()) + other.parts.get(k, ()) for k in keys})

    def table(self, split: str, setting: Setting) -> SliceTable | None:
        """The rows of a split; None where none was predicted."""
        if split not in self.parts:
            return None
        rows = pa.concat_tables(self.parts[split]).sort_by("row")
        if not rows.num_rows:
            return None
        here = [(i, c) for i, c in enumerate(sliced(setting)) if f"c{i}" in rows.column_names]
        cut = [_levels(rows.column(f"c{i}"), c, setting) for i, c in here]
        about = [(i, a) for i, a in enumerate(topics(setting)) if a.get("topics") and f"t{i}" in rows.column_names]
        cut += [(rows.column(f"t{i}").to_numpy() + 1, _titled(a)) for i, a in about]
        codes = np.stack([code for code, _ in cut], axis=1) if cut else np.empty((rows.num_rows, 0), np.int64)
        return SliceTable(
            rows=rows.column("row").to_numpy(),
            outcome=rows.column("outcome").to_numpy(),
            codes=codes,
            columns=(*(c.name for _, c in here), *(a["column"] for _, a in about)),
            names=tuple(names for _, names in cut),
        )


def topics(setting: Setting) -> Sequence[Mapping[str, Any]]:
    """The columns of texts that were to be clustered: `column`, and `topics` or the `reason` for none."""
    found: Sequence[Mapping[str, Any]] = setting.derived.get(TOPICS, {}).get("columns", ())
    return found


def by_length_only(setting: Setting) -> str:
    """Why some texts are sliced by their length alone; "" where none is."""
    if not any(c.kind == "text" for c in sliced(setting)):
        return ""
    whole = setting.derived.get(TOPICS, {}).get("reason")
    said = [f"texts by length only: {whole}"] if whole else []
    said += [f"{a['column']!r} by length only: {a['reason']}" for a in topics(setting) if a.get("reason")]
    return "; ".join(said)


def _places(found: Derived, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """(rows, columns) the topic of each of these rows, -1 for a row that was not clustered."""
    if not len(found.rows):
        return np.full((len(rows), found.values.shape[1]), -1, np.int64)
    at = np.minimum(np.searchsorted(found.rows, rows), len(found.rows) - 1)
    return np.where((found.rows[at] == rows)[:, None], found.values[at], -1)


def _titled(about: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(f"topic of {about['column']}={name}" for name in (NO_TOPIC, *about["topics"]))


def wrong(labels: pa.Array, predictions: pa.Array, classes: bool) -> NDArray[np.float64]:
    """How wrong each prediction is: 0 or 1 for classes, the absolute error for numbers; NaN where either is missing."""
    if classes:
        (y, names), (said, others) = plain(labels), plain(predictions)
        place = {name: i for i, name in enumerate(names) if name is not None}
        same = np.array([-1 if other is None else place.get(other, -2) for other in others], np.int64)
        known = np.array([name is not None for name in names], np.bool_)
        told = known[y] & (same[said] != -1)
        return np.where(told, (same[said] != y).astype(float), np.nan)
    if not all(pa.types.is_integer(x.type) or pa.types.is_floating(x.type) for x in (labels, predictions)):
        return np.full(len(labels), np.nan)
    a, b = (np.asarray(x.cast(pa.float64()).to_numpy(zero_copy_only=False), float) for x in (labels, predictions))
    return np.asarray(np.abs(a - b), float)


def _values(values: pa.Array, column: Column) -> pa.Array:
    if column.kind == "text":
        return pa.array(words(text_of(values)).astype(float))
    if column.kind == "number":
        return values.cast(pa.float64(), safe=False)
    return pa.nulls(len(values), pa.string()) if pa.types.is_nested(values.type) else values.cast(pa.string())


def _levels(values: pa.ChunkedArray, column: Column, setting: Setting) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """(level of each row, name of each level); levels of less than 1 % of the rows are pooled."""
    title = f"words of {column.name}" if column.kind == "text" else column.name
    if pa.types.is_floating(values.type):
        numbers = values.to_numpy().astype(float)
        given = numbers[np.isfinite(numbers)]
        distinct = np.unique(given)
        cuts = setting.options.get("cuts", {}).get(column.name)
        if cuts is not None or len(distinct) > FEW_LEVELS or np.any(distinct != np.rint(distinct)):
            return _binned(numbers, title, cuts)
        texts: Sequence[str | None] = [f"{x:g}" if np.isfinite(x) else None for x in numbers]
    else:
        texts = values.to_pylist()
    names, codes, counts = np.unique(
        np.array([MISSING if t is None else t for t in texts], object).astype(str), return_inverse=True, return_counts=True
    )
    rare = counts < POOLED * len(texts)
    if rare.sum() < 2:
        return codes.astype(np.int64), tuple(f"{title}={name}" for name in names.tolist())
    place = np.where(rare, 0, np.cumsum(~rare))
    return place[codes].astype(np.int64), tuple(f"{title}={name}" for name in (OTHER, *names[~rare].tolist()))


def _binned(numbers: NDArray[np.float64], title: str, cuts: Sequence[float] | None) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    given = numbers[np.isfinite(numbers)]
    inner = np.quantile(given, np.arange(1, BINS) / BINS, method="inverted_cdf") if cuts is None and len(given) else cuts or ()
    edges = np.unique(np.asarray(inner, float))
    code = np.searchsorted(edges, numbers, side="right") + 1
    code[~np.isfinite(numbers)] = 0
    ends = ["-inf", *(f"{e:g}" for e in edges.tolist()), "inf"]
    return code.astype(np.int64), (f"{title}={MISSING}", *(f"{title}=[{a}, {b})" for a, b in itertools.pairwise(ends)))
