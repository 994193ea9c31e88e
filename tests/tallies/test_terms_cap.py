"""Beyond the cap of texts a sample is searched, whatever the cutting."""

from __future__ import annotations

import pytest

import auditor
from auditor.tallies import terms


def test_a_split_beyond_the_cap_is_searched_in_a_sample(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [f"a {'muslim' if i % 2 else 'quiet'} neighbour of number {i}" for i in range(400)]
    data = {"text": texts, "label": ["x" if i % 2 else "y" for i in range(400)]}
    whole = auditor.check(data, select=["BIA201"]).findings[0]
    monkeypatch.setattr(terms, "CAP_TEXTS", 200)
    part = auditor.check(data, select=["BIA201"]).findings[0]
    assert whole.examined == 400
    assert 150 < part.examined < 250
