"""Order in the rows."""

from __future__ import annotations

import numpy as np
from sklearn.neighbors import NearestNeighbors

from auditor.statistics.order import NEIGHBOURS, _nearest, order_of


def test_sorted_rows_are_told_from_shuffled_ones() -> None:
    rng = np.random.default_rng(0)
    rows = np.sort(rng.normal(size=(300, 1)), axis=0)
    assert order_of(rows, 1).p == 0.001
    assert order_of(rng.permutation(rows), 1).p > 0.05


def test_shuffled_rows_alarm_at_most_as_often_as_stated() -> None:
    ps = [order_of(np.random.default_rng(s + 900).normal(size=(80, 3)), s, 99).p for s in range(100)]
    assert sum(p < 0.05 for p in ps) <= 11


def test_neighbours_are_those_of_scikit_learn() -> None:
    cells = np.random.default_rng(3).normal(size=(60, 4))
    wanted = NearestNeighbors(n_neighbors=NEIGHBOURS + 1).fit(cells).kneighbors(cells, return_distance=False)[:, 1:]
    assert (np.sort(_nearest(cells), axis=1) == np.sort(wanted, axis=1)).all()
