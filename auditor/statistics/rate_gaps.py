"""Differences of two rates: the sign turned, and the rows that would decide them."""

from __future__ import annotations

from dataclasses import replace

from auditor.statistics.comparisons import Comparison, judged
from auditor.statistics.power import smallest
from auditor.statistics.proportions import newcombe


def mirrored(one: Comparison) -> Comparison:
    """The same difference with its sign turned: group minus reference."""

    def turned(x: float | None) -> float | None:
        return None if x is None else -x

    return replace(
        one,
        value=turned(one.value),
        low=turned(one.high),
        high=turned(one.low),
        simultaneous_low=turned(one.simultaneous_high),
        simultaneous_high=turned(one.simultaneous_low),
    )


def rows_to_decide_gap(k: int, n: int, k_ref: int, n_ref: int, within: tuple[float, float], z: float) -> tuple[int, int] | None:
    """Rows (of the group, of the reference) that decide the difference of two rates if both stay as they are.

    The reference stays where more rows of the group alone decide, else both grow together. None: no number does.
    """
    p, q = k / n, k_ref / n_ref

    def decides(rows: int, reference: int) -> bool:
        return judged(*newcombe(q * reference, reference, p * rows, rows, z), within) != "inconclusive"

    alone = smallest(lambda rows: decides(rows, n_ref), n)
    if alone is not None:
        return alone, n_ref
    both = smallest(lambda rows: decides(rows, max(n_ref, rows)), n)
    return None if both is None else (both, max(n_ref, both))
