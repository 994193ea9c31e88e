"""The bootstrap of count tables: rows are reduced to counts once, then thousands of tables are drawn at no cost a row."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from auditor.statistics.proportions import Z95

DRAWS = 10_000
UNDEFINED_LIMIT = 0.05  # a larger share of undefined replicates gives no interval (bias reference, section 5)
WIDEST = 400  # comparisons drawn jointly; a larger family falls back to Bonferroni


def tables_within(table: NDArray[np.int64], draws: int = DRAWS, seed: int = 0) -> NDArray[np.int64]:
    """(draws, groups, cells) tables, each group (row of `table`) resampled with its own size fixed.

    Multinomial bootstrap; Efron & Tibshirani 1993, doi:10.1201/9780429246593. An empty group stays empty.
    """
    rng = np.random.default_rng(seed)
    drawn = np.zeros((draws, *table.shape), np.int64)
    for g, counts in enumerate(table):
        n = int(counts.sum())
        if n:
            drawn[:, g] = rng.multinomial(n, counts / n, size=draws)
    return drawn


def tables_whole(table: NDArray[np.int64], draws: int = DRAWS, seed: int = 0) -> NDArray[np.int64]:
    """(draws, *table.shape) tables drawn over all cells: only the total is fixed."""
    flat = table.reshape(1, -1)
    return tables_within(flat, draws, seed).reshape(draws, *table.shape)


def percentile(replicates: NDArray[np.float64], level: float = 0.95) -> tuple[float, float] | None:
    """Percentile limits of the replicates; None where more than 5 % of them are undefined (NaN)."""
    good = replicates[~np.isnan(replicates)]
    if not len(good) or len(good) < (1 - UNDEFINED_LIMIT) * len(replicates):
        return None
    low, high = np.quantile(good, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def max_t(deviations: NDArray[np.float64], level: float = 0.95) -> float:
    """Critical value of max |T| over a family; `deviations` (draws, m) are in standard errors, NaN = not in this draw.

    Westfall & Young 1993, ISBN 978-0-471-55761-6. Never below the critical value of one comparison.
    """
    if deviations.shape[1] == 0:
        return Z95
    largest = np.nanmax(np.abs(np.nan_to_num(deviations)), axis=1)
    return max(Z95, float(np.quantile(largest, level)))


def critical_value(families: Sequence[tuple[Sequence[int], Sequence[int], int]], draws: int = DRAWS, seed: int = 0) -> float:
    """The z for simultaneous 95 % limits of all gaps of rates between the groups and their reference.

    Each family is (positives by group, rows by group, index of the reference): groups of one attribute share their
    reference. Families are drawn independently, which is exact for different splits and errs on the safe side for
    attributes of the same rows (Sidak 1967, doi:10.1080/01621459.1967.10482935).
    """
    m = sum(len(rows) - 1 for _, rows, _ in families)
    if m > WIDEST:
        return bonferroni(m)
    deviations = []
    for i, (positives, rows, reference) in enumerate(families):
        k, n = np.array(positives, np.int64), np.array(rows, np.int64)
        drawn = tables_within(np.stack([k, n - k], axis=1), draws, seed + i)[:, :, 0] / np.maximum(n, 1)
        p = k / np.maximum(n, 1)
        soft = (k + 2) / (n + 4)  # Agresti-Coull: the standard error of an observed 0 is not 0
        variance = soft * (1 - soft) / np.maximum(n, 1)
        gap = (drawn - p) - (drawn[:, [reference]] - p[reference])
        deviations.append(np.delete(gap / np.sqrt(variance + variance[reference]), reference, axis=1))
    return max_t(np.concatenate(deviations, axis=1) if deviations else np.zeros((draws, 0)))


def bonferroni(m: int, alpha: float = 0.05) -> float:
    """The z of m comparisons at a joint error of alpha."""
    from statistics import NormalDist

    return NormalDist().inv_cdf(1 - alpha / (2 * max(1, m)))


def permutation_p(observed: float, null: NDArray[np.float64]) -> float:
    """(1 + replicates at least as large) / (1 + replicates). Phipson & Smyth 2010, doi:10.2202/1544-6115.1585."""
    return (1 + int(np.sum(null >= observed - 1e-12))) / (1 + len(null))


def shrunk(positives: NDArray[np.int64], rows: NDArray[np.int64]) -> NDArray[np.float64]:
    """Rates pulled to their common mean by a beta-binomial whose spread is fitted by moments.

    Kleinman 1973, doi:10.1080/01621459.1973.10481332. Groups without rows get the mean.
    """
    n = rows.astype(float)
    total = n.sum()
    if total == 0:
        return np.full(len(rows), np.nan)
    mean = positives.sum() / total
    p = positives / np.maximum(n, 1)
    spread = float((n * (p - mean) ** 2).sum())
    expected = mean * (1 - mean)
    freedom = len(n) - 1
    denominator = total - (n**2).sum() / total
    between = (spread - freedom * expected) / denominator if denominator > 0 else 0.0
    if between <= 0 or expected <= 0:
        return np.full(len(rows), mean)
    strength = max(expected / between - 1, 0.0)  # rows that the common mean is worth
    return np.asarray((positives + strength * mean) / (n + strength), float)
