"""What was asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from auditor.policy import Policy, policy
from auditor.rows import Roles, Task

Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What was asked for: everything that decides an audit."""

    train: Any = None
    validation: Any = None
    test: Any = None
    references: Mapping[str, Any] = field(default_factory=dict)
    data: str = ""  # name of the data set; stands in every fingerprint, so a file name would be wrong here
    format: str | None = None  # where the ending does not tell
    roles: Roles = field(default_factory=Roles)
    task: Task | None = None
    positive: str | None = None
    select: tuple[str, ...] = ()
    extend: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    preview: bool = False
    limits: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    policy: Policy = field(default_factory=policy)
    options: Mapping[str, Any] = field(default_factory=dict)
    evidence: str = "masked"
    sample: int | None = None  # at most so many records of each split; None = all
    engine: str = "local"  # or "dask"
    scheduler: str | None = None  # address of a Dask scheduler; None = a cluster of this machine's cores
    workers: int | None = None
    seed: int = 0
    progress: Progress = lambda stage, done, total: None
