"""What the nearest rows say: agreement of a row's class with theirs, and rows that would be decided otherwise by them.

Rows are cells: a place in space, a class, and how many rows of that class stand there. `near` is (places, places) or
(places, places of the others) with 1 where a place belongs to the neighbourhood of another.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Floats = NDArray[np.float64]
DRAWN_AT_ONCE = 50  # samples whose neighbours are in memory at once: 16 MB for 40,000 pairs of neighbours


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Different rows: (m,) place, class (0, 1, ...) and number of rows of each."""

    place: NDArray[np.int64]
    klass: NDArray[np.int64]
    rows: NDArray[np.int64]

    def drawn(self, draws: int, rng: np.random.Generator) -> Floats:
        """(m, draws + 1) rows of each cell: as they are, then drawn anew by Poisson, as a bootstrap of single rows does."""
        return np.concatenate([self.rows[:, None], rng.poisson(self.rows, (draws, len(self.rows))).T], axis=1).astype(float)


def cells(at: NDArray[np.int64], klass: NDArray[np.int64]) -> Cells:
    """The cells of rows at places `at` of classes `klass`, sorted by place and class."""
    both, rows = np.unique(np.stack([at, klass], axis=1), axis=0, return_counts=True)
    return Cells(both[:, 0], both[:, 1], rows)


def agreement(near: csr_array, those: Cells, rows: Floats) -> Floats:
    """(draws,) mean share of a row's neighbours, itself left out, that have its class, 0 to 1.

    Equals 1 - mean |y - mean y of the neighbours| (several classes: half the sum over them). Zemel et al. 2013, "Learning
    fair representations". A row whose neighbours are not drawn is left out; all copies of a drawn row are itself.
    """
    around = near[those.place][:, those.place].tocoo()
    alike = those.klass[around.row] == those.klass[around.col]
    same = _matrix(around.row[alike], around.col[alike], len(those.rows))
    own = rows / those.rows[:, None]
    others = near[those.place][:, those.place] @ rows - own
    share = (same @ rows - own) / np.where(others > 0.5, others, np.nan)
    weight = np.where(others > 0.5, rows, 0.0)
    return np.asarray(np.nansum(share * weight, axis=0) / np.maximum(weight.sum(axis=0), 1e-300))


def flips(near: csr_array, those: Cells, rows: Floats, among: Cells, votes: Floats) -> tuple[Floats, Floats]:
    """(draws,) shares of rows that would gain and that would lose, were they decided by the majority of their neighbourhood.

    `those` cells are decided (class 1: favourably), `among` vote; `near` is (places of those, places among). Black et al.
    2020, doi:10.1145/3351095.3372845.
    """
    ahead = near[those.place][:, among.place] @ (_sign(among)[:, None] * votes)
    gains = (rows * (ahead > 0.5) * (those.klass == 0)[:, None]).sum(axis=0)
    losses = (rows * (ahead < -0.5) * (those.klass == 1)[:, None]).sum(axis=0)
    n = np.maximum(rows.sum(axis=0), 1)
    return gains / n, losses / n


def chance_flips(near: csr_array, those: Cells, rows: Floats, among: Cells, votes: Floats) -> Floats:
    """(draws,) gains minus losses that rows of `among` itself would have, stood they where `those` stand.

    A majority varies less than one row, so that like rows flip too, the more often one way the farther their rate is from
    a half. At each place every neighbour is decided in turn by the others: under equal treatment that has the expectation
    of `flips`. `near` holds one neighbour more than there.
    """
    found = near[:, among.place].tocoo()
    here, cell = found.row, found.col
    order = np.argsort(here, kind="stable")
    here, cell = here[order], cell[order]
    sign, total = _sign(among), np.zeros((near.shape[0], rows.shape[1]))
    np.add.at(total, those.place, rows)  # rows of those at each place
    value = np.zeros(rows.shape[1])
    for first in range(0, rows.shape[1], DRAWN_AT_ONCE):
        part = slice(first, first + DRAWN_AT_ONCE)
        told = votes[:, part]
        ahead, present = near[:, among.place] @ (sign[:, None] * told), near[:, among.place] @ told
        others = ahead[here] - (sign[cell] / among.rows[cell])[:, None] * told[cell]
        flipped = (others > 0.5) * (sign[cell] < 0)[:, None] * 1.0 - (others < -0.5) * (sign[cell] > 0)[:, None]
        at = np.zeros_like(ahead)
        np.add.at(at, here, flipped * told[cell])
        value[part] = (total[:, part] * at / np.maximum(present, 1)).sum(axis=0)
    return np.asarray(value / np.maximum(rows.sum(axis=0), 1))


def _sign(those: Cells) -> Floats:
    return np.where(those.klass == 1, 1.0, -1.0)


def _matrix(row: NDArray[np.int64], column: NDArray[np.int64], size: int) -> csr_array:
    from scipy.sparse import csr_array

    return csr_array((np.ones(len(row)), (row, column)), shape=(size, size))
