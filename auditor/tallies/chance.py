"""How many rows of a table would agree by chance, were its columns independent."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from auditor.tallies.keys import CellSample, Names

Values = NDArray[np.uint64]


def expected_repeats(sample: CellSample, names: Names, rows: int) -> float:
    """Rows beyond the first of their content among `rows`, were the columns independent.

    Pairs of rows times the product of the columns' collision probabilities (exp of minus their Renyi entropies of order 2,
    Renyi 1961), each estimated without bias from the sampled rows; at most the rows.
    """
    each = [_within(column) for column in _columns(sample, names)]
    return min(float(rows), rows * (rows - 1) / 2 * math.prod(each)) if each else 0.0


def expected_shared(sample: CellSample, other: CellSample, names: Names, rows: int, others: int) -> float:
    """Rows among `rows` that stand in a table of `others` rows too, were the columns independent: rows * (1 - exp(-others * C)).

    C is the product over the columns of the chance that two cells, one of each table, agree. Rows that agree with
    probability C in the mean find a partner at most that often (Jensen), so the expectation is not understated by it.
    """
    each = [_between(a, b) for a, b in zip(_columns(sample, names), _columns(other, names), strict=True)]
    return rows * -math.expm1(-others * math.prod(each)) if each else 0.0


def poisson_at_least(count: int, expected: float) -> float:
    """P(X >= count) for X Poisson with this expectation: the regularised lower incomplete gamma function."""
    from scipy.special import gammainc

    return 1.0 if count <= 0 else float(gammainc(count, expected))


def _columns(sample: CellSample, names: Names) -> list[Values]:
    return [sample.cells[:, sample.names.index(name)] for name in names if name in sample.names]


def _within(column: Values) -> float:
    _, counts = np.unique(column, return_counts=True)
    n = float(len(column))
    return float((counts * (counts - 1.0)).sum() / (n * (n - 1))) if n > 1 else 0.0


def _between(column: Values, other: Values) -> float:
    values, counts = np.unique(column, return_counts=True)
    others, theirs = np.unique(other, return_counts=True)
    _, a, b = np.intersect1d(values, others, assume_unique=True, return_indices=True)
    return float((counts[a] / len(column) * (theirs[b] / len(other))).sum())
