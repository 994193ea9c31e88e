"""How much a model has memorised planted secrets: exposure of canaries, and a test against unseen ones."""

from __future__ import annotations

import math

import numpy as np

from auditor.statistics.paired import Numbers

CANDIDATES = 1000  # random secrets that each canary is ranked among


def exposure(loss: float, others: Numbers) -> float:
    """log2(R) - log2(rank) of a canary's loss among R-1 random secrets and itself, bits; high = memorised.

    Carlini et al. 2019, arXiv:1802.08232. Ties count against memorisation. R = 1000: at most 9.97 bits, 1.44 on average
    for an unseen secret.
    """
    rank = 1 + int(np.sum(others <= loss))
    return math.log2((len(others) + 1) / rank)


def permutation_p(seen: Numbers, unseen: Numbers, *, draws: int = 9_999, seed: int = 0) -> float:
    """One-sided p of mean(seen) > mean(unseen) under random relabelling; (b + 1) / (draws + 1) of Phipson & Smyth 2010,
    doi:10.2202/1544-6115.1585."""
    rng = np.random.default_rng(seed)
    both = np.concatenate([seen, unseen])
    observed = float(np.mean(seen) - np.mean(unseen))
    drawn = rng.permuted(np.broadcast_to(both, (draws, len(both))), axis=1)
    gaps = drawn[:, : len(seen)].mean(axis=1) - drawn[:, len(seen) :].mean(axis=1)
    return float((np.sum(gaps >= observed - 1e-12) + 1) / (draws + 1))
