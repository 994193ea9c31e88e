"""The engine of many machines: the same parts, counted by Dask workers, summed in batch order."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from auditor.check import Tally
from auditor.engine.local import Kinds, Totals, cores, count, start, summed
from auditor.rows import Batch, InputError

AHEAD = 3  # batches under way a worker: enough to keep it busy, few enough to bound the memory


@contextmanager
def client(scheduler: str | None, workers: int | None) -> Iterator[Any]:
    """A client of the scheduler at that address, or of a cluster of worker processes made for this audit.

    Raises InputError where Dask is missing or nobody answers at the address.
    """
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        raise InputError("auditor.engine.dask needs dask: pip install 'tune-auditor[dask]'") from None
    if scheduler:
        try:
            with Client(scheduler, timeout=10, set_as_default=False) as connected:
                yield connected
        except (OSError, TimeoutError, ValueError) as cause:
            raise InputError(f"--scheduler {scheduler!r}: no scheduler answers there ({cause})") from None
        return
    with (
        LocalCluster(
            n_workers=workers or cores(), threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
        ) as cluster,
        Client(cluster, set_as_default=False) as connected,
    ):
        yield connected


def fold(kinds: Kinds, batches: Iterable[Batch], done: Totals | None, connected: Any) -> Totals:
    """As `auditor.engine.local.fold`: one finished Tally a kind, byte for byte the same."""
    totals, given = start(kinds, done or {})
    well = [kind for kind in kinds if not isinstance(totals[kind], Exception)]
    if well:
        shared = connected.scatter([(well, given)], broadcast=True)[0]
        for parts in _ahead(connected, shared, batches):
            summed(totals, parts)
    return totals


def _ahead(connected: Any, shared: Any, batches: Iterable[Batch]) -> Iterator[Totals]:
    waiting: deque[Any] = deque()
    limit = AHEAD * max(1, len(connected.scheduler_info()["workers"]))
    for batch in batches:
        waiting.append(connected.submit(_count, shared, batch, pure=False))
        if len(waiting) >= limit:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _count(shared: tuple[list[type[Tally]], dict[type[Tally], tuple[Any, ...]]], batch: Batch) -> Totals:
    kinds, given = shared
    return count(kinds, given, batch)
