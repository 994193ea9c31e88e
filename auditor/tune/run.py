"""The guarded fine-tune: audit, split, train, prove, write. One function a step."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

from auditor import audit as auditing
from auditor.guard import joining
from auditor.guard.core import Guard
from auditor.guard.verdicts import GuardStop, Refused
from auditor.model import Audit
from auditor.request import Request
from auditor.rows import InputError
from auditor.tune import fitting, seeds, trials
from auditor.tune.certifying import base_of, proven
from auditor.tune.material import Material, Told, gather
from auditor.tune.preparing import guarded, prepared
from auditor.tune.recipe import Recipe
from auditor.writing import report

FILES = ("audit.json", "audit.html")


class AuditRefused(Refused):
    """The data audit failed, so nothing was trained; `audit` is that audit."""

    def __init__(self, message: str, audit: Audit) -> None:
        super().__init__(message)
        self.audit = audit


def fine_tune(request: Request, recipe: Recipe, before: Audit | None = None) -> Audit:
    """Audits the data, trains, proves, writes the output folder; returns the joint audit.

    Raises AuditRefused where the data audit failed, Refused or InputError for what cannot be trained.
    """
    resume, torn = fitting.last_whole(Path(recipe.resume)) if recipe.resume else (None, [])
    _begin(recipe.folder)
    before = before or auditing.run(request)
    told = Told(notes=[*accepted(before, recipe), *torn])
    if resume is not None:
        told.notes.append(f"the run went on from {resume.name}")
    material = gather(request, recipe, before)
    told.notes += material.notes
    pace = fitting.pace(len(material.train.examples), recipe)
    recipe = frozen(request, recipe, material, pace, told)
    guard = guarded(material, recipe, request, pace, None if recipe.accept_audit else before)
    model = prepared(material, recipe, recipe.seed, told)
    base = base_of(request, recipe, material, model)
    try:
        request.progress("tuning", 0, pace.steps)
        fitting.fit(
            model,
            material.tokenizer,
            material.train.examples,
            recipe,
            folder=recipe.folder,
            seed=recipe.seed,
            steps=pace,
            guard=guard,
            resume=resume,
            progress=request.progress,
        )
    except GuardStop as stopped:
        told.notes.append(f"the run was ended: {stopped}; no model was written")
        return concluded(before, guard, recipe, request, pace, told, None)
    save(model, material.tokenizer, recipe.folder / "model")
    after = proven(model, base, guard, material, recipe, request, before, told)
    if seeds.wanted(material, recipe) > 1:
        seeds.spread(material, recipe, request, pace, base, told)
    return concluded(before, guard, recipe, request, pace, told, after)


def _begin(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as cause:
        raise InputError(f"--output {str(folder)!r}: the folder cannot be made ({cause.strerror}); give another") from None


def accepted(before: Audit, recipe: Recipe) -> list[str]:
    """Lets a failed data audit pass only where that was asked for, and says so."""
    if before.verdict != "fail":
        return []
    codes = ", ".join(sorted({f.code for f in before.findings if f.fingerprint in before.reasons}))
    if recipe.accept_audit:
        return [f"the data audit failed ({codes}) and was accepted: --accept-audit"]
    for file in FILES:
        report(before, recipe.folder / file)
    raise AuditRefused(
        f"the data audit of {before.data!r} failed ({codes}), so nothing was trained; mend the data, or say --accept-audit",
        before,
    )


def frozen(request: Request, recipe: Recipe, material: Material, pace: fitting.Pace, told: Told) -> Recipe:
    """The recipe with `auto` settled by trials; each looks at the validation rows."""
    if recipe.freeze != "auto":
        return recipe
    taken, entries, why = trials.chosen(
        lambda seed: material.fresh(recipe.base, seed),
        material.tokenizer,
        material.train,
        material.validation,
        recipe,
        pace,
        recipe.folder,
        request.progress,
    )
    told.more["trials"] = entries
    told.notes.append(why)
    return dataclasses.replace(recipe, freeze=taken or "none")


def save(model: Any, tokenizer: Any, folder: Path) -> None:
    """The weights that were selected, and the tokenizer. Raises InputError for a full disk."""
    try:
        model.save_pretrained(str(folder))
        tokenizer.save_pretrained(str(folder))
    except Exception as cause:
        raise InputError(
            f"{folder}: the model could not be written ({str(cause).splitlines()[0]}); checkpoints are kept"
        ) from None


def concluded(
    before: Audit, guard: Guard, recipe: Recipe, request: Request, pace: fitting.Pace, told: Told, after: Audit | None
) -> Audit:
    """The joint audit, written."""
    guard.saved(guard.state.run.last.step if guard.state.run.by_step else 0, recipe.folder)
    cost = {"every": pace.every, "rows": pace.probe, "share_of_work": round(pace.cost(recipe.batch_size), 4)}
    tuning = {**guard.tuning, **told.more, "recipe": recipe.described(), "probe": cost}
    tuning["notes"] = [*tuning["notes"], *told.notes]
    audit = joining.joined(before, tuning, joining.judged(guard), by=request.policy, after=after)
    for file in FILES:
        report(audit, recipe.folder / file)
    return audit
