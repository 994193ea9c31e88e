"""auditor report: writes any format from a saved audit."""

from __future__ import annotations

from typing import Annotated

from typer import Argument, Typer

from auditor.cli import options as o

app = Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def report(
    audit: Annotated[str, Argument(help="A file that `auditor check -o json=` wrote.", metavar="AUDIT.json")],
    output: o.Outputs = None,
    quiet: o.Quiet = False,
    no_color: o.NoColor = False,
) -> int:
    """Write any format from a saved audit; without -o, print its summary."""
    from auditor import saved
    from auditor.cli import outputs, speak, summary

    written = outputs.parsed(output or (), [audit])
    read = saved.read(audit)
    outputs.write(read, written)
    if any(one.format == "rows" for one in written) and any(f.affected > len(f.rows) for f in read.findings):
        speak.note(f"{audit} keeps at most ten rows a finding; `auditor check -o rows=` writes every affected row")
    if not written and not quiet:
        summary.say(read, (), None, no_color=no_color)
    for one in written:
        if one.path is not None and not quiet:
            speak.note(f"wrote {one.path} ({one.path.stat().st_size / 1000:,.0f} kB)")
    return 0
