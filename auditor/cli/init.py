"""auditor init: looks at the data and writes auditor.toml."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

from typer import Option, Typer

from auditor.cli import options as o
from auditor.rows import Column, InputError, Setting

app = Typer(add_completion=False, rich_markup_mode=None)

PEOPLE = re.compile(
    r"(^|[_\W])(sex|gender|race|ethnic\w*|nationality|religion|disab\w*|age(_?(band|group|range))?|marital\w*|"
    r"personal_status\w*|orientation|foreign_worker|native_country|veteran\w*|pregnan\w*)([_\W]|$)",
    re.IGNORECASE,
)
"""Names of columns that often hold groups of people: suggested, never taken as a role."""
ANNOTATORS = re.compile(
    r"(^|[_\W])(annotator|annotation|rater|rating|coder|labell?er|worker)s?[_\W]?[a-z0-9]{1,3}$", re.IGNORECASE
)
"""Names of columns that often hold what one annotator said: suggested from two of them on, never taken as a role."""
LABELS = 200
"""A column with more values than this is hardly a label; chosen by us, above the 151 classes of CLINC150."""


@app.command()
def init(
    train: o.Train = None,
    validation: o.Validation = None,
    test: o.Test = None,
    format: o.Format = None,
    name: Annotated[str, Option("--name", help="Name of the data set in the file.", metavar="NAME")] = "",
    force: Annotated[bool, Option("--force", help="Overwrite auditor.toml.")] = False,
) -> int:
    """Look at the data and write auditor.toml, with suggestions for label and sensitive columns."""
    from auditor.cli import speak
    from auditor.writing import replace

    file = Path("auditor.toml")
    if file.exists() and not force:
        raise InputError("auditor.toml is here already; --force overwrites it, `auditor config show` prints what holds")
    if train is None:
        raise InputError("got no data, want a training file to look at: auditor init train.csv --test test.csv")
    paths = {"train": train, "validation": validation, "test": test}
    setting, assumed = look(paths, format)
    given = {split: path for split, path in paths.items() if path}
    text = written(re.sub(r"[^A-Za-z0-9_-]+", "-", name or Path(train).name.split(".")[0]) or "data", given, setting)
    replace(file, text.encode())
    for line in (*assumed, *suggestions(setting)):
        speak.out(speak.inert(line))
    speak.out("wrote auditor.toml; read it, then type: auditor check")
    return 0


def look(paths: dict[str, str | None], format: str | None) -> tuple[Setting, Sequence[str]]:
    """The kinds of all columns, and what was assumed."""
    from auditor.audit import Request, look_at, open_sources
    from auditor.setting import assume

    request = Request(train=paths["train"], validation=paths["validation"], test=paths["test"], format=format)
    sources = open_sources(request)
    roles, assumed = assume(request.roles, list(dict.fromkeys(n for s in sources for n in s.columns)))
    setting, _, said = look_at(sources, roles, request)
    return setting, (*assumed, *said)


def label_like(setting: Setting) -> list[Column]:
    """Columns that may be the label: few values, in every split, last column first."""
    fits = [
        c
        for c in setting.columns
        if c.kind in ("category", "bool") and 2 <= c.distinct <= LABELS and not PEOPLE.search(c.name) and c.splits
    ]
    return fits[::-1]


def suggestions(setting: Setting) -> list[str]:
    """One line for each role that a person should decide."""
    said = []
    if setting.roles.label is None and (found := label_like(setting)):
        said.append(f"suggestion: the label may be one of {', '.join(c.name for c in found[:5])}")
    people = [c.name for c in setting.columns if PEOPLE.search(c.name)]
    if people:
        said.append(f"suggestion: groups of people may be in {', '.join(people)}; take them in as sensitive if they are")
    if several := annotator_like(setting):
        said.append(f"suggestion: {', '.join(several)} may be one annotator each; take them in as annotators if they are")
    return said


def annotator_like(setting: Setting) -> list[str]:
    """Columns named as those of annotators are, where there are two or more."""
    found = [c.name for c in setting.columns if ANNOTATORS.search(c.name)]
    return found if len(found) > 1 else []


def written(name: str, paths: dict[str, str], setting: Setting) -> str:
    """The file. What is only suggested stands as a comment."""
    roles = dict(setting.roles.items())
    texts = [column for role, column in setting.roles.items() if role == "text"]
    lines = ["version = 1", "", f"[data.{name}]"]
    lines += [f"{split} = {quoted(path)}" for split, path in paths.items()]
    if setting.label_is_class:
        lines.append('task = "classification"')
        lines.append('# positive = ""  # the favourable label, where there is one')
    lines += ["", f"[data.{name}.roles]"]
    if texts:
        lines.append(f"text = [{', '.join(map(quoted, texts))}]")
    lines += [f"{role} = {quoted(column)}" for role, column in roles.items() if role != "text"]
    if "label" not in roles:
        lines += [f"# label = {quoted(c.name)}" for c in label_like(setting)[:5]]
    people = [c.name for c in setting.columns if PEOPLE.search(c.name)]
    if people:
        lines.append(f"# sensitive = [{', '.join(map(quoted, people))}]  # groups of people? take the # away")
    if several := annotator_like(setting):
        lines.append(f"# annotators = [{', '.join(map(quoted, several))}]  # one column an annotator? take the # away")
    lines += ["", "[gate]", 'policy = "default"  # or strict, exploratory', "require = []  # codes that must have run"]
    lines += ["", "[report]", 'html = "audit.html"', 'json = "audit.json"', ""]
    return "\n".join(lines)


def quoted(text: str) -> str:
    """A TOML string."""
    import json

    return re.sub(r"[\x7f-\x9f]", lambda m: f"\\u{ord(m[0]):04x}", json.dumps(text, ensure_ascii=False))
