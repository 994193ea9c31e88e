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


def table(audit: Audit) -> pa.Table:
    """One line an affected row: fingerprint, code, split, row, id, score, cluster, suggestion. No contents."""
    parts = [_of(f) for f in audit.findings]
    return pa.concat_tables(parts) if parts else SCHEMA.empty_table()


def write(audit: Audit) -> bytes:
    """The Parquet file."""
    sink = io.BytesIO()
    pq.write_table(table(audit), sink, compression="zstd")
    return sink.getvalue()


def _of(finding: Finding) -> pa.Table:
    rows = finding.all_rows if finding.all_rows is not None else _shown(finding)
    n = len(rows)
    ids = {(r.split, r.row): r.id for r in finding.rows}
    splits = [rows.split] * n if isinstance(rows.split, str) else rows.split.tolist()
    columns = [
        pa.array([finding.fingerprint] * n, pa.string()),
        pa.array([finding.code] * n, pa.string()),
        pa.array(splits, pa.string()),
        pa.array(rows.row, pa.int64()),
        pa.array([ids.get(key) for key in zip(splits, rows.row.tolist(), strict=True)], pa.string()),
        pa.nulls(n, pa.float64()) if rows.score is None else pa.array(rows.score, pa.float64()),
        pa.nulls(n, pa.int64()) if rows.cluster is None else pa.array(rows.cluster, pa.int64()),
        pa.nulls(n, pa.string()) if rows.suggestion is None else pa.array(rows.suggestion, pa.string()),
    ]
    return pa.Table.from_arrays(columns, schema=SCHEMA)


def _shown(finding: Finding) -> Affected:
    """An audit read back from JSON has only the rows it shows."""
    rows = finding.rows
    return Affected(
        split=np.array([r.split for r in rows], object),
        row=np.array([r.row for r in rows], np.int64),
        score=np.array([np.nan if r.score is None else r.score for r in rows], np.float64),
    )
