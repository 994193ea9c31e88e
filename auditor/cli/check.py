"""auditor check: audits data."""

from __future__ import annotations

from dataclasses import replace

from typer import Context, Typer

from auditor.cli import options as o

app = Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def check(
    ctx: Context,
    train: o.Train = None,
    train_flag: o.TrainFlag = None,
    validation: o.Validation = None,
    test: o.Test = None,
    reference: o.Reference = None,
    format: o.Format = None,
    task: o.Task = None,
    positive: o.Positive = None,
    model: o.Model = None,
    expectations: o.Expectations = None,
    mitigate: o.Mitigate = False,
    metric: o.Metric = None,
    text: o.Text = None,
    label: o.Label = None,
    sensitive: o.Sensitive = None,
    annotators: o.Annotators = None,
    group: o.Group = None,
    time: o.Time = None,
    id: o.Id = None,
    weight: o.Weight = None,
    prediction: o.Prediction = None,
    probabilities: o.Probabilities = None,
    messages: o.Messages = None,
    prompt: o.Prompt = None,
    response: o.Response = None,
    chosen: o.Chosen = None,
    rejected: o.Rejected = None,
    image: o.Image = None,
    audio: o.Audio = None,
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
    output: o.Outputs = None,
    evidence: o.Evidence = None,
    quiet: o.Quiet = False,
    no_color: o.NoColor = False,
    sample: o.Sample = "all",
    seed: o.Seed = 0,
    engine: o.Engine = "local",
    scheduler: o.Scheduler = None,
    workers: o.Workers = None,
) -> int:
    """Audit data sets: noise, imbalance, bias, leakage, shift."""
    return audit(ctx.params)


def audit(given: o.Given) -> int:
    """Runs the audit that was asked for, writes it, says it; returns the exit code."""
    from auditor.audit import run
    from auditor.cli import asked, outputs, progress, speak, summary

    what = asked.asked(given)
    if not given.get("quiet"):
        for line in what.notes:
            speak.note(line)
    with progress.bars(bool(given.get("quiet")), bool(given.get("no_color"))) as told:
        done = run(replace(what.request, progress=told))
    asked.compare_conditions(done, what.settings)
    done = replace(done, provenance={**done.provenance, **asked.told(what.settings, what.request.policy)})
    outputs.write(done, what.outputs)
    code = exit_code(done.verdict, bool(given.get("exit_zero")))
    if not given.get("quiet"):
        summary.say(done, what.outputs, code, no_color=bool(given.get("no_color")))
    return code


def exit_code(verdict: str, exit_zero: bool = False) -> int:
    """0 for a pass, 1 for a fail, 2 for what is incomplete; `exit_zero` turns 1 into 0 and nothing else."""
    code = {"pass": 0, "pass-with-waivers": 0, "fail": 1}.get(verdict, 2)
    return 0 if code == 1 and exit_zero else code
