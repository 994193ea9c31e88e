"""An Audit as something to read: one writer a file; no data, no check, no computing."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module

from auditor.model import Audit


@dataclass(frozen=True, slots=True)
class Writer:
    """A writer that is imported when it is first called."""

    module: str

    def __call__(self, audit: Audit) -> bytes:
        """The audit in this format, as the bytes of a file."""
        made: str | bytes = import_module(self.module).write(audit)
        return made.encode() if isinstance(made, str) else made


WRITERS = {
    name: Writer(f"auditor.reports.{name}")
    for name in ("html", "json", "rows", "sarif", "junit", "github", "gitlab", "markdown", "ll144")
}
"""Format -> its writer: the names that -o takes."""
