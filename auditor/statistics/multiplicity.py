"""Corrections for looking at many things at once."""

from __future__ import annotations

from collections.abc import Sequence


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
