"""auditor explain: prints the page of one check."""

from __future__ import annotations

from typing import Annotated

from typer import Argument, Typer

app = Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def explain(code: Annotated[str, Argument(help="A code such as LEK101, or a name.", metavar="CODE")]) -> int:
    """Print the page of one check."""
    import shutil

    from auditor.cli import catalogue, speak

    speak.out(catalogue.page(catalogue.named(code), min(shutil.get_terminal_size().columns, 100)))
    return 0
