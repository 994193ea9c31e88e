"""Audits data and fine-tunes: checks before, a guard during, one page and one verdict after."""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from auditor.audit import check as check
    from auditor.guard.core import Guard as Guard
    from auditor.model import Audit as Audit
    from auditor.model import AuditFailed as AuditFailed
    from auditor.rows import InputError as InputError
    from auditor.rows import Roles as Roles
    from auditor.tune import train as train
    from auditor.writing import report as report

_HOMES = {
    "Guard": "auditor.guard.core",
    "check": "auditor.audit",
    "Audit": "auditor.model",
    "AuditFailed": "auditor.model",
    "InputError": "auditor.rows",
    "Roles": "auditor.rows",
    "report": "auditor.writing",
    "train": "auditor.tune",
}
__all__ = ["Audit", "AuditFailed", "Guard", "InputError", "Roles", "check", "report", "train"]


def __getattr__(name: str) -> Any:
    """Public names, each imported when it is first asked for (PEP 562): the command line passes through here."""
    import importlib

    if name not in _HOMES:
        raise AttributeError(f"module 'auditor' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])


class _Public(ModuleType):
    """`auditor.check` stays the function after the submodule of that name was imported (importing binds it here)."""

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in _HOMES or not isinstance(value, ModuleType):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Public
