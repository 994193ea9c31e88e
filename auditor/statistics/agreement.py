"""How far annotators agree beyond chance: Krippendorff's alpha for names, from counts that add up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def nominal_alpha(agreeing: Mapping[int, int], given: Iterable[int]) -> tuple[float | None, str]:
    """(alpha, why it is undefined): 1 is full agreement, 0 is chance, at least -1.

    `agreeing[m]`: ordered pairs of equal annotations within the rows of m >= 2 annotations; `given`: how often each value
    was given in those rows. alpha = 1 - (n - 1)(n - A) / (n^2 - sum n_c^2) with A = sum agreeing[m] / (m - 1), the
    diagonal of the matrix of coincidences. Krippendorff 2018, ISBN 978-1-5063-9566-1, chapter 12; missing ones allowed.
    """
    counts = [c for c in given if c]
    n = sum(counts)
    if not n:
        return None, "no row has two annotations"
    if len(counts) == 1:
        return None, "only one value occurs"
    observed = n - sum(pairs / (m - 1) for m, pairs in sorted(agreeing.items()))
    return 1 - (n - 1) * observed / (n * n - sum(c * c for c in counts)), ""
