"""BIA205: the planted share of turned labels is found, and the adjusted gap is that of its formula."""

from __future__ import annotations

import numpy as np
import pytest

import auditor
from auditor.checks.bias.uneven_label_reliability import adjusted, turned
from auditor.rows import Roles


def test_the_gap_is_about_the_share_that_was_turned() -> None:
    audit = auditor.check(turned(5), roles=Roles(label="label", sensitive="sex"), select=("BIA205",))
    (found,) = audit.findings
    assert found.effect.low is not None and found.effect.high is not None
    assert found.effect.low < 0.2 < found.effect.high
    assert (found.where.group, found.where.reference) == ("f", "m")


def test_the_adjusted_gap_of_equal_shares_in_every_fifth_is_0() -> None:
    margin = np.repeat(np.linspace(0, 1, 100), 4)
    suspect = np.tile([True, False, True, False], 100)
    group = np.tile([True, True, False, False], 100)
    even, half, lines = adjusted(suspect, margin, (group, ~group))
    assert even == pytest.approx(0.0)
    assert half > 0
    assert [n for _, n, *_ in lines] == [40] * 5


def test_a_gap_made_by_hardness_alone_vanishes_within_the_fifths() -> None:
    rng = np.random.default_rng(4)
    group = rng.random(20_000) < 0.3
    margin = np.where(group, rng.beta(1, 2, 20_000), rng.beta(2, 1, 20_000))
    fifth = np.floor(margin * 5)
    suspect = rng.random(20_000) < (5 - fifth) / 20
    raw = suspect[group].mean() - suspect[~group].mean()
    even, half, _ = adjusted(suspect, margin, (group, ~group))
    assert raw > 0.05
    assert abs(even) < raw / 3
    assert half < 0.03
