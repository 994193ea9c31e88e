"""auditor train: a guarded fine-tune."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from typer import Context, Option, Typer

from auditor.cli import options as o
from auditor.model import Audit
from auditor.rows import InputError

app = Typer(add_completion=False, rich_markup_mode=None)

OVERFIT = "record|stop|restore-best|raise"
PATHS = ("base", "output", "retain")  # keys of [tune] that are paths beside the config file


@app.command()
def train(
    ctx: Context,
    train: o.Train = None,
    base: Annotated[str | None, Option("--base", help="Base model and its tokenizer.", metavar="DIR")] = None,
    train_flag: o.TrainFlag = None,
    validation: o.Validation = None,
    test: o.Test = None,
    folder: Annotated[str | None, Option("--output", help="Folder to write (default: tuned).", metavar="DIR")] = None,
    epochs: Annotated[float | None, Option("--epochs", help="Passes over the training rows.", metavar="N")] = None,
    batch_size: Annotated[int | None, Option("--batch-size", help="Rows a step.", metavar="N")] = None,
    learning_rate: Annotated[float | None, Option("--learning-rate", help="Of AdamW.", metavar="X")] = None,
    max_length: Annotated[int | None, Option("--max-length", help="Tokens a row; longer ones are cut.", metavar="N")] = None,
    freeze: Annotated[
        str | None, Option("--freeze", help="First layers that stay as they are; auto tries.", metavar="none|N|auto")
    ] = None,
    lora: Annotated[bool, Option("--lora", help="Train low-rank adapters alone.")] = False,
    on_overfit: Annotated[str | None, Option("--on-overfit", help="What an alarm does.", metavar=OVERFIT)] = None,
    probe_size: Annotated[int | None, Option("--probe-size", help="Training rows measured at each look.", metavar="N")] = None,
    every: Annotated[int | None, Option("--every", help="Steps between two looks.", metavar="N")] = None,
    seeds: Annotated[int | None, Option("--seeds", help="Runs that differ in their seed alone.", metavar="N")] = None,
    retain: Annotated[str | None, Option("--retain", help="Rows on which skill must be kept.", metavar="PATH")] = None,
    accept_audit: Annotated[bool, Option("--accept-audit", help="Train in spite of a failed data audit.")] = False,
    resume: Annotated[str | None, Option("--resume", help="Go on with an interrupted run.", metavar="DIR")] = None,
    reference: o.Reference = None,
    format: o.Format = None,
    task: o.Task = None,
    positive: o.Positive = None,
    text: o.Text = None,
    label: o.Label = None,
    sensitive: o.Sensitive = None,
    annotators: o.Annotators = None,
    group: o.Group = None,
    time: o.Time = None,
    id: o.Id = None,
    weight: o.Weight = None,
    messages: o.Messages = None,
    prompt: o.Prompt = None,
    response: o.Response = None,
    select: o.Select = None,
    extend_select: o.Extend = None,
    ignore: o.Ignore = None,
    preview: o.Preview = False,
    config: o.Config = None,
    isolated: o.Isolated = False,
    dataset: o.Dataset = None,
    fail_on: o.FailOn = None,
    exit_zero: o.ExitZero = False,
    policy: o.PolicyName = None,
    baseline: o.BaselineFile = None,
    waivers: o.WaiversFile = None,
    output: Annotated[list[str] | None, Option("-o", help="Write a format; repeatable.", metavar="FORMAT=PATH")] = None,
    evidence: o.Evidence = None,
    quiet: o.Quiet = False,
    no_color: o.NoColor = False,
    seed: Annotated[int | None, Option("--seed", help="Of everything random.", metavar="N")] = None,
) -> int:
    """Fine-tune a local model under guard: audit the data, split without leakage, train, prove on untouched rows."""
    return tune(ctx.params)


def tune(given: o.Given, before: Audit | None = None) -> int:
    """Runs the recipe that was asked for, writes the audit, says it; returns the exit code."""
    from auditor.cli import asked, outputs, progress, speak, summary
    from auditor.cli.check import exit_code
    from auditor.guard.verdicts import Refused
    from auditor.tune import started
    from auditor.tune.recipe import Recipe

    found = asked.settings(given)
    written = recipe(given, found)
    if not written.get("base"):
        raise InputError("got no base model; want --base DIR, or base in [tune] of auditor.toml")
    made = Recipe(**written)
    what = asked.asked({**given, "model": made.base, "seed": made.seed})
    quiet, no_color = bool(given.get("quiet")), bool(given.get("no_color"))
    if not quiet:
        for line in what.notes:
            speak.note(line)
    try:
        with progress.bars(quiet, no_color) as told:
            audit = started(replace(what.request, progress=told), made, before)
    except Refused as refused:
        failed: Audit | None = getattr(refused, "audit", None)
        if failed is None:
            raise
        audit = failed
        speak.note(str(refused))
    audit = replace(audit, provenance={**audit.provenance, "command": ["auditor", *sys.argv[1:]]})
    outputs.write(audit, what.outputs)
    code = exit_code(audit.verdict, bool(given.get("exit_zero")))
    if not quiet:
        for line in (audit.tuning or {}).get("notes", ()):
            speak.note(line)
        summary.say(audit, what.outputs, code, no_color=no_color)
        speak.note(
            f"{made.output}: {', '.join(sorted(p.name for p in Path(made.output).iterdir() if not p.name.startswith('.')))}"
        )
    return code


def recipe(given: o.Given, found: Any) -> dict[str, Any]:
    """The fields of the recipe: those of [tune], each replaced by a flag of its name."""
    written = found.config.tune.model_dump(exclude_none=True)
    written |= {key: found.path(written[key]) for key in PATHS if key in written}
    flags = {**given, "output": given.get("folder")}
    names = {*type(found.config.tune).model_fields, "resume"}
    written |= {k: v for k, v in flags.items() if k in names and v is not None and v is not False}
    if written.get("resume"):
        written["output"] = written["resume"]
    return {"output": "tuned", **written}
