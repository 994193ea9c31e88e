"""auditor probe: base model against tuned model."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Annotated

from typer import Context, Option, Typer

from auditor.cli import options as o
from auditor.rows import InputError

app = Typer(add_completion=False, rich_markup_mode=None)
Templates = Annotated[
    str,
    Option(
        "--templates",
        help="Pairs: a CSV or JSONL with sent_more and sent_less, WinoBias, BBQ, StereoSet, or the bundled ones; or prompts "
        "by group: BOLD, or yours in its layout.",
        metavar="PATH|builtin",
    ),
]


@app.command()
def probe(
    ctx: Context,
    base: Annotated[str | None, Option("--base", help="Folder of the base model and its tokenizer.", metavar="DIR")] = None,
    tuned: Annotated[str | None, Option("--tuned", help="Folder of the tuned model.", metavar="DIR")] = None,
    templates: Templates = "builtin",
    task: Annotated[
        str | None,
        Option("--task", help="What the models do (default: by their head).", metavar="causal|masked|classification"),
    ] = None,
    positive: Annotated[str | None, Option("--positive", help="Class of a classifier to read.", metavar="VALUE")] = None,
    config: o.Config = None,
    isolated: o.Isolated = False,
    fail_on: o.FailOn = None,
    exit_zero: o.ExitZero = False,
    policy: o.PolicyName = None,
    baseline: o.BaselineFile = None,
    waivers: o.WaiversFile = None,
    output: o.Outputs = None,
    evidence: o.Evidence = None,
    quiet: o.Quiet = False,
    no_color: o.NoColor = False,
    seed: o.Seed = 0,
) -> int:
    """Compare a tuned model with its base on pairs of sentences, or prompts by group: did tuning make it more stereotyped?"""
    from auditor import config as configs
    from auditor.cli import asked, outputs, speak, summary
    from auditor.cli.check import exit_code
    from auditor.probe import probe as probed

    if not base or not tuned:
        raise InputError(f"got no {'--tuned' if base else '--base'}; want auditor probe --base DIR --tuned DIR")
    found = asked.settings(ctx.params)
    written = outputs.parsed(output or (), [templates])
    audit = probed(
        base,
        tuned,
        templates=templates,
        task=o.one_of("--task", task, ("causal", "masked", "classification")),
        positive=positive,
        by=asked.gate(ctx.params, found),
        evidence=o.one_of("--evidence", evidence, ("none", "masked", "full")) or "masked",
        limits=configs.limits(found.config),
        seed=seed,
    )
    audit = replace(audit, provenance={**audit.provenance, "command": ["auditor", *sys.argv[1:]]})
    outputs.write(audit, written)
    code = exit_code(audit.verdict, exit_zero)
    if not quiet:
        outcome = next(o for o in audit.outcomes if o.code == audit.provenance["probe"]["code"])
        words = {"found": "blocked" if audit.verdict == "fail" else "found", "clean": "pass"}
        word = words.get(outcome.status, outcome.status)
        speak.note(f"probe: {word}" + (f", {outcome.reason}" if outcome.reason else "") + "; no probe shows a model unbiased")
        summary.say(audit, written, code, no_color=no_color)
    return code
