"""auditor baseline: takes today's findings as known, or prunes and tightens them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from typer import Argument, Option, Typer

from auditor.rows import InputError

app = Typer(add_completion=False, rich_markup_mode=None)

Saved = Annotated[str, Argument(help="A file that `auditor check -o json=` wrote.", metavar="AUDIT.json")]
File = Annotated[str, Option("--baseline", help="The baseline.", metavar="FILE")]


@app.callback()
def baseline() -> None:
    """Take today's findings as known, or prune and tighten them."""


@app.command()
def create(
    audit: Saved = "audit.json",
    baseline: File = "auditor-baseline.json",
    force: Annotated[bool, Option("--force", help="Overwrite.")] = False,
) -> int:
    """Write the findings of an audit as known: from then on only new or worse ones gate."""
    from auditor import baseline as baselines
    from auditor import saved
    from auditor.cli import speak
    from auditor.writing import replace

    path = Path(baseline)
    if path.exists() and not force:
        raise InputError(f"{path} is here already; --force overwrites it, `auditor baseline update` prunes and tightens it")
    made = baselines.of(saved.read(audit))
    replace(path, baselines.dumps(made).encode())
    speak.out(f"wrote {speak.inert(str(path))}: {len(made.known)} known; next: auditor check ... --baseline {path}")
    return 0


@app.command()
def update(audit: Saved = "audit.json", baseline: File = "auditor-baseline.json") -> int:
    """Drop what is fixed and tighten what is better; 1 where a finding is new or worse, which is never taken in."""
    from auditor import baseline as baselines
    from auditor import saved
    from auditor.cli import speak
    from auditor.writing import replace

    path = Path(baseline)
    before = baselines.load(path)
    now = saved.read(audit)
    kept = {}
    refused = []
    for finding in now.findings:
        if finding.code.startswith("CFG"):
            continue
        change = before.change(finding)
        if change in ("new", "worse"):
            refused.append(f"{change} {finding.code} {finding.message}")
        if change != "new":
            better = change == "better"
            kept[finding.fingerprint] = baselines.known(finding) if better else before.known[finding.fingerprint]
    replace(path, baselines.dumps(baselines.Baseline(before.data, kept)).encode())
    for line in refused:
        speak.out(speak.inert(line))
    speak.out(f"{len(before.known) - len(kept)} dropped, {len(kept)} known, {len(refused)} new or worse and not taken in")
    return 1 if refused else 0
