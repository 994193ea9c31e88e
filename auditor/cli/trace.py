"""auditor trace: judges a finished run from its logs."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Annotated

from typer import Argument, Context, Typer

from auditor.cli import options as o

app = Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def trace(
    ctx: Context,
    run: Annotated[
        str, Argument(help="A run's folder, a trainer_state.json, a CSV or JSONL of metrics, TensorBoard events.", metavar="RUN")
    ],
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
    """Judge a finished run from its logs: overfitting, divergence, hidden faults, the best checkpoint that still exists."""
    from auditor.cli import asked, outputs, speak, summary
    from auditor.cli.check import exit_code
    from auditor.guard.trace import judge

    found = asked.settings(ctx.params)
    written = outputs.parsed(output or (), [run])
    audit = judge(run, by=asked.gate(ctx.params, found))
    audit = replace(audit, provenance={**audit.provenance, "command": ["auditor", *sys.argv[1:]]})
    outputs.write(audit, written)
    code = exit_code(audit.verdict, exit_zero)
    if not quiet:
        for line in (audit.tuning or {})["notes"]:
            speak.note(line)
        summary.say(audit, written, code, no_color=no_color)
    return code
