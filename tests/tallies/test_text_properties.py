"""Properties of texts, by hand."""

from __future__ import annotations

import pyarrow as pa
import pytest

from auditor.tallies.text_properties import PROPERTIES, properties


def test_properties_of_one_text() -> None:
    found = dict(zip(PROPERTIES, properties(pa.array(["AB c1, 2é Ж!"]))[0], strict=True))
    assert found["characters"] == 12
    assert found["words"] == 4
    assert found["digits"] == pytest.approx(2 / 12)
    assert found["capitals"] == pytest.approx(3 / 12)
    assert found["punctuation"] == pytest.approx(2 / 12)
    assert found["other scripts"] == pytest.approx(1 / 12)


def test_an_empty_text_has_shares_of_zero() -> None:
    assert properties(pa.array([""]))[0].tolist() == [0.0] * len(PROPERTIES)
