"""The command line: one file a command, each imported only when it is called."""

from __future__ import annotations

import os
import sys

COMMANDS = {
    "check": "audit data sets: noise, imbalance, bias, leakage, shift",
    "train": "guarded fine-tune: audits first, watches for overfitting, proves the result",
    "probe": "compare a tuned model with its base on pairs of sentences",
    "trace": "judge a finished fine-tune from its logs",
    "report": "write any format from a saved audit",
    "gate": "judge a saved audit again, without the data",
    "fix": "write cleaned copies of the data, weights or counterfactual copies",
    "diff": "what is new, fixed, worse or better between two audits",
    "rules": "list every check",
    "explain": "print the page of one check",
    "init": "look at the data and write auditor.toml",
    "config": "show the resolved settings, or a JSON Schema",
    "baseline": "take today's findings as known, or prune and tighten them",
    "waive": "accept one finding until a date, with owner and reason",
    "demo": "a first look on bundled real data",
    "doctor": "versions, extras, cores, memory",
}
"""Command -> what it does; the name of its module, too."""

NEXT = """auditor checks the data of a fine-tune before you run it: one page, one verdict.

What to type next
  auditor demo                                    see an audit of real data (about half a minute)
  auditor init train.csv --test test.csv          look at your data and write auditor.toml
  auditor check train.csv --test test.csv --label intent --text text -o html=audit.html
  auditor --help                                  all commands
"""


def main(arguments: list[str] | None = None) -> int:
    """Runs one command and returns the exit code: 0 pass, 1 fail, 2 could not audit. Nothing escapes as a traceback."""
    given = sys.argv[1:] if arguments is None else arguments
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a terminal that cannot show a character gets its code in place of an error
            stream.reconfigure(errors="backslashreplace")
    try:
        code = _dispatch(given)
        sys.stdout.flush()
        return code
    except BrokenPipeError:
        silence()
        return 2
    except KeyboardInterrupt:
        return _refused("stopped by the keyboard; nothing was left half-written")
    except Exception as cause:
        return _failed(cause)


def silence() -> None:
    """Whoever read our output has gone: the rest goes nowhere, also what Python flushes at its end."""
    sys.stdout = open(os.devnull, "w")  # noqa: SIM115, PTH123  # stays open until the process ends


def _dispatch(given: list[str]) -> int:
    if not given:
        print(NEXT, end="")
        return 0
    first, rest = given[0], given[1:]
    if first in ("-h", "--help", "help"):
        print(_help(), end="")
        return 0
    if first in ("-V", "--version"):
        from importlib.metadata import version

        print(f"auditor {version('tune-auditor')}")
        return 0
    if first in COMMANDS:
        return _run(first, rest)
    if first.startswith("-") or _looks_like_a_path(first):
        return _run("check", given)
    import difflib

    near = difflib.get_close_matches(first, COMMANDS, 1, 0.5)
    hint = f"did you mean `auditor {near[0]}`?" if near else "`auditor --help` lists the commands"
    return _refused(f"got {first!r}, which is neither a command nor a file that exists; {hint}")


def _looks_like_a_path(word: str) -> bool:
    return os.path.exists(word) or "/" in word or os.sep in word or "." in word  # noqa: PTH110  # pathlib costs start-up time


def _run(name: str, rest: list[str]) -> int:
    """Hands the words to the command's own parser, in its own module."""
    import importlib

    from typer import Exit
    from typer.main import get_command

    command = get_command(importlib.import_module(f"auditor.cli.{name}").app)
    try:
        with command.make_context(f"auditor {name}", rest) as context:
            code = command.invoke(context)
    except Exit as ended:  # --help
        code = ended.exit_code
    return code if isinstance(code, int) else 0


def _help() -> str:
    width = max(map(len, COMMANDS))
    lines = "\n".join(f"  {name:<{width}}  {text}" for name, text in COMMANDS.items())
    return (
        "Usage: auditor COMMAND [OPTIONS]\n       auditor DATA [OPTIONS]        the same as auditor check DATA\n\n"
        f"Commands\n{lines}\n\n"
        "`auditor COMMAND --help` lists the options of one command; --version prints the version.\n"
        "Exit codes: 0 pass, 1 fail (a gate failed), 2 could not audit or incomplete.\n"
    )


def _refused(line: str) -> int:
    from auditor.cli.speak import inert

    print(f"auditor: {inert(line)}", file=sys.stderr)
    return 2


def _failed(cause: Exception) -> int:
    """One line for what went wrong; an error of our own says where to report it."""
    from auditor.rows import InputError

    if os.environ.get("AUDITOR_DEBUG") == "1":
        import traceback

        traceback.print_exc()
    said = getattr(cause, "format_message", None)
    if said is not None:  # the parser of the command line
        from auditor.cli.speak import usage

        return _refused(usage(cause))
    if isinstance(cause, InputError):
        return _refused(str(cause))
    if isinstance(cause, OSError) and cause.filename:
        return _refused(f"{cause.filename}: {cause.strerror or cause}; check the path and the rights to it")
    if isinstance(cause, MemoryError):
        return _refused("memory ran out; try --workers 1, or --sample 100000")
    return _refused(
        f"internal error, {type(cause).__name__}: {cause}; this is a fault of auditor: run again with AUDITOR_DEBUG=1"
        " and report what it prints, with `auditor doctor`, to the maintainers of tune-auditor"
    )
