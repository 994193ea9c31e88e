"""How much too good the best of many looks at one held-out set may be."""

from __future__ import annotations

import math


def optimism_bound(looks: int, n: int, delta: float = 0.05) -> float:
    """sqrt(ln(2 k / delta) / (2 n)): by how much the best of k accuracies measured on n rows may exceed the true one.

    Hoeffding 1963, doi:10.1080/01621459.1963.10500830, with a union over k. It holds for k models fixed beforehand: with
    choices that followed earlier looks it is too small. ValueError for k or n below 1.
    """
    if looks < 1 or n < 1:
        raise ValueError(f"got {looks} looks at {n} rows, want at least 1 of each")
    return math.sqrt(math.log(2 * looks / delta) / (2 * n))
