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
    if not quiet:
        speak.note(f"`auditor check` on such data would end with exit code {code}; the demo itself ended well")
        speak.note("next: open audit.html in a browser, then: auditor init YOUR_TRAIN.csv --test YOUR_TEST.csv")
    return 0
