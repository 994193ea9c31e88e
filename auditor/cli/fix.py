"""auditor fix: cleaned copies of audited data."""

from __future__ import annotations

from typing import Annotated

from typer import Argument, Option, Typer

from auditor.cli import options as o

app = Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def fix(
    audit: Annotated[str, Argument(help="A file that `auditor check -o json=` wrote.", metavar="AUDIT.json")],
    output: Annotated[str, Option("--output", help="New folder for the copies and manifest.json.", metavar="DIR")],
    select: o.Select = None,
    unsafe: Annotated[bool, Option("--unsafe", help="Also drop rows and take suggested labels.")] = False,
    weights: Annotated[
        str | None, Option("--weights", help="Add audit_weight: label and this group become independent.", metavar="COLUMN")
    ] = None,
    augment: Annotated[
        str | None, Option("--augment", help="Add counterfactual copies of the training texts.", metavar="gender|religion")
    ] = None,
    format: o.Format = None,
    quiet: o.Quiet = False,
) -> int:
    """Write cleaned copies of the audited files and a manifest; never in place."""
    from auditor import saved
    from auditor.cli import speak
    from auditor.cli.asked import FORMATS
    from auditor.fix import MANIFEST
    from auditor.fix import fix as mend

    said = mend(
        saved.read(audit),
        output,
        select=o.codes(select),
        unsafe=unsafe,
        weights=weights,
        augment=augment,
        format=o.one_of("--format", format, FORMATS),
    )
    if quiet:
        return 0
    for f in said["files"]:
        parts = [f"{f['rows_before']:,} rows, {f['rows_after']:,} after"]
        parts += [f"{f[k]:,} {k.replace('_', ' ')}" for k in ("values_changed", "copies_added") if f[k]]
        speak.out(speak.inert(f"{f['split']:<10} {f['to']}: {'; '.join(parts)}"))
    for d in said["done"]:
        what = f"{d['changed']:,} more" if "changed" in d else ", ".join(f"{k} {d[k]}" for k in ("column", "axis") if k in d)
        speak.out(speak.inert(f"done       {(d.get('code', '') + ' ' + d['remedy']).strip()}: {what}"))
    waiting = [x for x in said["left"] if x["why"].startswith("unsafe")]
    others = len(said["left"]) - len(waiting)
    if waiting:
        codes = ", ".join(sorted({x["code"] for x in waiting}))
        speak.out(f"left       {len(waiting)} with an unsafe fix ({codes}): add --unsafe to drop rows and take suggested labels")
    if others:
        speak.out(f"left       {others} that need a decision: `auditor explain CODE`")
    speak.out(speak.inert(f"written to {output}, with {MANIFEST}; next: auditor check the copies"))
    return 0
