"""auditor diff: what is new, fixed, worse or better between two audits."""

from __future__ import annotations

from typing import Annotated

from typer import Argument, Option, Typer

app = Typer(add_completion=False, rich_markup_mode=None)

ORDER = ("new", "worse", "fixed", "better", "moved", "same")
MEANS = {"moved": "moved within its interval"}


@app.command()
def diff(
    old: Annotated[str, Argument(help="The audit of before.", metavar="OLD.json")],
    new: Annotated[str, Argument(help="The audit of now.", metavar="NEW.json")],
    json: Annotated[bool, Option("--json", help="As JSON.")] = False,
) -> int:
    """Say what is new, fixed, worse or better, by fingerprint; worse and better only where the intervals say so."""
    from auditor import saved
    from auditor.cli import speak
    from auditor.differences import between

    changes = between(saved.read(old), saved.read(new))
    if json:
        from json import dumps

        speak.out(dumps([c.said() for c in changes], indent=1, ensure_ascii=False))
        return 0
    for c in sorted(changes, key=lambda c: ORDER.index(c.change)):
        if c.change != "same":
            speak.out(speak.inert(f"{MEANS.get(c.change, c.change):<8} {c.code} {c.message} ({c.values()})"))
    counts = {word: sum(c.change == word for c in changes) for word in ORDER}
    speak.out(" · ".join(f"{n} {MEANS.get(word, word)}" for word, n in counts.items()))
    return 0
