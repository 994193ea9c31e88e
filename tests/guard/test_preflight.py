"""What is refused before the first step, and the rows of the probe."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import auditor
from auditor.guard.core import Guard
from auditor.guard.preflight import Facts, probe_rows
from auditor.guard.verdicts import Refused

FINE = Facts(n_train=1000, n_held_out=200)


def test_a_fine_run_is_allowed_and_nothing_is_said() -> None:
    assert Guard().preflight(FINE) == ()


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (Facts(n_train=10), "no held-out rows"),
        (Facts(n_held_out=200, train_digests=["a", "b"], held_out_digests=["b", "c"]), "1 of 2 held-out rows"),
        (Facts(n_held_out=200, train_digests=["a", "b"], held_out_digests=["b", "a"]), "is the training set"),
        (Facts(n_held_out=200, trainable=0), "no parameter would change"),
        (Facts(n_held_out=200, labelled=0), "every label is masked"),
        (Facts(n_held_out=200, accumulation=4, accumulation_ratio=4.0), "accepts_loss_kwargs"),
        (Facts(n_held_out=200, world_size=2, evaluation_ratio=2.0), "accepts_loss_kwargs"),
    ],
)
def test_a_run_that_must_not_start_is_refused(facts: Facts, words: str) -> None:
    with pytest.raises(Refused, match=words):
        Guard().preflight(facts)


def test_a_scale_that_this_run_does_not_meet_is_allowed() -> None:
    assert Guard().preflight(Facts(n_held_out=200, accumulation_ratio=2.0)) == ()


def test_few_held_out_rows_are_refused_only_where_an_action_was_asked_for() -> None:
    few = Facts(n_train=10, n_held_out=99)
    assert "n_too_small" in Guard().preflight(few)[0]
    with pytest.raises(Refused, match="99 held-out rows"):
        Guard(on_overfit="stop").preflight(few)


def test_a_failed_data_audit_is_refused_with_its_codes() -> None:
    before = auditor.check({"label": ["a"] * 300 + ["b"]}, roles={"label": "label"}, select=("IMB101",))
    before = before.with_verdict("fail", tuple(f.fingerprint for f in before.findings))
    with pytest.raises(Refused, match="IMB101"):
        Guard(before=before).preflight(FINE)


def test_a_directory_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Refused, match="cannot be written"):
        Guard(directory=tmp_path / "file").preflight(FINE)


def test_the_probe_keeps_the_share_of_every_class_and_the_rarest_too() -> None:
    label = np.repeat([0, 1, 2], [9000, 990, 10])
    rows = probe_rows(10_000, label, size=512, seed=3)
    assert len(rows) == len(set(rows.tolist())) == 512
    counts = np.bincount(label[rows])
    assert counts[2] >= 1
    assert counts[0] == pytest.approx(512 * 0.9, abs=2)
    assert np.array_equal(rows, probe_rows(10_000, label, size=512, seed=3))
    assert not np.array_equal(rows, probe_rows(10_000, label, size=512, seed=4))


def test_a_small_training_set_is_probed_whole() -> None:
    assert np.array_equal(probe_rows(7), np.arange(7))
