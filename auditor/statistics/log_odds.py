"""Which words belong to one side rather than the other: log-odds with an informative Dirichlet prior."""

from __future__ import annotations

import math

from auditor.statistics.proportions import Z95

PRIOR = 1000.0  # weight of the prior, in documents: what the corpus as a whole says of the word counts so much (stated)


def log_odds(k1: int, n1: int, k2: int, n2: int, prior: float = PRIOR) -> tuple[float, float] | None:
    """(delta, z) of a word in k1 of n1 documents of one side and k2 of n2 of the other; None where no document holds it,
    or all do.

    delta = ln((k1 + a) / (n1 + a0 - k1 - a)) - the same of the other side; a0 = `prior`, a = a0 times the share of all
    documents that hold the word; z = delta / sqrt(1/(k1 + a) + 1/(k2 + a)). Monroe, Colaresi & Quinn 2008,
    doi:10.1093/pan/mpn018, with documents in place of tokens.
    """
    if not 0 < k1 + k2 < n1 + n2:
        return None
    a = prior * (k1 + k2) / (n1 + n2)
    delta = math.log((k1 + a) / (n1 + prior - k1 - a)) - math.log((k2 + a) / (n2 + prior - k2 - a))
    return delta, delta / math.sqrt(1 / (k1 + a) + 1 / (k2 + a))


def log_odds_ratio(k1: int, n1: int, k2: int, n2: int) -> tuple[float, float, float] | None:
    """(value, low, high) of ln of the odds k1 : n1 - k1 over the odds k2 : n2 - k2, in nats, with 95 % limits.

    One half is added to each of the four cells (Haldane 1956; Anscombe 1956), limits by the delta
    method. None where the event never or always happens, or one side is empty: no evidence either way.
    """
    if not n1 or not n2 or not 0 < k1 + k2 < n1 + n2:
        return None
    cells = [x + 0.5 for x in (k1, n1 - k1, k2, n2 - k2)]
    value = math.log(cells[0] * cells[3] / (cells[1] * cells[2]))
    half = Z95 * math.sqrt(sum(1 / x for x in cells))
    return value, value - half, value + half


def npmi(joint: int, one: int, other: int, n: int) -> float | None:
    """Normalised pointwise mutual information of two events in n documents: -1 (never together) to 1 (only together).

    None where either never occurs or both always do. Bouma 2009.
    """
    if not one or not other or joint == n:
        return None
    if not joint:
        return -1.0
    return math.log(joint * n / (one * other)) / -math.log(joint / n)
