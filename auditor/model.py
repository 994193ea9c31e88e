"""What an audit says: effects, readings, findings, outcomes, the audit itself. Imports only the shapes of evidence."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Self

from auditor.shapes import Cell as Cell
from auditor.shapes import Curve as Curve
from auditor.shapes import Evidence as Evidence
from auditor.shapes import Histogram as Histogram
from auditor.shapes import Mark as Mark
from auditor.shapes import Matrix as Matrix
from auditor.shapes import Series as Series
from auditor.shapes import Table as Table

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import pyarrow as pa
    from numpy.typing import NDArray

Level = Literal["error", "warning", "note"]
Status = Literal["found", "clean", "inconclusive", "skipped", "error"]
Verdict = Literal["pass", "pass-with-waivers", "fail", "incomplete"]
LEVELS: tuple[Level, ...] = ("error", "warning", "note")
"""Levels, worst first."""


class AuditFailed(Exception):
    """Raised by `Audit.raise_if_failed` when the verdict is `fail` or `incomplete`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """A measured number with its uncertainty."""

    name: str  # the metric, e.g. "label_rate_ratio"
    value: float | None  # None = undefined, and `reason` says why
    low: float | None = None  # lower end of the 95 % interval
    high: float | None = None  # upper end
    unit: str = ""  # "share" (0..1), "ratio", "rows", "nats", ...
    method: str = ""  # how the interval was made, e.g. "Wilson 95 %"
    reason: str = ""  # why the value is undefined


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """The place of a finding: which split, columns, group; against which reference."""

    split: str = ""
    columns: tuple[str, ...] = ()
    group: str = ""
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One affected row as a page shows it."""

    split: str
    row: int  # 0-based position among the split's records, header not counted
    id: str = ""  # value of the id role
    score: float | None = None  # higher = more surely at fault
    detail: str = ""  # the row's content as the evidence mode allows
    note: str = ""  # what is wrong in this row, e.g. "J 0.86"; never contents
    twin_split: str = ""  # the row it collides with, where there is one
    twin_row: int | None = None
    twin_detail: str = ""
    cluster: int | None = None
    suggestion: str = ""  # what the value or label should probably be


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Affected:
    """Every affected row of a reading, as columns of one length n."""

    split: str | NDArray[np.object_]  # one name for all rows, or a name a row
    row: NDArray[np.int64]  # (n,) positions
    score: NDArray[np.float64] | None = None  # (n,) higher = more surely at fault
    cluster: NDArray[np.int64] | None = None  # (n,) same number = same family of rows
    suggestion: NDArray[np.object_] | None = None  # (n,) str
    twin_split: str | NDArray[np.object_] | None = None
    twin_row: NDArray[np.int64] | None = None  # (n,) the row it collides with
    detail: NDArray[np.object_] | None = None  # (n,) str: what is wrong in this row; never contents of cells

    def __len__(self) -> int:
        return len(self.row)

    def top(self, count: int) -> tuple[Row, ...]:
        """The `count` rows of the highest score, in the order given among equals."""
        import numpy as np

        order = np.arange(len(self)) if self.score is None else np.argsort(-self.score, kind="stable")

        def at(column: Any, i: int, kind: type) -> Any:
            if column is None or isinstance(column, str):
                return column
            return kind(column[i])

        return tuple(
            Row(
                split=at(self.split, i, str),
                row=int(self.row[i]),
                score=at(self.score, i, float),
                cluster=at(self.cluster, i, int),
                suggestion=at(self.suggestion, i, str) or "",
                twin_split=at(self.twin_split, i, str) or "",
                twin_row=at(self.twin_row, i, int),
                note=at(self.detail, i, str) or "",
            )
            for i in order[:count]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a check measured at one place, before limits, multiplicity and waivers make a finding of it."""

    where: Where
    effect: Effect
    message: str  # one sentence with its numbers, true whether or not a limit is broken
    affected: int = 0  # rows at fault
    examined: int = 0  # rows looked at
    rows: Affected | None = None
    evidence: tuple[Evidence, ...] = ()
    fix: str = ""  # one line: what to do
    p: float | None = None  # uncorrected p-value; corrected over the family by the judge
    level: Level | Literal["clean", ""] = ""  # "" = weigh the effect against the limits of the check
    limit: float | None = None  # the limit that was used, where `level` is given
    at_most: Level = "error"  # the worst level this reading may reach
    unsure: str = ""  # why it could not be told; makes the outcome inconclusive


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """An entry of a section of the audit, e.g. Record("bias", "comparisons", {...})."""

    section: str
    list: str
    values: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A reading that broke a limit."""

    code: str
    name: str
    level: Level
    where: Where
    message: str
    effect: Effect
    limit: float | None
    affected: int
    examined: int
    rows: tuple[Row, ...]  # at most ten
    evidence: tuple[Evidence, ...]
    fix: str
    fingerprint: str  # SHA-256 over code, data name and place; no values
    q: float | None = None  # Benjamini-Hochberg corrected p-value, where there is one
    waived: Mapping[str, Any] | None = None  # owner, reason, expires
    why: str = ""  # why it matters for fine-tuning
    known_limits: str = ""  # when it is fine
    all_rows: Affected | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One thing that was judged, also when it was clean."""

    where: Where
    effect: Effect
    limit: float | None
    q: float | None = None  # Benjamini-Hochberg corrected p-value, where there is one
    at_most: Level = "error"  # the worst level that limits could make of it
    decided: Literal["limits", "check", "unsure"] = "limits"  # who weighed it: other limits re-judge only the first kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How one check ended."""

    code: str
    name: str
    status: Status
    reason: str = ""
    seconds: float = 0.0  # time of judging, seconds
    measured: tuple[Measured, ...] = ()  # at most ten, nearest the limit first


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """Everything that was found out: complete in itself, so that it can be rendered and gated without the data."""

    data: str  # name of the data set
    verdict: Verdict
    reasons: tuple[str, ...]  # fingerprints of the findings (or codes of the checks) that decided
    findings: tuple[Finding, ...]
    outcomes: tuple[Outcome, ...]
    profile: Mapping[str, Any] = field(default_factory=dict)
    assumed: tuple[str, ...] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)
    bias: Mapping[str, Any] | None = None
    tuning: Mapping[str, Any] | None = None

    def with_verdict(self, verdict: Verdict, reasons: tuple[str, ...]) -> Self:
        """The same audit under another verdict."""
        from dataclasses import replace

        return replace(self, verdict=verdict, reasons=reasons)

    def to_frame(self) -> pd.DataFrame:
        """One line a finding: code, name, level, split, columns, group, effect, interval, limit, affected, examined; of no
        finding the columns alone."""
        import pandas as pd

        named: dict[str, Callable[[Finding], Any]] = {
            "code": lambda f: f.code,
            "name": lambda f: f.name,
            "level": lambda f: f.level,
            "split": lambda f: f.where.split,
            "columns": lambda f: ", ".join(f.where.columns),
            "group": lambda f: f.where.group,
            "metric": lambda f: f.effect.name,
            "value": lambda f: f.effect.value,
            "low": lambda f: f.effect.low,
            "high": lambda f: f.effect.high,
            "limit": lambda f: f.limit,
            "affected": lambda f: f.affected,
            "examined": lambda f: f.examined,
            "message": lambda f: f.message,
            "fingerprint": lambda f: f.fingerprint,
        }
        return pd.DataFrame({name: [of(f) for f in self.findings] for name, of in named.items()})

    def rows(self) -> pd.DataFrame:
        """Every affected row of every finding: fingerprint, code, split, row, id, score, cluster, suggestion.

        An audit read back from JSON knows the rows it shows (at most ten a finding); the whole list lies in the
        `rows` Parquet file.
        """
        rows_module = _late("auditor.reports.rows")
        frame: pd.DataFrame = rows_module.table(self).to_pandas()
        return frame

    def rows_table(self) -> pa.Table:
        """The same as an Arrow table."""
        table: pa.Table = _late("auditor.reports.rows").table(self)
        return table

    def raise_if_failed(self) -> Self:
        """Raises AuditFailed unless the verdict is `pass` or `pass-with-waivers`; else returns the audit."""
        if self.verdict in ("fail", "incomplete"):
            codes = ", ".join(sorted({f.code for f in self.findings if f.fingerprint in self.reasons}) or self.reasons)
            raise AuditFailed(f"verdict of {self.data!r} is {self.verdict}: {codes}")
        return self

    def _repr_html_(self) -> str:
        page: str = _late("auditor.reports.html").notebook(self)
        return page


def _late(module: str) -> Any:
    """A writer, found when it is called for: this module stands below all the others and imports none of them."""
    import importlib

    return importlib.import_module(module)
