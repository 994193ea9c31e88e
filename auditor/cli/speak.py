"""What the command line says: inert whatever the data holds, in one line where it is an error."""

from __future__ import annotations

import difflib
import re
import sys

CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""C0 and C1 controls (ANSI escapes begin with one) and the marks that turn the direction of text."""


def inert(text: str, *, lines: bool = False) -> str:
    """The text with control characters shown as U+FFFD; line ends too, unless `lines`."""
    kept = CONTROLS.sub("\N{REPLACEMENT CHARACTER}", text)
    return kept if lines else " ".join(kept.split("\n")).strip()


def out(text: str) -> None:
    """Prints to standard output. A reader that has gone changes nothing: the verdict still decides the exit code."""
    try:
        print(text)
        sys.stdout.flush()
    except BrokenPipeError:
        from auditor.cli import silence

        silence()


def note(text: str) -> None:
    """One line on standard error."""
    print(f"auditor: {inert(text)}", file=sys.stderr)


def usage(cause: Exception) -> str:
    """The parser's complaint as one line: what was got, what was wanted, what to do."""
    ctx = getattr(cause, "ctx", None)
    path = getattr(ctx, "command_path", "auditor")
    message = cause.format_message().rstrip(".")  # type: ignore[attr-defined]  # only the parser's errors come here
    got = getattr(cause, "option_name", None)
    if got is None or not message.startswith("No such option"):
        return f"{message}; `{path} --help` lists what is wanted"
    flags = [flag for p in getattr(getattr(ctx, "command", None), "params", []) for flag in p.opts if flag.startswith("-")]
    near = difflib.get_close_matches(got, flags, 1, 0.5)
    hint = f"did you mean {near[0]}?" if near else f"`{path} --help` lists the options"
    return f"got the option {got}, which {path} does not have; {hint}"
