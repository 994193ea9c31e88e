"""Finds the adapter of a framework, imported when it is asked for."""

from __future__ import annotations

import importlib
from types import ModuleType

from auditor.rows import InputError

EXTRAS = {"huggingface": "train", "torch": "train", "lightning": "lightning", "sklearn": ""}


def load(name: str) -> ModuleType:
    """The module `auditor.guard.<name>`. Raises InputError where its framework is not installed."""
    try:
        return importlib.import_module(f"auditor.guard.{name}")
    except ModuleNotFoundError as cause:
        if cause.name is not None and cause.name.startswith("auditor"):
            raise InputError(f"got the framework {name!r}, want one of {', '.join(EXTRAS)}") from cause
        extra = EXTRAS.get(name, "train")
        raise InputError(f"auditor.guard.{name} needs {cause.name}: pip install 'tune-auditor[{extra}]'") from cause
