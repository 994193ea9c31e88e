"""The last words of a command, on the terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TextIO

from auditor.cli import speak
from auditor.cli.outputs import Output
from auditor.model import Audit


def say(audit: Audit, outputs: Sequence[Output], code: int | None, *, no_color: bool = False) -> None:
    """The summary, with the exit code that the audit decided, if any.

    On standard output, or on standard error where a format was written to standard output.
    """
    from auditor.reports import terminal

    stream = sys.stderr if any(o.path is None for o in outputs) else sys.stdout
    written = [(str(o.path), o.path.stat().st_size) for o in outputs if o.path is not None]
    text = terminal.write(audit, written=written, code=code, color=colored(stream, no_color))
    if stream is sys.stderr:
        print(text, end="", file=stream)
    else:
        speak.out(text.rstrip("\n"))


def colored(stream: TextIO, no_color: bool) -> bool:
    """Colour on a terminal; never with --no-color or NO_COLOR, always with FORCE_COLOR."""
    if no_color or os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (stream.isatty() and os.environ.get("TERM") != "dumb")
