"""Where a finding in data lies for tools that want a file and a line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath

from auditor.model import Audit, Finding

FALLBACK = "auditor.toml"  # where the data set is declared
LINES = {".csv": 2, ".tsv": 2, ".jsonl": 1, ".ndjson": 1}
"""Line of the first record, by ending: right where no record spans lines, which holds for JSONL always."""
DATA = {*LINES, ".json", ".parquet", ".pq", ".arrow", ".feather", ".ipc"}


@dataclass(frozen=True, slots=True)
class Place:
    """A file, with forward slashes, and a line from 1."""

    path: str
    line: int


def place(audit: Audit, finding: Finding) -> Place:
    """The first affected row's line in the file of its split; line 1 where the format has no lines; else `auditor.toml`."""
    row = finding.rows[0] if finding.rows else None
    path = _source(audit, row.split if row else finding.where.split)
    if path is None:
        return Place(FALLBACK, 1)
    first = LINES.get(PurePosixPath(path).suffix.lower())
    return Place(path, first + row.row if first and row else 1)


def _source(audit: Audit, split: str) -> str | None:
    files = audit.provenance.get("files")
    for file in files if isinstance(files, list | tuple) else ():
        if isinstance(file, Mapping) and file.get("split") == split:
            source = str(file.get("source", ""))
            path = PureWindowsPath(source).as_posix() if "\\" in source else source
            return path if PurePosixPath(path).suffix.lower() in DATA else None
    return None
