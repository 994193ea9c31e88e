"""The callback inside `transformers.Trainer`, on tiny models made from a config."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra `train` is not installed")
transformers = pytest.importorskip("transformers", reason="the extra `train` is not installed")

from transformers import TrainerCallback  # noqa: E402

from auditor.guard.core import Guard  # noqa: E402
from auditor.guard.torch.examples import examples  # noqa: E402
from auditor.guard.torch.losses import measure  # noqa: E402
from auditor.guard.torch.scaling import accumulation_ratio  # noqa: E402
from auditor.guard.verdicts import GuardStop, Refused  # noqa: E402

torch.set_num_threads(1)


def bert(seed: int = 0) -> Any:
    torch.manual_seed(seed)
    config = transformers.BertConfig(
        vocab_size=60,
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=16,
    )
    return transformers.BertForSequenceClassification(config)


def rows(n: int, seed: int) -> list[dict[str, Any]]:
    rng = np.random.default_rng(seed)
    ids = rng.integers(3, 60, (n, 8))
    return [{"input_ids": r.tolist(), "attention_mask": [1] * 8, "labels": int(r[0] > 30)} for r in ids]


def arguments(folder: Path, **more: Any) -> Any:
    told = {
        "per_device_train_batch_size": 8,
        "max_steps": 12,
        "eval_strategy": "steps",
        "eval_steps": 6,
        "save_steps": 6,
        "logging_steps": 3,
    }
    told |= {
        "report_to": [],
        "use_cpu": True,
        "seed": 0,
        "disable_tqdm": True,
        "learning_rate": 1e-3,
        "dataloader_pin_memory": False,
    }
    return transformers.TrainingArguments(output_dir=str(folder), **(told | more))


def train(folder: Path, guard: Guard | None, model: Any = None, *, resume: Any = None, callbacks: Any = (), **more: Any) -> Any:
    trainer = transformers.Trainer(
        model=model or bert(),
        args=arguments(folder, **more),
        train_dataset=rows(64, 1),
        eval_dataset=rows(120, 2),
        callbacks=[*([guard.huggingface()] if guard else []), *callbacks],
    )
    trainer.train(resume_from_checkpoint=resume)
    return trainer.model


def test_weights_are_bit_identical_with_the_guard_on_and_off(tmp_path: Path) -> None:
    plain, guarded = train(tmp_path / "a", None), train(tmp_path / "b", Guard())
    assert all(torch.equal(p, q) for p, q in zip(plain.parameters(), guarded.parameters(), strict=True))


def test_a_run_is_recorded_with_its_own_losses(tmp_path: Path) -> None:
    guard = Guard(validation=rows(120, 2))
    model = train(tmp_path, guard)
    told = guard.tuning
    assert [e["step"] for e in told["evaluations"]] == [0, 6, 12]
    again = measure(model, examples(rows(120, 2), collate=transformers.default_data_collator), np.arange(120)).mean
    assert told["evaluations"][-1]["held_out_loss"] == pytest.approx(again, abs=1e-6)
    assert {g["code"] for g in told["guards"]} >= {"TUN101", "TUN103", "TUN201", "TUN202"}
    assert told["layers"]
    assert (tmp_path / "checkpoint-12" / "guard_state.json").exists()
    assert guard.audit().verdict in ("pass", "fail")


class Spoiled(TrainerCallback):
    """A gradient that is no number, at step k, before the guard looks."""

    def __init__(self, k: int) -> None:
        self.k = k

    def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        if state.global_step + 1 == self.k:
            more["model"].classifier.weight.grad[0, 0] = float("nan")


@pytest.mark.parametrize("k", [1, 5])
def test_a_gradient_that_is_not_a_number_is_caught_before_the_optimiser_writes(tmp_path: Path, k: int) -> None:
    guard, model = Guard(), bert()
    trainer = transformers.Trainer(
        model=model,
        args=arguments(tmp_path),
        train_dataset=rows(64, 1),
        eval_dataset=rows(120, 2),
        callbacks=[Spoiled(k), guard.huggingface()],
    )
    with pytest.raises(GuardStop, match=f"step {k}: the gradient norm is not finite, first in classifier.weight"):
        trainer.train()
    assert all(torch.isfinite(p).all() for p in model.parameters())


def test_a_mis_scaled_loss_refuses_a_run_that_would_meet_it(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="accepts_loss_kwargs = False"):
        train(tmp_path, Guard(validation=rows(120, 2)), gradient_accumulation_steps=4)
    model = bert()
    model.accepts_loss_kwargs = False
    train(tmp_path, Guard(validation=rows(120, 2)), model, gradient_accumulation_steps=4)


def test_the_scale_of_a_loss_is_told_without_a_step() -> None:
    told = examples(rows(8, 1), collate=transformers.default_data_collator)
    assert accumulation_ratio(bert(), told) == pytest.approx(2.0)
    config = transformers.GPT2Config(vocab_size=60, n_positions=16, n_embd=16, n_layer=1, n_head=2)
    tokens = [{"input_ids": r["input_ids"], "labels": r["input_ids"]} for r in rows(8, 1)]
    right = examples(tokens, collate=transformers.default_data_collator)
    assert accumulation_ratio(transformers.GPT2LMHeadModel(config), right) == pytest.approx(1.0, abs=1e-3)


def test_held_out_rows_in_train_refuse_the_run(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="the held-out set is the training set"):
        train(tmp_path, Guard(validation=rows(64, 1)))


def test_two_guards_fit_into_one_trainer(tmp_path: Path) -> None:
    first, second = Guard(), Guard()
    second.number = 1
    train(tmp_path, first, callbacks=[second.huggingface()])
    assert [e["held_out_loss"] for e in first.tuning["evaluations"]] == [e["held_out_loss"] for e in second.tuning["evaluations"]]


def test_an_interrupted_run_has_the_ledger_of_an_uninterrupted_one(tmp_path: Path) -> None:
    held = rows(120, 2)
    whole = Guard(validation=held)
    train(tmp_path / "whole", whole)
    train(tmp_path / "cut", Guard(validation=held), callbacks=[Cut(6)])
    later = Guard(validation=held)
    train(tmp_path / "cut", later, resume=str(tmp_path / "cut" / "checkpoint-6"))
    assert [e["step"] for e in later.tuning["evaluations"]] == [0, 6, 12]
    assert [e["held_out_loss"] for e in later.tuning["evaluations"]] == [e["held_out_loss"] for e in whole.tuning["evaluations"]]


class Cut(TrainerCallback):
    """Ends the run after a step, as an interruption would."""

    def __init__(self, step: int) -> None:
        self.step = step

    def on_step_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        control.should_training_stop = state.global_step >= self.step


def test_a_trainer_that_never_evaluates_is_looked_at_once_an_epoch(tmp_path: Path) -> None:
    guard = Guard(validation=rows(120, 2))
    train(tmp_path, guard, eval_strategy="no", max_steps=16)
    assert [e["step"] for e in guard.tuning["evaluations"]] == [0, 8, 16]
