"""Where checks come from: entry points, walked; codes unique."""

from __future__ import annotations

import difflib
import importlib
import pkgutil
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.metadata import entry_points
from types import ModuleType
from typing import Any

from auditor.check import Check
from auditor.rows import InputError

GROUP = "auditor.checks"
CODE = re.compile(r"[A-Z]{3}\d{3}")


@dataclass(frozen=True, slots=True)
class Found:
    """Every check that could be loaded, by code, and what could not."""

    checks: Mapping[str, type[Check[Any]]]
    broken: Mapping[str, str]  # module -> cause


@cache
def everything() -> Found:
    """Walks the packages named by the entry points. A module that fails to import is broken, not fatal.

    Raises ValueError where two modules declare one code.
    """
    checks: dict[str, type[Check[Any]]] = {}
    broken: dict[str, str] = {}
    for point in sorted(entry_points(group=GROUP), key=lambda p: (p.name != "builtin", p.name)):
        for module in _modules(point.value, broken):
            for check in _declared(module):
                other = checks.get(check.code)
                if other is not None and other is not check:
                    raise ValueError(f"{check.code} is declared in {other.__module__} and in {check.__module__}")
                checks[check.code] = check
    return Found(dict(sorted(checks.items())), broken)


def _modules(package_name: str, broken: dict[str, str]) -> Iterable[ModuleType]:
    try:
        package = importlib.import_module(package_name)
    except Exception as cause:
        broken[package_name] = f"{type(cause).__name__}: {cause}"
        return
    yield package
    for info in pkgutil.walk_packages(getattr(package, "__path__", []), prefix=f"{package_name}."):
        try:
            yield importlib.import_module(info.name)
        except Exception as cause:
            broken[info.name] = f"{type(cause).__name__}: {cause}"


def _declared(module: ModuleType) -> Iterable[type[Check[Any]]]:
    for value in vars(module).values():
        if isinstance(value, type) and issubclass(value, Check) and value.__module__ == module.__name__:
            if not CODE.fullmatch(getattr(value, "code", "")):
                raise ValueError(f"{module.__name__}.{value.__name__}: code is {getattr(value, 'code', None)!r}, want AAA000")
            yield value


def checks(
    select: Iterable[str] = (),
    extend: Iterable[str] = (),
    ignore: Iterable[str] = (),
    *,
    preview: bool = False,
    limits: Mapping[str, Mapping[str, Any]] | None = None,
) -> list[Check[Any]]:
    """The checks of these codes or prefixes, sorted by code, with their parameters changed by `limits`.

    Raises InputError for a code or prefix that names no check, and for a parameter that a check does not have.
    """
    known = everything().checks
    select, extend, ignore = tuple(select), tuple(extend), tuple(ignore)
    for word in (*select, *extend, *ignore, *(limits or {})):
        if not any(code.startswith(word) for code in known):
            near = difflib.get_close_matches(word, [*known, *sorted({c[:3] for c in known})], 1, 0.5)
            hint = f"; did you mean {near[0]}?" if near else "; `auditor rules` lists them"
            raise InputError(f"no check has the code or prefix {word!r}{hint}")
    chosen = []
    for code, kind in known.items():
        named = code in select or code in extend
        asked = code.startswith((*select, *extend)) if select or extend else False
        wanted = asked or (not select and not kind.of_run)
        if not wanted or (ignore and code.startswith(ignore)) or (kind.preview and not (preview or named)):
            continue
        try:
            chosen.append(kind(**(limits or {}).get(code, {})))
        except ValueError as cause:
            raise InputError(f"[rules.{code}]: {cause}") from None
    return chosen
