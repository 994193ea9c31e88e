"""What a run is made of, once its data is read: tokenizer, head, and the examples of each split."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from auditor.guard.preflight import fingerprint
from auditor.guard.torch.examples import digest
from auditor.model import Audit
from auditor.request import Request
from auditor.rows import InputError
from auditor.tune import models, splitting
from auditor.tune.models import Head
from auditor.tune.reading import Rows, read
from auditor.tune.recipe import Recipe
from auditor.tune.tasks import Encoded, encode
from auditor.writing import replace

FILE = "split.json"


@dataclass(slots=True, kw_only=True)
class Told:
    """What the section `tuning` says beside what the guard saw."""

    notes: list[str] = field(default_factory=list)
    more: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True, eq=False)
class Material:
    """Everything but the model."""

    rows: Rows
    tokenizer: Any
    head: Head
    longest: int
    train: Encoded
    validation: Encoded
    test: Encoded
    retain: Encoded | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def pad(self) -> int:
        return int(self.tokenizer.pad_token_id)

    def fresh(self, base: str, seed: int) -> Any:
        """A new model, its head from the seed."""
        return models.model(base, self.head, self.pad, seed)

    def mean_label(self) -> float:
        """Of the training rows: where a regression begins."""
        return float(np.mean([e["labels"] for e in self.train.examples]))


def gather(request: Request, recipe: Recipe, before: Audit | None) -> Material:
    """Reads, encodes and, where held-out sets are missing, splits. Raises InputError for what cannot be trained on."""
    rows = read(request)
    named = {s.name: s for s in rows.setting.splits}
    if "train" not in named:
        raise InputError("got no training data; want --train PATH")
    tokenizer = models.tokenizer(recipe.base)
    head = models.head(recipe.base, rows.kind, rows.labels("train"))
    longest = models.longest(recipe.base, recipe.max_length)
    parts: dict[str, Encoded] = {
        s: encode(rows, s, tokenizer, head, longest) for s in ("train", "validation", "test") if s in named
    }
    notes = [
        f"{part.left_out:,} rows of {s} have nothing to read or nothing to learn and were left out"
        for s, part in parts.items()
        if part.left_out
    ]
    missing = [s for s in ("validation", "test") if s not in parts]
    if missing:
        parts |= held_out(rows, parts["train"], missing, recipe, before, notes)
    prints = {s: fingerprint([digest(e) for e in parts[s].examples]) for s in parts}
    if prints["validation"] == prints["test"]:
        raise InputError("the test set is the validation set: rows that choose a checkpoint cannot certify it; give others")
    retain = None
    if recipe.retain is not None:
        general = read(Request(train=recipe.retain, roles=rows.setting.roles, task=rows.setting.task, format=request.format))
        retain = encode(general, "train", tokenizer, head, longest)
    return Material(rows=rows, tokenizer=tokenizer, head=head, longest=longest, retain=retain, notes=notes, **parts)


def held_out(
    rows: Rows, train: Encoded, missing: list[str], recipe: Recipe, before: Audit | None, notes: list[str]
) -> dict[str, Encoded]:
    """The training rows cut in parts; the cut is written to split.json."""
    labels = rows.labels("train")
    keep = splitting.units(rows.setting, rows.sample, _per_row(train, len(rows.sample.rows("train"))), before)
    strata = [labels[i] if rows.kind == "classification" else None for i in train.at]
    cut = splitting.cut(len(train.at), keep[train.at], strata, missing, recipe.seed)
    parts = {name: train.take(numbers) for name, numbers in cut.indices.items()}
    positions = {s: rows.sample.rows("train")[part.at].tolist() for s, part in parts.items()}
    document = {"of": "train", "seed": recipe.seed, "units": cut.units, "rows": positions}
    write_once(recipe.folder / FILE, document)
    sizes = ", ".join(f"{s} {len(part.at):,}" for s, part in parts.items())
    together = "copies and rows of one entity" if rows.setting.roles.group else "copies"
    notes.append(
        f"cut from the training rows: {' and '.join(missing)} ({sizes}), {together} on one side; the positions stand in {FILE}"
    )
    return parts


def _per_row(train: Encoded, n: int) -> list[str]:
    """A digest of the tokens of every row read; a row that was left out is its own."""
    found = [f"left out {i}" for i in range(n)]
    for i, example in zip(train.at, train.examples, strict=True):
        found[i] = digest(example)
    return found


def write_once(path: Path, document: Mapping[str, Any]) -> None:
    """Writes the split. Raises InputError where another one stands there: a run goes on with the split it began with."""
    content = (json.dumps(document, indent=None) + "\n").encode()
    if path.exists() and path.read_bytes() != content:
        raise InputError(f"{path}: another split stands here (other data or another seed); choose another --output")
    path.parent.mkdir(parents=True, exist_ok=True)
    replace(path, content)
