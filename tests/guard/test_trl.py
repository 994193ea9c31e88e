"""trl's trainers: instructions with masked labels, with adapters, and preference pairs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra `train` is not installed")
transformers = pytest.importorskip("transformers", reason="the extra `train` is not installed")
trl = pytest.importorskip("trl", reason="the extra `trl` is not installed")
datasets = pytest.importorskip("datasets", reason="the extra `trl` is not installed")

from auditor.guard.core import Guard  # noqa: E402
from auditor.guard.torch import preferences  # noqa: E402
from auditor.guard.torch.examples import examples  # noqa: E402

torch.set_num_threads(1)
WORDS = [f"w{i}" for i in range(57)]


def tokenizer() -> Any:
    from tokenizers import Tokenizer, models, pre_tokenizers

    vocabulary = {"<pad>": 0, "<eos>": 1, "<unk>": 2, **{w: i + 3 for i, w in enumerate(WORDS)}}
    plain = Tokenizer(models.WordLevel(vocabulary, unk_token="<unk>"))
    plain.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=plain, pad_token="<pad>", eos_token="<eos>", unk_token="<unk>", bos_token="<eos>"
    )


def gpt2(seed: int = 0) -> Any:
    torch.manual_seed(seed)
    config = transformers.GPT2Config(
        vocab_size=60, n_positions=32, n_embd=16, n_layer=1, n_head=2, pad_token_id=0, eos_token_id=1, bos_token_id=1
    )
    return transformers.GPT2LMHeadModel(config)


def said(rng: np.random.Generator, n: int) -> str:
    return " ".join(rng.choice(WORDS, n))


def instructions(n: int, seed: int) -> Any:
    rng = np.random.default_rng(seed)
    return datasets.Dataset.from_list([{"prompt": said(rng, 3), "completion": " " + said(rng, 2 + i % 3)} for i in range(n)])


def pairs(n: int, seed: int) -> Any:
    rng = np.random.default_rng(seed)
    rows = [
        {"prompt": said(rng, 3), "chosen": " w1 " + said(rng, 1 + i % 2), "rejected": " w2 " + said(rng, 2)} for i in range(n)
    ]
    return datasets.Dataset.from_list(rows)


def told(**more: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {"per_device_train_batch_size": 8, "per_device_eval_batch_size": 8, "max_steps": 4, "eval_steps": 2}
    plain |= {"eval_strategy": "steps", "report_to": [], "use_cpu": True, "seed": 0, "disable_tqdm": True, "learning_rate": 1e-2}
    plain |= {"bf16": False, "save_strategy": "no", "dataloader_pin_memory": False, "gradient_checkpointing": False}
    return plain | more


def lora() -> Any:
    peft = pytest.importorskip("peft", reason="the extra `train` is not installed")
    return peft.LoraConfig(r=2, target_modules=["c_attn"], task_type="CAUSAL_LM")


def tuned(folder: Path, guard: Guard | None, adapters: bool) -> Any:
    trainer = trl.SFTTrainer(
        model=gpt2(),
        args=trl.SFTConfig(output_dir=str(folder), completion_only_loss=True, max_length=16, **told()),
        train_dataset=instructions(32, 1),
        eval_dataset=instructions(24, 2),
        processing_class=tokenizer(),
        peft_config=lora() if adapters else None,
        callbacks=[guard.huggingface()] if guard else [],
    )
    if guard:
        guard.validation = trainer.eval_dataset
    trainer.train()
    return trainer


@pytest.mark.parametrize("adapters", [False, True])
def test_instructions_are_judged_by_the_tokens_of_the_answer(adapters: bool, tmp_path: Path) -> None:
    guard = Guard()
    trainer = tuned(tmp_path / "on", guard, adapters)
    plain = tuned(tmp_path / "off", None, adapters)
    assert all(torch.equal(p, q) for p, q in zip(trainer.model.parameters(), plain.model.parameters(), strict=True))
    seen = guard.tuning["evaluations"]
    assert [e["step"] for e in seen] == [0, 2, 4]
    trainer.model.eval()
    by_hand = []
    for row in trainer.eval_dataset:
        batch = trainer.data_collator([row])
        with torch.no_grad():
            by_hand.append(float(trainer.model(**batch).loss))
    assert seen[-1]["held_out_loss"] == pytest.approx(np.mean(by_hand), abs=1e-5)


def preferred(folder: Path, guard: Guard | None, *, adapters: bool = False, **more: Any) -> Any:
    trainer = trl.DPOTrainer(
        model=gpt2(),
        args=trl.DPOConfig(output_dir=str(folder), beta=0.5, max_length=16, **told(**more)),
        train_dataset=pairs(32, 1),
        eval_dataset=pairs(24, 2),
        processing_class=tokenizer(),
        ref_model=None if adapters or more else gpt2(),
        peft_config=lora() if adapters else None,
        callbacks=[guard.huggingface()] if guard else [],
    )
    if guard:
        guard.validation = trainer.eval_dataset
    trainer.train()
    return trainer


@pytest.mark.parametrize("adapters", [False, True])
def test_pairs_are_judged_as_the_trainer_judges_them(adapters: bool, tmp_path: Path) -> None:
    guard = Guard()
    trainer = preferred(tmp_path, guard, adapters=adapters, **({} if adapters else {"precompute_ref_log_probs": True}))
    logged = [line for line in trainer.state.log_history if "eval_loss" in line]
    seen = guard.tuning["evaluations"]
    assert seen[0]["held_out_loss"] == pytest.approx(np.log(2), abs=1e-5)  # the policy is the reference
    for line, entry in zip(logged, seen[1:], strict=True):
        assert entry["held_out_loss"] == pytest.approx(line["eval_loss"], abs=1e-4)
        assert entry["held_out_accuracy"] == pytest.approx(line["eval_rewards/accuracies"], abs=1e-4)
        assert entry["held_out_reward_margin"] == pytest.approx(line["eval_rewards/margins"], abs=1e-4)
        assert entry["held_out_chosen_logp"] == pytest.approx(line["eval_logps/chosen"], abs=1e-3)
    assert preferences.NO_REFERENCE not in guard.notes


def test_pairs_without_a_reference_say_so_and_leave_the_weights_alone(tmp_path: Path) -> None:
    guard = Guard()
    trainer, plain = preferred(tmp_path / "on", guard), preferred(tmp_path / "off", None)
    assert all(torch.equal(p, q) for p, q in zip(trainer.model.parameters(), plain.model.parameters(), strict=True))
    assert preferences.NO_REFERENCE in guard.tuning["notes"]


def test_a_pair_is_the_log_sigmoid_of_its_margin_by_hand() -> None:
    model = gpt2(3).eval()
    row = {"prompt_ids": [5, 6], "chosen_ids": [7, 8], "rejected_ids": [9], "ref_chosen_logps": -9.0, "ref_rejected_logps": -4.0}
    collate = trl.trainer.dpo_trainer.DataCollatorForPreference(pad_token_id=0)
    found = preferences.measure(model, examples([row], collate=collate), np.arange(1), beta=0.5)

    def logp(ids: list[int]) -> float:
        with torch.no_grad():
            p = model(torch.tensor([ids])).logits.log_softmax(-1)[0]
        return float(sum(p[i - 1, ids[i]] for i in range(2, len(ids))))

    margin = 0.5 * ((logp([5, 6, 7, 8]) + 9) - (logp([5, 6, 9]) + 4))
    assert found.losses.loss[0] == pytest.approx(np.log1p(np.exp(-margin)), abs=1e-5)
    assert found.losses.right is not None and bool(found.losses.right[0]) == (margin > 0)
