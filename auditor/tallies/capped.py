"""Counters by key that are given up once one holds too many names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any, TypeVar

Key = TypeVar("Key")


def summed(
    one: Mapping[Key, Counter[Any]], other: Mapping[Key, Counter[Any]], over: frozenset[Key], cap: int
) -> tuple[dict[Key, Counter[Any]], frozenset[Key]]:
    """The counters of both, key by key, and the keys with more than `cap` names, whose counts are dropped.

    A key is over the cap as soon as its whole is, so any cutting of the rows gives the same.
    """
    by = dict(one)
    beyond = set(over)
    for key, counts in other.items():
        by[key] = by.get(key, Counter()) + counts
        if len(by[key]) > cap:
            beyond.add(key)
    return {k: v for k, v in by.items() if k not in beyond}, frozenset(beyond)
