"""Whether rows that are alike stand near each other in the file."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from auditor.statistics.counts import permutation_p

NEIGHBOURS = 10  # as cleanlab's non-iid test
PERMUTATIONS = 999
GRID = 100  # points at which the two distributions of index distances are compared


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """Index distances of neighbours beside those of random pairs."""

    distance: float  # largest excess of near neighbours over random pairs, 0..1
    p: float  # by permutation
    grid: NDArray[np.float64]  # (GRID,) index distance as a share of the rows
    neighbours: NDArray[np.float64]  # (GRID,) share of neighbour pairs at most so far apart
    random: NDArray[np.float64]  # (GRID,) the same of random pairs


def order_of(cells: NDArray[np.float64], seed: int, permutations: int = PERMUTATIONS) -> Order:
    """Rows (n, columns) in file order, n > NEIGHBOURS, no NaN.

    Each row's nearest neighbours (Euclidean, standardised columns) are found; the share of them within a share t of the
    file is set against that of random pairs, 2t - t^2 (one-sided Kolmogorov-Smirnov). The null permutes the places of
    the rows. After Cummings et al. 2023, arXiv:2305.15696.
    """
    n = len(cells)
    pairs = _nearest(_standardised(cells))
    rng = np.random.default_rng(seed)
    grid = np.arange(1, GRID + 1) / GRID
    reference = 2 * grid - grid**2

    first, second = np.repeat(np.arange(n), NEIGHBOURS), pairs.ravel()

    def near(places: NDArray[np.int32]) -> NDArray[np.float64]:
        apart = np.bincount(np.abs(places[first] - places[second]), minlength=n)
        return np.asarray(np.cumsum(apart)[edges] / len(first), np.float64)

    edges = np.minimum((grid * n).astype(np.int64), n - 1)
    own = near(np.arange(n, dtype=np.int32))
    observed = float(np.max(own - reference))
    null = np.array([np.max(near(rng.permutation(n).astype(np.int32)) - reference) for _ in range(permutations)])
    return Order(distance=max(0.0, observed), p=permutation_p(observed, null), grid=grid, neighbours=own, random=reference)


def _standardised(cells: NDArray[np.float64]) -> NDArray[np.float64]:
    spread = cells.std(axis=0)
    return np.asarray((cells - cells.mean(axis=0))[:, spread > 0] / spread[spread > 0], np.float64)


def _nearest(cells: NDArray[np.float64]) -> NDArray[np.int64]:
    """(n, NEIGHBOURS) indices of the nearest rows, the row itself left out."""
    squares = (cells**2).sum(axis=1)
    apart = squares[:, None] + squares[None, :] - 2 * cells @ cells.T
    np.fill_diagonal(apart, np.inf)
    return np.asarray(np.argpartition(apart, NEIGHBOURS, axis=1)[:, :NEIGHBOURS], np.int64)
