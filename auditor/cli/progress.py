"""Progress on standard error, where somebody looks at it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from auditor.request import Progress


@contextmanager
def bars(quiet: bool, no_color: bool = False) -> Iterator[Progress]:
    """A callback that draws one bar a stage; draws nothing unless standard error is a terminal."""
    if quiet or not sys.stderr.isatty():
        yield lambda stage, done, total: None
        return
    from rich.console import Console
    from rich.markup import escape
    from rich.progress import BarColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

    from auditor.cli.speak import inert

    drawn = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.completed:,.0f}{task.fields[of]}"),
        TimeElapsedColumn(),
        console=Console(stderr=True, no_color=no_color or None),
        transient=True,
    )
    tasks: dict[str, TaskID] = {}

    def told(stage: str, done: int, total: int | None) -> None:
        if stage not in tasks:
            tasks[stage] = drawn.add_task(escape(inert(stage)), total=total, of=f" of {total:,}" if total else "")
        drawn.update(tasks[stage], completed=done, total=total)

    with drawn:
        yield told
