"""Looking at a model without changing its training: random states, modes and gradients stay as they were."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch

from auditor.rows import InputError


@contextmanager
def quiet(model: Any) -> Iterator[Any]:
    """Evaluation mode and no gradients inside; afterwards every module's mode and every random state are restored."""
    bare = unwrapped(model)
    modes = [(module, module.training) for module in bare.modules()]
    python, legacy, cpu = random.getstate(), np.random.get_state(), torch.get_rng_state()
    devices = torch.cuda.get_rng_state_all() if torch.cuda.is_available() else None
    bare.eval()
    try:
        with torch.inference_mode():
            yield bare
    finally:
        for module, training in modes:
            module.training = training
        random.setstate(python)
        np.random.set_state(legacy)
        torch.set_rng_state(cpu)
        if devices is not None:
            torch.cuda.set_rng_state_all(devices)


def unwrapped(model: Any) -> Any:
    """The model inside a data-parallel wrapper: its own forward needs no other rank."""
    parallel = (torch.nn.parallel.DistributedDataParallel, torch.nn.DataParallel)
    return model.module if isinstance(model, parallel) else model


def ranks() -> tuple[int, int]:
    """(this rank, number of ranks); (0, 1) where nothing is distributed."""
    spread = torch.distributed
    return (spread.get_rank(), spread.get_world_size()) if spread.is_available() and spread.is_initialized() else (0, 1)


def gathered(value: Any) -> list[Any]:
    """The values of all ranks, in rank order."""
    _, world = ranks()
    if world == 1:
        return [value]
    found: list[Any] = [None] * world
    torch.distributed.all_gather_object(found, value)
    return found


def summed(values: list[float], device: Any) -> list[float]:
    """The sums over all ranks; a number that is not finite on one rank is not finite on all."""
    if ranks()[1] == 1:
        return values
    both = torch.tensor(values, dtype=torch.float64, device=device)
    torch.distributed.all_reduce(both)
    return [float(x) for x in both]


@contextmanager
def together() -> Iterator[None]:
    """What one rank raises inside, all raise: a rank that went on alone would wait for the others for ever."""
    if ranks()[1] == 1:
        yield
        return
    cause: Exception | None = None
    try:
        yield
    except Exception as raised:  # whatever it is, the other ranks must hear of it
        cause = raised
    said = gathered(None if cause is None else f"{type(cause).__name__}: {cause}")
    if cause is not None:
        raise cause
    other = next((s for s in said if s is not None), None)
    if other is not None:
        raise InputError(f"another rank ended the run: {other}")


def any_rank(flag: bool) -> bool:
    """Whether the flag is set on any rank: a stop must reach all of them."""
    return any(gathered(flag))
