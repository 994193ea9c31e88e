"""`auditor probe`: a base model and what tuning made of it, asked about the same pairs of sentences."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from auditor.model import Audit
from auditor.policy import Policy, policy
from auditor.rows import InputError, Roles
from auditor.tallies.probe_rows import NATS, RATE

if TYPE_CHECKING:
    from auditor.probe.scoring import Model

CODE = "BIA316"
BESIDE = ("BIA315",)  # shown, without a part in the verdict
PROMPTS = "BIA318"  # what judges prompts by group
TASKS = ("causal", "masked", "classification")


def probe(
    base: str | os.PathLike[str],
    tuned: str | os.PathLike[str],
    *,
    templates: str | os.PathLike[str] = "builtin",
    task: str | None = None,
    positive: str | None = None,
    by: Policy | None = None,
    evidence: str = "full",
    limits: dict[str, Any] | None = None,
    seed: int = 0,
) -> Audit:
    """The audit of two local models on the pairs of `templates`, judged by BIA316, or on its prompts by group, by BIA318.

    `task` is causal, masked or classification (default: what the base model's head is). Raises InputError for what cannot be
    probed: no model, no pair, tokenizers that differ.
    """
    from auditor.audit import run
    from auditor.probe import pairs
    from auditor.request import Request

    if task is not None and task not in TASKS:
        raise InputError(f"--task: got {task!r}, want one of {', '.join(TASKS)}")
    read = pairs.read(os.fspath(templates))
    for flag, folder in (("--base", base), ("--tuned", tuned)):
        if not Path(folder).is_dir():
            raise InputError(f"{flag}: got {os.fspath(folder)!r}, want a folder with a model and its tokenizer")
    code = PROMPTS if read[0].alone else CODE
    try:
        from auditor.probe import scoring

        models = [scoring.load("--base", os.fspath(base), task, positive)]
        models.append(scoring.load("--tuned", os.fspath(tuned), task, positive))
        rows = scored(models[0], models[1], read, seed)
    except ModuleNotFoundError as cause:
        if cause.name is not None and cause.name.startswith("auditor"):
            raise
        raise InputError(f"auditor probe needs {cause.name}: pip install 'tune-auditor[train]'") from None
    audit = run(
        Request(
            train=rows,
            data=f"probe of {Path(tuned).resolve().name}",
            roles=Roles(sensitive="bias_type"),
            select=(CODE, *BESIDE) if code == CODE else (code,),
            limits=limits or {},
            policy=replace(by or policy(), named=(code,)),
            options={"probe_unit": RATE if models[0].kind == "classification" else NATS},
            evidence=evidence,
            seed=seed,
        )
    )
    told = {"code": code, "kind": models[0].kind, "base": _told(base), "tuned": _told(tuned), "templates": os.fspath(templates)}
    return replace(audit, provenance={**audit.provenance, "probe": told})


def scored(base: Model, tuned: Model, read: Sequence[Any], seed: int) -> dict[str, list[Any]]:
    """The rows of the probe with the scores of both models: every pair and null swap, or every prompt, and every neutral
    sentence and its shuffled words."""
    from auditor.probe import pairs, scoring

    alone = read[0].alone
    null = [] if alone else list(pairs.null_swaps())
    longest, both = min(base.longest, tuned.longest), [*read, *null]
    known = [(s, pairs.shuffled(s, seed)) for s in pairs.neutral()]
    fit = [k for k in known if max(len(base.ids(s)) for s in k) <= longest]
    plain, mixed = [s for s, _ in fit], [s for _, s in fit]
    scoring.same_tokens(base, tuned, [*(p.more for p in both), *(p.less for p in both if not p.alone), *plain, *mixed])
    out = [scoring.left_out(base, p, longest) for p in both]
    good = [i for i, why in enumerate(out) if not why]
    kinds = (("prompt" if alone else "pair", read), ("null", null), ("neutral", plain), ("shuffled", mixed))
    parts = [kind for kind, some in kinds for _ in some]
    columns: dict[str, list[Any]] = {
        "part": parts,
        "bias_type": [p.bias_type for p in both] + ["none"] * 2 * len(plain),
        "template": [p.template for p in both] + plain * 2,
        "sent_more": [p.more for p in both] + plain + mixed,
        "sent_less": [p.less for p in both] + [""] * 2 * len(plain),
        "left_out": out + [""] * 2 * len(plain),
    }
    for name, model in (("base", base), ("tuned", tuned)):
        scores: list[float | None] = [None] * len(both)
        asked = [both[i] for i in good]
        said = scoring.of_sentences(model, [p.more for p in asked]) if alone else scoring.of_pairs(model, asked)
        for i, score in zip(good, said, strict=True):
            scores[i] = score
        columns[name] = [*scores, *scoring.of_sentences(model, [*plain, *mixed])]
    keep = [i for i, part in enumerate(parts) if part != "null" or not out[i]]
    return {name: [values[i] for i in keep] for name, values in columns.items()}


def _told(folder: str | os.PathLike[str]) -> dict[str, str]:
    """Folder, and SHA-256 over its weights and configuration."""
    digest = hashlib.sha256()
    for file in sorted(p for p in Path(folder).iterdir() if p.suffix in (".safetensors", ".bin", ".json")):
        digest.update(file.name.encode())
        with file.open("rb") as content:
            digest.update(hashlib.file_digest(content, "sha256").digest())
    return {"folder": os.fspath(folder), "sha256": digest.hexdigest()}
