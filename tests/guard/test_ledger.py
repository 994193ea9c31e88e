"""The holdout ledger."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from auditor.guard.ledger import Ledger, Look
from auditor.guard.verdicts import Refused
from auditor.rows import InputError
from auditor.statistics.optimism import optimism_bound


def look(step: int, **more: Any) -> Look:
    values: dict[str, Any] = {
        "fingerprint": "f",
        "split": "validation",
        "n": 100,
        "purpose": "eval",
        "metric": "loss",
        "value": 0.5,
    }
    return Look(**{**values, "run": "r", "step": step, **more})


def test_what_is_added_is_read_again_in_one_chain(tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    ledger = Ledger(path)
    for step in range(3):
        assert ledger.add(look(step))
    again = Ledger(path)
    assert again.entries == ledger.entries
    assert again.head == ledger.head
    assert again.looks("f") == 3


def test_a_half_written_last_line_is_cut_and_the_chain_goes_on(tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    ledger = Ledger(path)
    ledger.add(look(1))
    whole = path.read_bytes()
    ledger.add(look(2))
    path.write_bytes(path.read_bytes()[:-20])
    again = Ledger(path)
    assert again.cut
    assert path.read_bytes() == whole
    assert again.add(look(2))
    assert len(Ledger(path).entries) == 2


def test_a_replayed_look_is_not_counted_twice_and_a_differing_one_is_reported(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "l.jsonl")
    ledger.add(look(1))
    assert not ledger.add(look(1))
    assert ledger.add(look(1, value=0.6))
    assert [e["value"] for e in ledger.differing] == [0.6]
    assert ledger.looks("f") == 2


def test_an_edited_line_breaks_the_chain(tmp_path: Path) -> None:
    path = tmp_path / "l.jsonl"
    ledger = Ledger(path)
    ledger.add(look(1))
    ledger.add(look(2))
    path.write_text(path.read_text().replace("0.5", "0.4", 1))
    with pytest.raises(InputError, match="was edited"):
        Ledger(path)


def test_the_split_that_chose_cannot_certify() -> None:
    ledger = Ledger(None)
    ledger.add(look(1, purpose="select"))
    with pytest.raises(Refused, match="cannot certify"):
        ledger.certify(look(2, purpose="certify"))
    ledger.certify(look(2, purpose="certify", fingerprint="untouched"))


def test_features_chosen_by_held_out_agreement_look_skilled_and_the_bound_says_so() -> None:
    rng = np.random.default_rng(0)
    n, k = 1000, 2000
    features, label = rng.integers(0, 2, (n, k)), rng.integers(0, 2, n)
    ledger = Ledger(None)
    agreement = (features == label[:, None]).mean(axis=0)
    for i in range(k):
        ledger.add(look(i, purpose="tune", metric="accuracy", value=float(agreement[i])))
    chosen = np.argsort(-agreement)[:101]
    naive = (np.round(features[:, chosen].mean(axis=1)) == label).mean()
    fresh = (np.round(rng.integers(0, 2, (n, 101)).mean(axis=1)) == rng.integers(0, 2, n)).mean()
    assert naive > 0.6
    assert abs(fresh - 0.5) < 0.05
    assert agreement.max() - 0.5 < optimism_bound(ledger.looks("f"), n)
