"""auditor rules: lists every check."""

from __future__ import annotations

from typing import Annotated

from typer import Option, Typer

app = Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def rules(
    json: Annotated[bool, Option("--json", help="As JSON.")] = False,
    markdown: Annotated[bool, Option("--markdown", help="As the page that stands in checks/README.md.")] = False,
) -> int:
    """List every check."""
    from auditor import find
    from auditor.cli import catalogue, speak

    if markdown:
        speak.out(catalogue.document().rstrip("\n"))
    elif json:
        from json import dumps

        speak.out(dumps([catalogue.entry(c) for c in catalogue.known().values()], indent=1, ensure_ascii=False))
    else:
        _table()
    for module, cause in find.everything().broken.items():
        speak.note(f"{module} could not be loaded: {cause}")
    return 0


def _table() -> None:
    """Code, name, fault and limits, as wide as the terminal."""
    from rich.console import Console
    from rich.table import Table

    from auditor.cli import catalogue, speak

    table = Table(box=None, pad_edge=False, header_style="bold", show_edge=False)
    for title in ("code", "name", "fault", "limits"):
        table.add_column(title, no_wrap=title == "code")
    for code, check in catalogue.known().items():
        table.add_row(code, check.name, check.page()["fault"], catalogue.limits(check) + (" (preview)" if check.preview else ""))
    console = Console(markup=False, highlight=False)
    with console.capture() as capture:
        console.print(table)
    speak.out(capture.get() + f"{len(catalogue.known())} checks; `auditor explain CODE` prints the page of one")
