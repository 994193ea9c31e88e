"""Every affected row of every finding, as a Parquet file."""

from __future__ import annotations

import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from auditor.model import Affected, Audit, Finding

SCHEMA = pa.schema(
    [
        ("fingerprint", pa.string()),
        ("code", pa.string()),
        ("split", pa.string()),
        ("row", pa.int64()),
        ("id", pa.string()),
        ("score", pa.float64()),
        ("cluster", pa.int64()),
        ("suggestion", pa.string()),
    ]
)


Ids = dict[tuple[str, int], str]


def table(audit: Audit) -> pa.Table:
    """One line an affected row: fingerprint, code, split, row, id, score, cluster, suggestion. No contents.

    `id` is known for the rows that any finding shows; `row` finds the others.
    """
    ids: Ids = {(r.split, r.row): r.id for f in audit.findings for r in f.rows if r.id}
    parts = [_of(f, ids) for f in audit.findings]
    return pa.concat_tables(parts) if parts else SCHEMA.empty_table()


def write(audit: Audit) -> bytes:
    """The Parquet file."""
    sink = io.BytesIO()
    pq.write_table(table(audit), sink, compression="zstd")
    return sink.getvalue()


def _of(finding: Finding, ids: Ids) -> pa.Table:
    rows = finding.all_rows if finding.all_rows is not None else _shown(finding)
    n = len(rows)
    splits = [rows.split] * n if isinstance(rows.split, str) else rows.split.tolist()
    columns = [
        _constant(finding.fingerprint, n),
        _constant(finding.code, n),
        _constant(rows.split, n) if isinstance(rows.split, str) else _texts(splits),
        pa.array(rows.row, pa.int64()),
        _texts([ids.get(key) for key in zip(splits, rows.row.tolist(), strict=True)]) if ids else pa.nulls(n, pa.string()),
        pa.nulls(n, pa.float64()) if rows.score is None else pa.array(rows.score, pa.float64(), from_pandas=True),
        pa.nulls(n, pa.int64()) if rows.cluster is None else pa.array(rows.cluster, pa.int64()),
        pa.nulls(n, pa.string()) if rows.suggestion is None else _texts(rows.suggestion.tolist()),
    ]
    return pa.Table.from_arrays(columns, schema=SCHEMA)


def _constant(text: str, n: int) -> pa.Array:
    return pa.repeat(pa.scalar(_encodable(text), pa.string()), n)


def _texts(values: list[str | None]) -> pa.Array:
    return pa.array([None if v is None or v == "" else _encodable(str(v)) for v in values], pa.string())


def _encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


def _shown(finding: Finding) -> Affected:
    """An audit read back from JSON has only the rows it shows."""
    rows = finding.rows
    clustered = bool(rows) and all(r.cluster is not None for r in rows)
    return Affected(
        split=np.array([r.split for r in rows], object),
        row=np.array([r.row for r in rows], np.int64),
        score=np.array([np.nan if r.score is None else r.score for r in rows], np.float64),
        cluster=np.array([r.cluster for r in rows], np.int64) if clustered else None,
        suggestion=np.array([r.suggestion for r in rows], object),
    )
