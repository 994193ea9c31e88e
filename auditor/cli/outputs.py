"""The -o of a command: proved writable before any work, written whole or not at all."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from auditor.model import Audit
from auditor.rows import InputError
from auditor.writing import replace


@dataclass(frozen=True, slots=True)
class Output:
    """One file to write. `path` is None for standard output."""

    format: str
    path: Path | None


def formats() -> tuple[str, ...]:
    """Names that -o takes."""
    from auditor.reports import WRITERS

    return tuple(WRITERS)


def parsed(given: Iterable[str], inputs: Iterable[str | None] = ()) -> tuple[Output, ...]:
    """The outputs asked for. Raises InputError for an unknown format, one path twice, an input, or what cannot be written."""
    outputs: list[Output] = []
    taken: dict[Path, str] = {Path(i).resolve(): "is the data to be audited" for i in inputs if i}
    for word in given:
        format, equals, path = word.partition("=")
        if not equals or not path:
            raise InputError(f"-o: got {word!r}, want FORMAT=PATH, for instance -o html=audit.html")
        if format not in formats():
            import difflib

            near = difflib.get_close_matches(format, formats(), 1, 0.5)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise InputError(f"-o: got the format {format!r}, want one of {', '.join(formats())}{hint}")
        if path == "-":
            if any(o.path is None for o in outputs):
                raise InputError("-o: standard output was asked for twice; give one of them a file")
            outputs.append(Output(format, None))
            continue
        target = Path(path)
        if target.resolve() in taken:
            raise InputError(f"-o {word}: the path {path!r} {taken[target.resolve()]}; give another")
        taken[target.resolve()] = "was given to two -o"
        _writable(target)
        outputs.append(Output(format, target))
    return tuple(outputs)


def _writable(path: Path) -> None:
    """Raises InputError where the file could not be written, by writing an empty neighbour that is taken away again."""
    if path.is_dir():
        raise InputError(f"-o: {str(path)!r} is a folder, want a file in it")
    if not path.parent.is_dir():
        raise InputError(f"-o: the folder {str(path.parent)!r} does not exist; make it first")
    if path.exists() and not os.access(path, os.W_OK):
        raise InputError(f"-o: {str(path)!r} may not be written; change its rights or give another path")
    if path.exists() and not path.is_file():
        return
    try:
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name[:40]}."):
            pass
    except OSError as cause:
        raise InputError(f"-o: nothing can be written into {str(path.parent)!r} ({cause.strerror}); give another path") from None


def write(audit: Audit, outputs: Iterable[Output]) -> None:
    """Writes every output: all are made first, so that a writer that fails leaves no file behind."""
    from auditor.reports import WRITERS

    made = [(one, WRITERS[one.format](audit)) for one in outputs]
    for one, content in made:
        if one.path is None:
            _to_standard_output(content)
        else:
            replace(one.path, content)


def _to_standard_output(content: bytes) -> None:
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(content if content.endswith(b"\n") else content + b"\n")
        sys.stdout.buffer.flush()
    except BrokenPipeError:
        from auditor.cli import silence

        silence()
