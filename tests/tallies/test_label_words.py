"""Names of labels found in texts, against a plain search."""

from __future__ import annotations

import numpy as np
import pyarrow as pa

from auditor.tallies.label_words import held_names
from auditor.tallies.normal import n1_text


def test_names_are_found_as_whole_words_only() -> None:
    names = ["card", "card arrival", "top up by bank", "rain"]
    rng = np.random.default_rng(0)
    words = ["card", "arrival", "top", "up", "by", "bank", "train", "Card-arrival", "rain!"]
    texts = [" ".join(rng.choice(words, rng.integers(0, 9))) for _ in range(300)]
    rows, held = held_names(pa.array([*texts, None]), names)
    wanted = {(i, j) for i, t in enumerate(texts) for j, n in enumerate(names) if f" {n} " in f" {n1_text(t)} "}
    assert set(zip(rows.tolist(), held.tolist(), strict=True)) == wanted


def test_a_name_does_not_reach_over_two_rows() -> None:
    rows, _ = held_names(pa.array(["my card", "arrival today"]), ["card arrival"])
    assert len(rows) == 0
