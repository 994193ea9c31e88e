"""How well frozen features predict labels, without fitting a head."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def log_evidence(x: NDArray[np.float64], y: NDArray[np.int64], steps: int = 50) -> float:
    """LogME: log evidence a row of a Bayesian linear model of each class indicator on the features, mean over classes.

    x (n, d), y (n,) codes 0..K-1; nats, higher is better, comparable between models on the same rows only.
    You et al. 2021, arXiv:2102.11005. ValueError for fewer than two rows.
    """
    n, d = x.shape
    if n < 2:
        raise ValueError(f"got {n} rows, want at least 2")
    u, s, _ = np.linalg.svd(x - 0.0, full_matrices=False)
    squares = s**2
    total = 0.0
    classes = int(y.max()) + 1
    for c in range(classes):
        target = (y == c).astype(float)
        projected = (u.T @ target) ** 2
        outside = float(target @ target - projected.sum())
        alpha = beta = 1.0
        for _ in range(steps):
            gamma = float((beta * squares / (alpha + beta * squares)).sum())
            m2 = float((beta**2 * squares * projected / (alpha + beta * squares) ** 2).sum())
            residual = float((projected * (alpha / (alpha + beta * squares)) ** 2).sum()) + outside
            new_alpha, new_beta = gamma / max(m2, 1e-12), max(n - gamma, 1e-9) / max(residual, 1e-12)
            settled = abs(new_alpha / new_beta - alpha / beta) <= 1e-3 * alpha / beta
            alpha, beta = new_alpha, new_beta
            if settled:
                break
        m2 = float((beta**2 * squares * projected / (alpha + beta * squares) ** 2).sum())
        residual = float((projected * (alpha / (alpha + beta * squares)) ** 2).sum()) + outside
        evidence = d / 2 * np.log(alpha) + n / 2 * np.log(beta) - beta / 2 * residual - alpha / 2 * m2
        evidence -= 0.5 * (np.log(alpha + beta * squares).sum() + (d - len(s)) * np.log(alpha)) + n / 2 * np.log(2 * np.pi)
        total += float(evidence) / n
    return total / classes
