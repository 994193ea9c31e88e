"""Confident learning against cleanlab, and the noise rate against planted shares."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from auditor.statistics.confident import confident_joint, disagreement, flagged, noise_rate


def planted(seed: int, n: int, rate: float, apart: float, k: int = 4) -> tuple[Any, Any, Any]:
    """True posteriors of labels turned uniformly, classes on a ring `apart` standard deviations from its centre."""
    rng = np.random.default_rng(seed)
    y = rng.integers(0, k, n)
    angle = 2 * np.pi * np.arange(k) / k
    centre = apart * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    x = centre[y] + rng.normal(size=(n, 2))
    density = np.exp(-0.5 * ((x[:, None] - centre) ** 2).sum(axis=2))
    clean = density / density.sum(axis=1, keepdims=True)
    turned = rng.random(n) < rate
    labels = np.where(turned, (y + rng.integers(1, k, n)) % k, y)
    return clean * (1 - rate) + (1 - clean) * rate / (k - 1), labels.astype(np.int64), turned


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("rate", [0.0, 0.1, 0.4])
def test_the_rows_are_those_that_cleanlab_prunes_by_noise_rate(seed: int, rate: float) -> None:
    from cleanlab.count import compute_confident_joint
    from cleanlab.filter import find_label_issues

    probabilities, labels, _ = planted(seed, 800, rate, 2.0)
    theirs = find_label_issues(labels, probabilities, filter_by="prune_by_noise_rate", n_jobs=1)
    assert np.array_equal(confident_joint(probabilities, labels), compute_confident_joint(labels, probabilities))
    assert np.array_equal(flagged(probabilities, labels), theirs)


@pytest.mark.parametrize("rate", [0.0, 0.02, 0.1, 0.2, 0.4])
def test_the_interval_covers_the_planted_share(rate: float) -> None:
    covered = 0
    for seed in range(300, 310):
        probabilities, labels, turned = planted(seed, 8_000, rate, 3.0)
        found = noise_rate(probabilities, labels)
        covered += found.low <= turned.mean() <= found.high
    assert covered >= 9


@pytest.mark.parametrize("k", [2, 4])
@pytest.mark.parametrize("n", [600, 8_000])
@pytest.mark.parametrize("apart", [0.0, 0.1, 0.3, 0.7, 1.2, 2.0])
def test_overlap_of_clean_classes_is_no_noise(apart: float, n: int, k: int) -> None:
    for seed in range(310, 318):
        probabilities, labels, _ = planted(seed, n, 0.0, apart, k)
        probabilities = probabilities + np.random.default_rng(seed).random(probabilities.shape) * 1e-3
        found = noise_rate(probabilities, labels)
        assert found.low <= 0.01, (found, apart)


@pytest.mark.parametrize("k", [2, 3, 5])
def test_labels_drawn_at_random_are_not_called_noisy(k: int) -> None:
    for seed in range(60):
        rng = np.random.default_rng(seed)
        labels = rng.integers(0, k, 3_000)
        scores = rng.dirichlet(np.full(k, 5.0), 3_000)
        assert noise_rate(scores, labels).low <= 0.01


def test_noise_on_one_class_only_is_seen() -> None:
    probabilities, labels, _ = planted(5, 20_000, 0.0, 3.0)
    rng = np.random.default_rng(5)
    turned = (labels == 0) & (rng.random(len(labels)) < 0.3)
    labels = np.where(turned, 1, labels)
    probabilities[:, 1] += 0.3 * probabilities[:, 0]
    probabilities[:, 0] *= 0.7
    found = noise_rate(probabilities, labels)
    assert found.low <= turned.mean() <= found.high
    assert found.low > 0.03


def test_disagreement_rises_with_overlap_and_is_level_with_noise() -> None:
    clean = disagreement(*planted(1, 20_000, 0.0, 2.5)[:2], 10)
    noisy = disagreement(*planted(1, 20_000, 0.2, 4.0)[:2], 10)
    assert clean[0] < 0.01 < clean[-1]
    assert abs(noisy[0] - noisy[6]) < 0.05


@pytest.mark.parametrize("strength", [0.75, 1.5, 3.0])
@pytest.mark.parametrize("n", [4_000, 16_000])
def test_labels_that_follow_their_probabilities_are_overlap_and_no_noise(strength: float, n: int) -> None:
    claimed = []
    for seed in range(20):
        rng = np.random.default_rng([7, seed])
        signal = np.stack([rng.normal(size=n), rng.choice([-1.0, 1.0], n) + 0.3 * rng.normal(size=n), rng.gamma(2.0, size=n)], 1)
        signal = (signal - signal.mean(0)) / signal.std(0)
        scores = strength * signal @ rng.normal(size=(3, 3))
        probabilities = np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)
        labels = (probabilities.cumsum(axis=1) < rng.random((n, 1))).sum(axis=1).clip(max=2)
        claimed.append(noise_rate(probabilities, labels).low)
    assert sum(low > 0.01 for low in claimed) <= 1, np.round(claimed, 3)


def test_two_classes_in_one_place_beside_one_apart_are_overlap_and_no_noise() -> None:
    claimed = []
    for seed in range(300, 330):
        rng = np.random.default_rng(seed)
        own = 1 / (1 + np.exp(-rng.normal(0.15, 0.12, 4_000)))
        far = np.where(rng.random(4_000) < 0.44, rng.beta(40, 1, 4_000), rng.beta(1, 40, 4_000))
        probabilities = np.stack([(1 - far) * own, far, (1 - far) * (1 - own)], axis=1)
        labels = (probabilities.cumsum(axis=1) < rng.random((4_000, 1))).sum(axis=1).clip(max=2)
        claimed.append(noise_rate(probabilities, labels).low)
    assert max(claimed) <= 0.01, np.round(claimed, 3)
