"""What kind of training a log is of, told by the names that it holds."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from auditor.guard.trace.log import Log

RunType = Literal["supervised", "preference", "rl"]
PREFERENCE = re.compile(r"(^|[_/])rewards/(chosen|rejected|margins|accuracies)$|(^|[_/])logps/")
RL = re.compile(
    r"(^|[_/])(reward|reward_std|frac_reward_zero_std|kl)$|(^|[_/])rewards/.+/(mean|std)$|(^|[_/])completions/|(^|[_/])(objective|policy)/"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """The kind of run and the names that decided it."""

    kind: RunType
    keys: tuple[str, ...]


def kind_of(log: Log) -> Kind:
    """Preference before reinforcement learning: some preference trainers log `kl` too."""
    preference = tuple(k for k in log.keys if PREFERENCE.search(k))
    if preference:
        return Kind(kind="preference", keys=preference)
    rl = tuple(k for k in log.keys if RL.search(k))
    if rl:
        return Kind(kind="rl", keys=rl)
    return Kind(kind="supervised", keys=tuple(k for k in log.keys if k in (log.train, *log.evaluations.values())))
