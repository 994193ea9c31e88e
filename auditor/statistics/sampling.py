"""Samples that do not know how the rows were cut: a row is in or out by a hash of its position."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def position_hash(positions: NDArray[np.int64], seed: int) -> NDArray[np.uint64]:
    """A uniform 64-bit hash of each position (splitmix64; Steele et al. 2014, doi:10.1145/2714064.2660195)."""
    with np.errstate(over="ignore"):
        x = positions.astype(np.uint64) + np.uint64((seed + 1) * 0x9E3779B97F4A7C15 % 2**64)
        x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        return x ^ (x >> np.uint64(31))


def chosen(positions: NDArray[np.int64], seed: int, share: float) -> NDArray[np.bool_]:
    """Whether each position belongs to a sample of this share (0..1) of all positions."""
    return position_hash(positions, seed) < np.uint64(min(share, 1.0) * (2**64 - 1025))
