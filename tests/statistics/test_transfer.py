"""LogME against a second way: the marginal likelihood maximised numerically."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize, stats

from auditor.statistics.transfer import log_evidence


def test_it_is_the_maximum_of_the_marginal_likelihood() -> None:
    rng = np.random.default_rng(2)
    x = rng.normal(size=(40, 5))
    y = (x[:, 0] + rng.normal(size=40) > 0).astype(np.int64)
    total = 0.0
    for c in range(2):
        target = (y == c).astype(float)

        def loss(p: np.ndarray, target: np.ndarray = target) -> float:
            cov = np.eye(40) / np.exp(p[1]) + x @ x.T / np.exp(p[0])
            return -float(stats.multivariate_normal(np.zeros(40), cov).logpdf(target))

        total += -optimize.minimize(loss, [0.0, 0.0], method="Nelder-Mead").fun / 40
    assert log_evidence(x, y) == pytest.approx(total / 2, rel=1e-3)


def test_features_that_tell_the_label_have_more_evidence_than_noise() -> None:
    rng = np.random.default_rng(3)
    y = np.arange(100) % 2
    noise = rng.normal(size=(100, 4))
    telling = noise + 2 * y[:, None]
    assert log_evidence(telling, y) > log_evidence(noise, y)
