"""Files written whole or not at all, and the format that a file name asks for."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from auditor.model import Audit
from auditor.rows import InputError

ENDINGS = {
    ".html": "html",
    ".htm": "html",
    ".json": "json",
    ".parquet": "rows",
    ".sarif": "sarif",
    ".xml": "junit",
    ".md": "markdown",
}
"""Ending of a file -> the format that `report` writes where none is named."""


def report(audit: Audit, path: str | os.PathLike[str], format: str | None = None) -> Path:
    """Writes the audit in the format of the file's ending, or in the one named; returns the path.

    Formats: html, json, rows, sarif, junit, github, gitlab, markdown, ll144. Raises InputError for an ending that tells none.
    """
    from auditor.reports import WRITERS

    target = Path(path)
    name = format or ENDINGS.get(target.suffix.lower(), "")
    if name not in WRITERS:
        got = f"the format {format!r}" if format else f"{str(target)!r}, whose ending names no format"
        raise InputError(f"got {got}, want one of {', '.join(WRITERS)}: auditor.report(audit, path, format=...)")
    replace(target, WRITERS[name](audit))
    return target


def replace(path: Path, content: bytes) -> None:
    """The content under a temporary name, then renamed: a reader sees the old file or the new one."""
    if path.exists() and not path.is_file():  # a pipe or a device cannot be renamed over
        path.write_bytes(content)
        return
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        umask = os.umask(0)
        os.umask(umask)
        Path(name).chmod(path.stat().st_mode & 0o777 if path.exists() else 0o666 & ~umask)
        Path(name).replace(path.resolve())
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
