"""auditor gate: judges a saved audit again, without the data."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from typer import Argument, Context, Option, Typer

from auditor.cli import options as o
from auditor.rows import InputError

app = Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def gate(
    ctx: Context,
    audit: Annotated[str, Argument(help="A file that `auditor check -o json=` wrote.", metavar="AUDIT.json")],
    data: Annotated[
        list[str] | None, Option("--data", help="Prove that this file is the one audited; repeatable.", metavar="PATH")
    ] = None,
    format: o.Format = None,
    config: o.Config = None,
    isolated: o.Isolated = False,
    fail_on: o.FailOn = None,
    exit_zero: o.ExitZero = False,
    policy: o.PolicyName = None,
    baseline: o.BaselineFile = None,
    waivers: o.WaiversFile = None,
    output: o.Outputs = None,
    quiet: o.Quiet = False,
    no_color: o.NoColor = False,
) -> int:
    """Judge a saved audit again, without the data."""
    from auditor import config as configs
    from auditor import saved
    from auditor.cli import asked, outputs, summary
    from auditor.cli.check import exit_code
    from auditor.policy import decided
    from auditor.rejudge import rejudged

    found = asked.settings(ctx.params)
    written = outputs.parsed(output or (), [audit, *(data or ())])
    before = saved.read(audit)
    named = tuple(before.provenance.get("select", ()))
    by = asked.gate(ctx.params, found, named, before.provenance.get("policy"))
    for path in data or ():
        prove(path, before.provenance.get("files", ()), format)
    after = decided(rejudged(before, configs.limits(found.config)), by)
    asked.compare_conditions(after, found)
    told = {**asked.told(found, by), "policy": {"name": by.name, "fail_on": by.fail_on, "require": list(by.require)}}
    after = replace(after, provenance={**after.provenance, **told})
    outputs.write(after, written)
    code = exit_code(after.verdict, exit_zero)
    if not quiet:
        summary.say(after, written, code, no_color=no_color)
    return code


def prove(path: str, files: object, format: str | None) -> None:
    """Raises InputError unless the file of that path has the digest of one that was audited."""
    from auditor.cli.options import one_of
    from auditor.data.open import open_source

    listed = {f["sha256"]: f["source"] for f in files if isinstance(f, dict)} if isinstance(files, list | tuple) else {}
    kind = one_of("--format", format, ("csv", "tsv", "jsonl", "json", "parquet", "arrow"))
    for source in open_source(path, "train", "train", kind):
        digest = source.digest()
        if digest not in listed:
            raise InputError(
                f"--data: {path} (SHA-256 {digest[:12]}...) is none of the files audited"
                f" ({', '.join(str(s) for s in listed.values())}); audit it with `auditor check`"
            )
