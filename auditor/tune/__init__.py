"""The guarded fine-tune that `auditor train` runs: audit, split without leakage, train, prove on untouched rows, one page."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from auditor.guard.verdicts import Action
from auditor.model import Audit
from auditor.rows import InputError, Roles, Task


def train(
    base: str | os.PathLike[str],
    train: Any,
    *,
    validation: Any = None,
    test: Any = None,
    roles: Roles | dict[str, Any] | None = None,
    task: Task | None = None,
    output: str | os.PathLike[str] = "tuned",
    on_overfit: Action = "restore-best",
    before: Audit | None = None,
    positive: str | None = None,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    policy_name: str = "default",
    fail_on: str | None = None,
    require: Sequence[str] = (),
    options: Mapping[str, Any] | None = None,
    seed: int = 0,
    resume: str | os.PathLike[str] | None = None,
    **recipe: Any,
) -> Audit:
    """A guarded fine-tune of the local model in `base`; returns the joint audit and writes the folder `output`.

    `before` is an audit of the same data that was made already. Further keywords are the fields of
    `auditor.tune.recipe.Recipe`: epochs, batch_size, learning_rate, max_length, freeze, lora, probe_size, every, seeds, retain,
    accept_audit. Raises InputError for what cannot be trained on, and its subclass Refused where the data audit failed.
    """
    from auditor.policy import policy
    from auditor.request import Request
    from auditor.setting import as_roles
    from auditor.tune.recipe import Recipe

    try:
        what = Recipe(
            base=os.fspath(base),
            output=os.fspath(resume if resume is not None else output),
            on_overfit=on_overfit,
            seed=seed,
            resume=None if resume is None else os.fspath(resume),
            **recipe,
        )
    except TypeError as cause:
        raise InputError(f"auditor.train: {str(cause).replace('Recipe.__init__() ', '')}") from None
    request = Request(
        train=train,
        validation=validation,
        test=test,
        roles=as_roles(roles),
        task=task,
        positive=positive,
        select=tuple(select),
        ignore=tuple(ignore),
        policy=policy(policy_name, fail_on=fail_on, require=require),
        options={"model": what.base, **(options or {})},
        seed=seed,
    )
    return started(request, what, before)


def started(request: Any, recipe: Any, before: Audit | None = None) -> Audit:
    """Runs a recipe. Raises InputError where the extra is not installed."""
    try:
        import accelerate  # noqa: F401  # the Trainer asks for it late
        import transformers  # noqa: F401

        from auditor.tune.run import fine_tune
    except ModuleNotFoundError as cause:
        if cause.name is not None and cause.name.startswith("auditor"):
            raise
        raise InputError(f"auditor train needs {cause.name}: pip install 'tune-auditor[train]'") from None
    return fine_tune(request, recipe, before)
