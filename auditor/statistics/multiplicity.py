"""Corrections for looking at many things at once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Adjusted p-values q in the order given. Benjamini & Hochberg 1995, doi:10.1111/j.2517-6161.1995.tb02031.x."""
    m = len(p_values)
    order = sorted(range(m), key=lambda i: p_values[i], reverse=True)
    q = [1.0] * m
    running = 1.0
    for place, i in enumerate(order):
        running = min(running, p_values[i] * m / (m - place))
        q[i] = running
    return q


def adjusted(p_values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The same for an array of many p-values."""
    import numpy as np

    order = np.argsort(p_values, kind="stable")
    m = len(p_values)
    steps = p_values[order] * m / np.arange(1, m + 1)
    q = np.empty(m)
    q[order] = np.minimum(np.minimum.accumulate(steps[::-1])[::-1], 1.0)
    return q
