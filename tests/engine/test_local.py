"""The local engine: order, failures, worker processes."""

from __future__ import annotations

import os
from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pytest

from auditor.check import Tally
from auditor.engine import local
from auditor.rows import Batch, InputError, Roles, Setting

SETTING = Setting(data="d", roles=Roles(), columns=(), splits=())


@dataclass(frozen=True)
class Total(Tally):
    total: float = 0.0
    order: tuple[int, ...] = ()
    pids: Counter[int] = field(default_factory=Counter)

    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        return cls(sum(batch.column("x").to_pylist()), (int(batch.rows[0]),), Counter([os.getpid()]))

    def __add__(self, other: Self) -> Self:
        return type(self)(self.total + other.total, self.order + other.order, self.pids + other.pids)


@dataclass(frozen=True)
class Share(Total):
    after = (Total,)

    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        return cls(sum(batch.column("x").to_pylist()) / after[0].total, (int(batch.rows[0]),))


@dataclass(frozen=True)
class Broken(Total):
    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        raise ZeroDivisionError("on purpose")


@dataclass(frozen=True)
class NeedsBroken(Share):
    after = (Broken,)


def batches(n: int = 12) -> list[Batch]:
    made = np.random.default_rng(5).normal(size=(n, 3))
    return [
        Batch(split="train", table=pa.table({"x": made[i]}), rows=np.arange(3 * i, 3 * i + 3, dtype=np.int64), setting=SETTING)
        for i in range(n)
    ]


def test_worker_processes_sum_in_the_order_of_the_batches() -> None:
    alone = local.fold([Total], batches())[Total]
    together = local.fold([Total], batches(), workers=2)[Total]
    assert isinstance(alone, Total)
    assert isinstance(together, Total)
    assert together.total == alone.total
    assert together.order == alone.order
    assert os.getpid() not in together.pids


def test_a_later_round_gets_the_finished_tally() -> None:
    first = local.fold([Total], batches())
    share = local.fold([Share], batches(), first)[Share]
    assert isinstance(share, Share)
    assert abs(share.total - 1) < 1e-12


def test_a_tally_that_raises_stops_alone_and_takes_those_that_need_it() -> None:
    totals = local.fold([Total, Broken], batches())
    assert isinstance(totals[Total], Total)
    assert isinstance(totals[Broken], ZeroDivisionError)
    later = local.fold([NeedsBroken], batches(), totals)
    assert isinstance(later[NeedsBroken], ZeroDivisionError)


def test_batches_are_read_only_as_fast_as_they_are_counted() -> None:
    read = 0

    def counted() -> Any:
        nonlocal read
        for batch in batches(40):
            read += 1
            yield batch

    parts = local._parts(counted(), [Total], {Total: ()}, 2)
    next(parts)
    assert read <= 6
    list(parts)


@dataclass(frozen=True)
class Dying(Total):
    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        os._exit(9)


def test_a_worker_that_dies_is_told_in_one_line_and_nothing_hangs() -> None:
    with pytest.raises(InputError, match="a worker process died"):
        local.fold([Dying], batches(), workers=2)
