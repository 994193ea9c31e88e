"""The last words of a command, on the terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from auditor.cli.outputs import Output
from auditor.cli.speak import inert
from auditor.model import Audit


def say(audit: Audit, outputs: Sequence[Output], code: int, *, no_color: bool = False) -> None:
    """The summary: on standard output, or on standard error where a format was written to standard output."""
    stream = sys.stderr if any(o.path is None for o in outputs) else sys.stdout
    for f in audit.findings:
        print(inert(f"{f.level} {f.code} {f.name} {f.where.split} {f.message}"), file=stream)
    print(f"{audit.verdict} exit {code}", file=stream)
