"""Where an audit comes from: digests, rows, seeds, versions, durations. The only place with a clock."""

from __future__ import annotations

import platform
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

from auditor.request import Request
from auditor.rows import Roles, Setting, Source


class Clock:
    """Durations of the steps, seconds. The only clock; it goes to provenance."""

    def __init__(self) -> None:
        self.begun = datetime.now(UTC)
        self.last = time.perf_counter()
        self.laps: dict[str, float] = {}

    def lap(self, name: str) -> None:
        now = time.perf_counter()
        self.laps[name] = round(now - self.last, 3)
        self.last = now


def provenance(request: Request, sources: Sequence[Source], setting: Setting, clock: Clock) -> dict[str, Any]:
    """Where the audit comes from: digests, rows, seeds, versions, durations."""
    from importlib.metadata import version

    return {
        "started": clock.begun.isoformat(timespec="seconds"),
        "durations": dict(clock.laps),
        "files": [{"split": s.split, "source": s.name, "sha256": s.digest()} for s in sources],
        "rows": {s.name: s.rows for s in setting.splits},
        "roles": dict(_grouped(setting.roles)),
        "task": setting.task,
        "positive": setting.positive,
        "seed": request.seed,
        "sample": request.sample,
        "evidence": request.evidence,
        "policy": {"name": request.policy.name, "fail_on": request.policy.fail_on, "require": list(request.policy.require)},
        "derived": {k: dict(v) for k, v in setting.derived.items()},
        "limits": {k: dict(v) for k, v in request.limits.items()},
        "select": list(request.select),
        "ignore": list(request.ignore),
        "versions": {
            "tune-auditor": version("tune-auditor"),
            "python": platform.python_version(),
            **{name: version(name) for name in ("numpy", "pandas", "pyarrow", "scipy", "scikit-learn")},
        },
    }


def _grouped(roles: Roles) -> Iterator[tuple[str, Any]]:
    by: dict[str, list[str]] = {}
    for role, column in roles.items():
        by.setdefault(role, []).append(column)
    return iter(by.items())
