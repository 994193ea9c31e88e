"""The first look: what lies in every column, before any kind is decided."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from auditor.check import Tally
from auditor.rows import Batch, Setting
from auditor.tallies.hashing import hashed
from auditor.tallies.places import Places, joined

NULL_WORDS = ("", "NA", "N/A", "n/a", "#N/A", "None", "none", "nan", "NaN", "NAN", "-", "--", "?", "null", "NULL", "Null")
"""Spellings of "missing" that are counted.

In a column whose other values are all numbers, dates or bools they are read as null."""

NUMBER = r"^\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*$"
INTEGER = r"^\s*[+-]?\d+\s*$"
ZERO_LED = r"^\s*[+-]?0\d"
NON_FINITE = r"(?i)^\s*[+-]?inf(inity)?\s*$"
DATE = r"^\s*\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?\s*$"
BOOL = r"(?i)^(true|false)$"
NAMED = r"(?i)^([0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}|[0-9a-f]{16,}|[a-z]{1,12}[-_:#]?\d{2,})$"
"""UUID, long hexadecimal, or a prefix and digits: the forms of an identifier."""

SKETCH = 4096
WORDS = 4096
SPELLED_CAP = 10_000
"""Positions kept for each spelling of null of a column."""


@dataclass(frozen=True, slots=True)
class ColumnLook:
    """Counts of one column of one split. All are exact but `distinct`, a k-minimum-values sketch of 4,096 hashes
    (exact up to 4,096 values, standard error 1.6 % above; Bar-Yossef et al. 2002, doi:10.1007/3-540-45726-7_1)."""

    dtype: str = ""
    n: int = 0
    nulls: int = 0  # Arrow nulls
    spelled: Counter[str] = field(default_factory=Counter)  # null words by spelling
    kinds: Counter[str] = field(default_factory=Counter)  # number, date, bool, text: counts of non-null values
    integers: int = 0
    zero_led: int = 0  # digit strings such as 007
    non_finite: int = 0
    nan: int = 0  # NaN that is no null
    named: int = 0  # values in the form of an identifier
    smallest: NDArray[np.uint64] = field(default_factory=lambda: np.empty(0, np.uint64))
    words: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))  # histogram of words a value
    characters: int = 0
    low: float | None = None
    high: float | None = None
    runs: tuple[tuple[int, float, float, bool], ...] = ()  # (position, first, last, strictly rising) a batch
    spelled_at: dict[str, Places] = field(default_factory=dict)  # null word -> its rows, the first 10,000

    @property
    def present(self) -> int:
        """Values that are neither null nor a spelling of null."""
        return self.n - self.nulls - self.spelled.total()

    @property
    def distinct(self) -> int:
        if len(self.smallest) < SKETCH:
            return len(self.smallest)
        return round((SKETCH - 1) / (float(self.smallest[-1]) / 2.0**64))

    @property
    def median_words(self) -> float:
        total = int(self.words.sum())
        return float(np.searchsorted(np.cumsum(self.words), total / 2)) if total else 0.0

    @property
    def rising(self) -> bool:
        """True where the numbers rise strictly from the first row to the last."""
        runs = sorted(self.runs)
        return bool(runs) and all(r[3] for r in runs) and all(a[2] < b[1] for a, b in itertools.pairwise(runs))

    @property
    def id_like(self) -> bool:
        """Nearly every value differs (> .95), and it counts rows (rises, or fills a range) or has the form of an identifier.

        Asked from 100 rows on; never of floats.
        """
        n = self.present
        if n < 100 or self.distinct <= 0.95 * n:
            return False
        if self.kinds["number"] == n and self.integers == n and self.low is not None and self.high is not None:
            return self.rising or self.high - self.low < 2 * n
        return self.named > 0.95 * n

    def __add__(self, other: ColumnLook) -> ColumnLook:
        smallest = np.union1d(self.smallest, other.smallest)[:SKETCH]
        words = np.zeros(max(len(self.words), len(other.words)), np.int64)
        words[: len(self.words)] += self.words
        words[: len(other.words)] += other.words
        return ColumnLook(
            dtype=self.dtype or other.dtype,
            n=self.n + other.n,
            nulls=self.nulls + other.nulls,
            spelled=self.spelled + other.spelled,
            kinds=self.kinds + other.kinds,
            integers=self.integers + other.integers,
            zero_led=self.zero_led + other.zero_led,
            non_finite=self.non_finite + other.non_finite,
            nan=self.nan + other.nan,
            named=self.named + other.named,
            smallest=smallest,
            words=words,
            characters=self.characters + other.characters,
            low=min((x for x in (self.low, other.low) if x is not None), default=None),
            high=max((x for x in (self.high, other.high) if x is not None), default=None),
            runs=self.runs + other.runs,
            spelled_at=joined(self.spelled_at, other.spelled_at),
        )


@dataclass(frozen=True, slots=True)
class Look(Tally):
    """Per split and column, what the values are. Bounded by 4,096 hashes a column and one entry a batch."""

    by: dict[tuple[str, str], ColumnLook] = field(default_factory=dict)
    rows: Counter[str] = field(default_factory=Counter)  # records by split

    @classmethod
    def columns(cls, setting: Setting) -> Iterable[str]:
        return tuple(c.name for c in setting.columns)

    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        looks = {(batch.split, name): look(batch.column(name), batch.rows) for name in batch.table.column_names}
        return cls(looks, Counter({batch.split: len(batch)}))

    def __add__(self, other: Self) -> Self:
        by = dict(self.by)
        for key, value in other.by.items():
            by[key] = by[key] + value if key in by else value
        return type(self)(by, self.rows + other.rows)

    def column(self, name: str) -> ColumnLook:
        """The column over all splits."""
        total = ColumnLook()
        for (_, column), value in self.by.items():
            if column == name:
                total = total + value
        return total


def look(values: pa.Array, rows: NDArray[np.int64] | int) -> ColumnLook:
    """The look at one array whose values stand at these positions, or from this position on."""
    if isinstance(rows, int):
        rows = np.arange(rows, rows + len(values), dtype=np.int64)
    kind = values.type
    if pa.types.is_dictionary(kind):
        values = values.cast(kind.value_type)
        kind = values.type
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return _strings(values, rows)
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return _numbers(values, int(rows[0]) if len(rows) else 0)
    name = "bool" if pa.types.is_boolean(kind) else "date" if pa.types.is_temporal(kind) else "other"
    present = len(values) - values.null_count
    hashes = np.empty(0, np.uint64)
    if name in ("bool", "date"):
        hashes = _hashes(values)
    elif pa.types.is_nested(kind):
        hashes = smallest(hashed(values.drop_null()))
    return ColumnLook(str(kind), len(values), values.null_count, kinds=Counter({name: present}), smallest=hashes)


def _hashes(values: pa.Array) -> NDArray[np.uint64]:
    """The smallest hashes of the distinct non-null values, ascending."""
    from pandas.util import hash_array

    array = values.drop_null()
    if pa.types.is_temporal(array.type):
        array = array.cast(pa.int64()) if array.type.bit_width == 64 else array.cast(pa.int32()).cast(pa.int64())
    plain = np.asarray(array.to_numpy(zero_copy_only=False))
    return smallest(hash_array(plain, categorize=False))


def smallest(hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """The SKETCH smallest distinct hashes, ascending; where there are many, only those below a bound are sorted."""
    if len(hashes) > 8 * SKETCH:
        low = np.unique(hashes[hashes < np.uint64(int(2**64 / len(hashes) * 3 * SKETCH))])
        if len(low) >= SKETCH:
            return low[:SKETCH]
    return np.unique(hashes)[:SKETCH]


def _numbers(values: pa.Array, first: int) -> ColumnLook:
    whole = pa.types.is_integer(values.type)
    plain = values.drop_null().cast(pa.float64(), safe=False).to_numpy()
    finite = plain if whole else plain[np.isfinite(plain)]
    nan = 0 if whole else int(np.isnan(plain).sum())
    run: tuple[tuple[int, float, float, bool], ...] = ()
    if whole and len(plain):
        run = ((first, float(plain[0]), float(plain[-1]), bool(np.all(np.diff(plain) > 0))),)
    return ColumnLook(
        dtype=str(values.type),
        n=len(values),
        nulls=values.null_count,
        kinds=Counter({"number": len(plain)}),
        integers=len(plain) if whole else 0,
        non_finite=len(plain) - len(finite) - nan,
        nan=nan,
        smallest=_hashes(values) if len(plain) else np.empty(0, np.uint64),
        low=float(finite.min()) if len(finite) else None,
        high=float(finite.max()) if len(finite) else None,
        runs=run,
    )


def _strings(values: pa.Array, rows: NDArray[np.int64]) -> ColumnLook:
    counted = pc.value_counts(values.drop_null())
    texts, weights = counted.field(0), counted.field(1).to_numpy()

    def having(pattern: str, among: NDArray[np.bool_]) -> NDArray[np.bool_]:
        hits = np.zeros(len(texts), np.bool_)
        if among.any():
            some = texts if among.all() else texts.filter(among)
            hits[among] = pc.match_substring_regex(some, pattern).to_numpy(zero_copy_only=False)
        return hits

    null_word = pc.is_in(texts, pa.array(NULL_WORDS, texts.type)).to_numpy(zero_copy_only=False)
    spelled = Counter({str(t): int(w) for t, w in zip(texts.filter(null_word), weights[null_word], strict=True)})
    number = having(NUMBER, ~null_word)
    infinite = having(NON_FINITE, ~number & ~null_word)
    number |= infinite
    date, boolean = having(DATE, ~number & ~null_word), having(BOOL, ~number)
    other = ~(number | date | boolean | null_word)
    kinds = {"number": number, "date": date, "bool": boolean, "text": other}
    spaces = sum(pc.count_substring(texts, s).to_numpy(zero_copy_only=False).astype(np.int64) for s in (" ", "\n", "\t"))
    words = np.bincount(np.minimum(spaces + 1, WORDS), weights=weights).astype(np.int64) if len(texts) else np.zeros(0, np.int64)
    whole = having(INTEGER, number)
    lengths = pc.utf8_length(texts).to_numpy(zero_copy_only=False).astype(np.int64)
    low = high = None
    runs: tuple[tuple[int, float, float, bool], ...] = ()
    if whole.any():
        plain = pc.utf8_trim_whitespace(texts.filter(whole)).cast(pa.float64()).to_numpy()
        low, high = float(plain.min()), float(plain.max())
    return ColumnLook(
        dtype=str(values.type),
        n=len(values),
        nulls=values.null_count,
        spelled=spelled,
        kinds=Counter({name: int(weights[mask].sum()) for name, mask in kinds.items() if mask.any()}),
        integers=int(weights[whole].sum()),
        zero_led=int(weights[having(ZERO_LED, number)].sum()),
        non_finite=int(weights[infinite].sum()),
        named=int(weights[having(NAMED, ~number | (lengths >= 16))].sum()),
        smallest=_hashes(texts.filter(~null_word)) if len(texts) else np.empty(0, np.uint64),
        words=words,
        characters=int((lengths * weights).sum()),
        low=low,
        high=high,
        runs=runs,
        spelled_at={word: Places.of(pc.equal(values, word), rows, SPELLED_CAP) for word in spelled},
    )
