"""The engine of one machine: batches streamed, tallies summed in batch order, worker processes for large data."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any

from auditor.check import Tally
from auditor.rows import Batch, InputError

Kinds = Sequence[type[Tally]]
Totals = dict[type[Tally], Tally | Exception]


def fold(kinds: Kinds, batches: Iterable[Batch], done: Totals | None = None, *, workers: int = 1) -> Totals:
    """One finished Tally a kind, or the exception that stopped it.

    Tallies are summed in the order of the batches whatever the number of workers, so that float sums come out the
    same byte for byte. `done` holds the finished tallies of earlier rounds.
    """
    totals, given = start(kinds, done or {})
    for parts in _parts(batches, [k for k in kinds if not isinstance(totals[k], Exception)], given, workers):
        summed(totals, parts)
    return totals


def start(kinds: Kinds, done: Totals) -> tuple[Totals, dict[type[Tally], tuple[Any, ...]]]:
    """Zero of every kind, and what each gets from earlier rounds; a kind whose needs failed starts as that failure."""
    totals: Totals = {kind: kind() for kind in kinds}
    given = {kind: tuple(done.get(k) for k in kind.after) for kind in kinds}
    for kind, args in given.items():
        for needed, value in zip(kind.after, args, strict=True):
            if value is None or isinstance(value, Exception):
                totals[kind] = value if isinstance(value, Exception) else KeyError(needed.__name__)
    return totals, given


def summed(totals: Totals, parts: Totals) -> None:
    """Adds the parts of one batch to the totals."""
    for kind, part in parts.items():
        total = totals[kind]
        if isinstance(total, Exception):
            continue
        try:
            totals[kind] = part if isinstance(part, Exception) else total + part
        except Exception as cause:
            totals[kind] = cause


def count(kinds: Kinds, given: dict[type[Tally], tuple[Any, ...]], batch: Batch) -> Totals:
    """The tally of one batch a kind, or the exception that stopped it."""
    parts: Totals = {}
    for kind in kinds:
        try:
            parts[kind] = kind.of(batch, *given[kind])
        except Exception as cause:
            parts[kind] = cause
    return parts


def _parts(batches: Iterable[Batch], kinds: Kinds, given: dict[type[Tally], tuple[Any, ...]], workers: int) -> Iterator[Totals]:
    alone = workers < 2 or "fork" not in multiprocessing.get_all_start_methods()
    if alone or not kinds or threading.current_thread() is not threading.main_thread():
        for batch in batches:
            yield count(kinds, given, batch)
        return
    global _work
    _work = lambda batch: count(kinds, given, batch)  # noqa: E731  the forked workers inherit it: nothing to pickle
    try:
        with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("fork")) as pool:
            yield from _ahead(pool, batches, workers)
    except BrokenProcessPool:
        raise InputError("a worker process died, most likely for want of memory; use fewer with --workers 1") from None
    finally:
        _work = None


_work: Callable[[Batch], Totals] | None = None


def _call(batch: Batch) -> Totals:
    assert _work is not None
    return _work(batch)


def _ahead(pool: ProcessPoolExecutor, batches: Iterable[Batch], workers: int) -> Iterator[Totals]:
    """Results in order, with at most two batches a worker under way: `map` alone would read the whole file."""
    waiting: deque[Future[Totals]] = deque()
    for batch in batches:
        waiting.append(pool.submit(_call, batch))
        if len(waiting) > 2 * workers:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def cores() -> int:
    """Processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
