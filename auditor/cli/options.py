"""The options that more than one command takes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from typer import Argument, Option

from auditor.rows import InputError

Given = Mapping[str, Any]  # option -> value, as the parser hands them over

Train = Annotated[str | None, Argument(help="Training data: a file or a folder.", metavar="TRAIN", show_default=False)]
TrainFlag = Annotated[str | None, Option("--train", help="The same, as an option.", metavar="PATH")]
Validation = Annotated[str | None, Option("--validation", help="Held-out data used while tuning.", metavar="PATH")]
Test = Annotated[str | None, Option("--test", help="Held-out data used at the end.", metavar="PATH")]
Reference = Annotated[
    list[str] | None,
    Option("--reference", help="Evaluation set that must not be in the training data; repeatable.", metavar="NAME=PATH"),
]
Format = Annotated[
    str | None, Option("--format", help="Where the ending does not tell.", metavar="csv|tsv|jsonl|json|parquet|arrow")
]
Task = Annotated[
    str | None,
    Option(
        "--task", help="What is to be learnt.", metavar="classification|regression|multilabel|language-modeling|chat|preference"
    ),
]
Positive = Annotated[str | None, Option("--positive", help="The favourable label or prediction.", metavar="VALUE")]
Model = Annotated[str | None, Option("--model", help="Base model and tokenizer about to be tuned.", metavar="PATH")]
Expectations = Annotated[
    str | None, Option("--expectations", help="A Great Expectations suite to run as well.", metavar="SUITE.json")
]
Mitigate = Annotated[
    bool, Option("--mitigate", help="Try mitigations of group gaps on held-out rows, and show what each makes worse.")
]
Metric = Annotated[
    list[str] | None,
    Option("--metric", help="Own metric by group: a name of sklearn.metrics, or module:function; repeatable.", metavar="NAME"),
]

Text = Annotated[list[str] | None, Option("--text", help="Text to learn from; repeatable.", metavar="COLUMN")]
Label = Annotated[str | None, Option("--label", help="What is to be predicted.", metavar="COLUMN")]
Sensitive = Annotated[
    list[str] | None,
    Option("--sensitive", help="Group of people that must not be treated worse; repeatable.", metavar="COLUMN"),
]
Annotators = Annotated[
    list[str] | None,
    Option("--annotator", help="What one annotator gave each row; repeatable, one column an annotator.", metavar="COLUMN"),
]
Group = Annotated[str | None, Option("--group", help="Entity: user, patient, document.", metavar="COLUMN")]
Time = Annotated[str | None, Option("--time", help="When the row came to be.", metavar="COLUMN")]
Id = Annotated[str | None, Option("--id", help="Names the row.", metavar="COLUMN")]
Weight = Annotated[str | None, Option("--weight", help="Weight of the row.", metavar="COLUMN")]
Prediction = Annotated[str | None, Option("--prediction", help="What a model predicted.", metavar="COLUMN")]
Probabilities = Annotated[
    str | None, Option("--probabilities", help="List column of K numbers, or a glob of K columns (p_*).", metavar="COLUMN")
]
Messages = Annotated[str | None, Option("--messages", help="Chat messages.", metavar="COLUMN")]
Prompt = Annotated[str | None, Option("--prompt", help="Prompt of a pair.", metavar="COLUMN")]
Response = Annotated[str | None, Option("--response", help="Response of a pair.", metavar="COLUMN")]
Chosen = Annotated[str | None, Option("--chosen", help="Preferred answer.", metavar="COLUMN")]
Rejected = Annotated[str | None, Option("--rejected", help="Rejected answer.", metavar="COLUMN")]
Image = Annotated[str | None, Option("--image", help="Image, or path of one.", metavar="COLUMN")]
Audio = Annotated[str | None, Option("--audio", help="Sound, or path of one.", metavar="COLUMN")]

Select = Annotated[list[str] | None, Option("--select", help="Only these codes or prefixes: LEK,DUP101.", metavar="CODES")]
Extend = Annotated[list[str] | None, Option("--extend-select", help="These as well.", metavar="CODES")]
Ignore = Annotated[list[str] | None, Option("--ignore", help="Not these.", metavar="CODES")]
Preview = Annotated[bool, Option("--preview", help="Also the checks that are still being settled.")]

Config = Annotated[str | None, Option("--config", help="auditor.toml to read (default: the nearest one upward).", metavar="FILE")]
Isolated = Annotated[bool, Option("--isolated", help="Read no config file.")]
Dataset = Annotated[
    str | None, Option("--dataset", help="Which [data.NAME] of the config; the name of the data.", metavar="NAME")
]
FailOn = Annotated[str | None, Option("--fail-on", help="What fails the audit.", metavar="error|warning|never")]
ExitZero = Annotated[bool, Option("--exit-zero", help="End with 0 in place of 1; never in place of 2.")]
PolicyName = Annotated[str | None, Option("--policy", help="How strict the gate is.", metavar="default|strict|exploratory")]
BaselineFile = Annotated[str | None, Option("--baseline", help="Known findings: only new or worse ones gate.", metavar="FILE")]
WaiversFile = Annotated[str | None, Option("--waivers", help="Accepted findings, with owner and end date.", metavar="FILE")]

Outputs = Annotated[
    list[str] | None,
    Option("-o", "--output", help="Write a format; repeatable; - is standard output.", metavar="FORMAT=PATH"),
]
Evidence = Annotated[str | None, Option("--evidence", help="What the page may quote of the rows.", metavar="none|masked|full")]
Quiet = Annotated[bool, Option("--quiet", "-q", help="No summary and no progress.")]
NoColor = Annotated[bool, Option("--no-color", help="No colour (NO_COLOR and FORCE_COLOR are heard too).")]
Seed = Annotated[int, Option("--seed", help="Of everything random.", metavar="N")]
Sample = Annotated[str, Option("--sample", help="Audit at most N rows of each split.", metavar="N|all")]
Engine = Annotated[str, Option("--engine", help="Where the counting runs.", metavar="local|dask")]
Scheduler = Annotated[str | None, Option("--scheduler", help="Address of a Dask scheduler.", metavar="ADDRESS")]
Workers = Annotated[int | None, Option("--workers", help="Worker processes (default: all cores on long data).", metavar="N")]


def codes(given: list[str] | None) -> tuple[str, ...]:
    """Codes of a repeatable option that takes comma lists."""
    return tuple(word.strip().upper() for part in given or () for word in part.split(",") if word.strip())


def one_of(flag: str, value: str | None, words: tuple[str, ...]) -> str | None:
    """The value, where it is one of the words. Raises InputError with the nearest."""
    if value is None or value in words:
        return value
    import difflib

    near = difflib.get_close_matches(value, words, 1, 0.5)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise InputError(f"{flag}: got {value!r}, want one of {', '.join(words)}{hint}")
