"""The number that is claimed: measured once on the untouched test rows, and written down."""

from __future__ import annotations

from typing import Any

from auditor.guard.core import Guard
from auditor.model import Audit
from auditor.request import Request
from auditor.tune import proof, seeds
from auditor.tune.material import Material, Told
from auditor.tune.recipe import Recipe


def base_of(request: Request, recipe: Recipe, material: Material, model: Any) -> proof.Scored:
    """The base model on the test rows; where its head is new, a linear probe on its frozen features."""
    request.progress("measuring the base model", 0, None)
    if material.head.new:
        return proof.probe(material.rows, recipe.base, material.head, material.train, material.test, recipe.seed)
    seen = proof.losses(model, material.test, material.pad, 2 * recipe.batch_size)
    return proof.scored("the base model", seen)


def proven(
    model: Any,
    base: proof.Scored,
    guard: Guard,
    material: Material,
    recipe: Recipe,
    request: Request,
    before: Audit,
    told: Told,
) -> Audit | None:
    """Measures the tuned model on the untouched test rows, certifies the number, and audits the answers."""
    request.progress("measuring the tuned model", 0, None)
    seen = proof.losses(model, material.test, material.pad, 2 * recipe.batch_size)
    tuned = proof.scored("the tuned model", seen)
    proof.certify(guard, material.test, tuned)
    comparisons = [proof.compared(tuned, base)]
    after = None
    if material.head.kind == "classification" and tuned.said is not None:
        after = by_group(base, tuned, material, request, before.data)
        comparisons += simple(after, tuned)
    told.more["test"] = comparisons
    told.notes += [proof.sentence(c) for c in comparisons]
    if seeds.wanted(material, recipe) == 1:
        told.notes.append("one seed was run: nothing is said of how much another seed would differ")
    return after


def by_group(base: proof.Scored, tuned: proof.Scored, material: Material, request: Request, data: str) -> Audit:
    """The audit of the tuned model's answers; where there are sensitive columns with the groups before tuning beside it."""

    def audited(said: Any, codes: tuple[str, ...], stage: str) -> Audit:
        names = [material.head.classes[k] for k in said]
        return proof.predicted(material.rows, request, material.train, material.test, names, codes, data, stage)

    sensitive = bool(material.rows.setting.roles.sensitive)
    after = audited(tuned.said, ("FIT304", "BIA3") if sensitive else ("FIT304",), "tuned")
    if not sensitive or base.said is None:
        return after
    return proof.before_and_after(after, audited(base.said, ("BIA3",), "base"))


def simple(after: Audit, tuned: proof.Scored) -> list[dict[str, Any]]:
    """What FIT304 measured, as one more comparison."""
    effects = [m.effect for o in after.outcomes if o.code == "FIT304" for m in o.measured if m.where.split == "test"]
    found = []
    for e in effects:
        if e.value is None or e.low is None or e.high is None:
            continue
        verdict = "better" if e.low > 0 else "worse" if e.high < 0 else "not shown better"
        found.append(
            {
                "tuned against": "the better of majority and TF-IDF with logistic regression",
                "metric": "accuracy",
                "n": len(tuned.each),
                "tuned": tuned.mean,
                "other": tuned.mean - e.value,
                "difference": e.value,
                "low": e.low,
                "high": e.high,
                "verdict": verdict,
            }
        )
    return found
