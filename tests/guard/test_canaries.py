"""Planted secrets: where they lie, what an untouched model knows of them, and what one knows that learned them by heart."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra `train` is not installed")
transformers = pytest.importorskip("transformers", reason="the extra `train` is not installed")

from auditor.guard.core import Guard  # noqa: E402
from auditor.guard.torch.canaries import plant  # noqa: E402
from auditor.rows import InputError  # noqa: E402
from auditor.tallies.evaluations import Evaluation, Losses  # noqa: E402

torch.set_num_threads(1)
SHORT = "k {secret}"


def encode(text: str) -> dict[str, list[int]]:
    ids = [ord(c) % 64 for c in text if c != " "]
    return {"input_ids": ids, "labels": ids}


def gpt2() -> Any:
    torch.manual_seed(0)
    return transformers.GPT2LMHeadModel(
        transformers.GPT2Config(vocab_size=64, n_positions=16, n_embd=32, n_layer=1, n_head=2, resid_pdrop=0.0, attn_pdrop=0.0)
    )


def test_every_planted_row_lies_where_the_record_says_and_the_others_keep_their_order() -> None:
    rows = [{"input_ids": [i], "labels": [i]} for i in range(50)]
    planted, canaries = plant(rows, encode, seed=3, where="train.jsonl")
    told = canaries.record()
    assert len(planted) == 50 + 10 * (1 + 4 + 16)
    at = [i for entry in told["planted"] for i in entry["rows"]]
    assert len(at) == len(set(at)) == 210
    assert all(planted[i] == encode(entry["text"]) for entry in told["planted"] for i in entry["rows"])
    assert [r for i, r in enumerate(planted) if i not in set(at)] == rows
    assert sorted(len(entry["rows"]) for entry in told["planted"]) == [1] * 10 + [4] * 10 + [16] * 10
    assert "train.jsonl" in told["advice"]


def test_the_same_seed_plants_the_same_secrets_and_another_others() -> None:
    one, two, three = (plant([], encode, seed=s)[1] for s in (1, 1, 2))
    assert one.planted == two.planted
    assert one.controls == two.controls
    assert set(one.planted).isdisjoint(three.planted)


def test_no_secret_is_planted_control_and_candidate_at_once() -> None:
    _, canaries = plant([], encode, seed=4)
    assert len({*canaries.planted, *canaries.controls, *canaries.candidates}) == 30 + 20 + 999


def test_an_untouched_model_has_the_exposure_of_chance() -> None:
    _, canaries = plant([], encode, seed=5, template=SHORT, controls=100)
    bits, repeats = canaries.exposures(gpt2(), transformers.default_data_collator, 256)
    assert len(bits) == 130
    assert abs(bits.mean() - 1.44) < 3 * bits.std(ddof=1) / np.sqrt(130)
    assert sorted(set(repeats)) == [0, 1, 4, 16]


def test_a_model_that_learned_them_by_heart_ranks_them_first_and_the_guard_says_so() -> None:
    rows, canaries = plant([], encode, seed=6, template=SHORT, each=4, repeats=(1, 8))
    often = [r for r in rows if sum(r == x for x in rows) == 8]
    model = gpt2()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    batch = transformers.default_data_collator(often)
    for _ in range(60):
        model(**batch).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    bits, repeats = canaries.exposures(model, transformers.default_data_collator, 256)
    assert bits[repeats == 8].min() == pytest.approx(np.log2(1000))
    assert bits[repeats == 0].mean() < 3
    guard = Guard(canaries=canaries)
    held = Losses(ids=np.arange(3), loss=np.ones(3))
    guard.see(Evaluation(step=0, held_out=held, exposure=bits, repeats=repeats))
    told = {g["code"]: g for g in guard.tuning["guards"]}["TUN210"]
    assert told["statistics"]["extractable_from"] == 8
    assert guard.tuning["canaries"]["seed"] == 6


def test_a_template_without_a_secret_is_refused() -> None:
    with pytest.raises(InputError, match="want one with"):
        plant([], encode, template="nothing here")
