"""One tiny model a task, made from its config: the guard's losses are those of the task, and it leaves the weights alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra `train` is not installed")
transformers = pytest.importorskip("transformers", reason="the extra `train` is not installed")

from auditor.guard.core import Guard  # noqa: E402
from auditor.guard.torch.examples import examples  # noqa: E402
from auditor.guard.torch.losses import measure  # noqa: E402
from auditor.guard.verdicts import Refused  # noqa: E402
from auditor.rows import InputError  # noqa: E402

torch.set_num_threads(1)
TINY = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
Rows = Callable[[int, int], list[dict[str, Any]]]


def text(label: Callable[[np.ndarray], Any]) -> Rows:
    def rows(n: int, seed: int) -> list[dict[str, Any]]:
        ids = np.random.default_rng(seed).integers(3, 60, (n, 8))
        return [{"input_ids": r.tolist(), "attention_mask": [1] * 8, "labels": label(r)} for r in ids]

    return rows


def images(n: int, seed: int) -> list[dict[str, Any]]:
    x = np.random.default_rng(seed).normal(size=(n, 3, 8, 8)).astype(np.float32)
    return [{"pixel_values": torch.tensor(v), "labels": int(v[0, 0, 0] > 0)} for v in x]


def sounds(n: int, seed: int) -> list[dict[str, Any]]:
    x = np.random.default_rng(seed).normal(size=(n, 400)).astype(np.float32)
    return [{"input_values": torch.tensor(v), "labels": int(v[0] > 0)} for v in x]


def bert(kind: str, **more: Any) -> Any:
    config = transformers.BertConfig(vocab_size=60, max_position_embeddings=16, **TINY, **more)
    return getattr(transformers, f"BertFor{kind}")(config)


def gpt2() -> Any:
    return transformers.GPT2LMHeadModel(transformers.GPT2Config(vocab_size=60, n_positions=32, n_embd=16, n_layer=1, n_head=2))


def t5() -> Any:
    config = transformers.T5Config(
        vocab_size=60, d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2, decoder_start_token_id=0, pad_token_id=0
    )
    return transformers.T5ForConditionalGeneration(config)


def vit() -> Any:
    return transformers.ViTForImageClassification(transformers.ViTConfig(image_size=8, patch_size=4, **TINY))


def wav2vec2() -> Any:
    config = transformers.Wav2Vec2Config(
        conv_dim=(8, 8),
        conv_stride=(5, 4),
        conv_kernel=(10, 4),
        num_feat_extract_layers=2,
        num_conv_pos_embeddings=4,
        num_conv_pos_embedding_groups=2,
        classifier_proj_size=8,
        num_labels=2,
        mask_time_length=2,
        **TINY,
    )
    return transformers.Wav2Vec2ForSequenceClassification(config)


def halved(ids: np.ndarray) -> list[int]:
    """Labels of an instruction: its first half is masked."""
    rest: list[int] = ids[4:].tolist()
    return [-100] * 4 + rest


TASKS: dict[str, tuple[Callable[[], Any], Rows]] = {
    "regression": (lambda: bert("SequenceClassification", num_labels=1), text(lambda r: float(r[0]) / 60)),
    "token classification": (lambda: bert("TokenClassification", num_labels=3), text(lambda r: [-100, *(r[1:] % 3).tolist()])),
    "causal language model": (gpt2, text(lambda r: r.tolist())),
    "instructions with masked labels": (gpt2, text(halved)),
    "sequence to sequence": (t5, text(lambda r: [*r[:3].tolist(), 1, -100])),
    "image classification": (vit, images),
    "audio classification": (wav2vec2, sounds),
}


def train(task: str, folder: Path, guard: Guard | None, *, change: Callable[[Any], Any] = lambda m: m) -> Any:
    make, rows = TASKS[task]
    torch.manual_seed(0)
    model = change(make())
    told: dict[str, Any] = {"per_device_train_batch_size": 8, "max_steps": 4, "eval_strategy": "steps", "eval_steps": 2}
    told |= {"report_to": [], "use_cpu": True, "seed": 0, "disable_tqdm": True, "learning_rate": 1e-3, "save_strategy": "no"}
    transformers.Trainer(
        model=model,
        args=transformers.TrainingArguments(output_dir=str(folder), dataloader_pin_memory=False, **told),
        train_dataset=rows(32, 1),
        eval_dataset=rows(20, 2),
        callbacks=[guard.huggingface()] if guard else [],
    ).train()
    return model


def alone(task: str, model: Any, row: dict[str, Any]) -> float:
    """The model's own loss on one row: with one row a batch it is that row's mean."""
    batch = transformers.default_data_collator([row])
    with torch.no_grad():
        return float(model(**batch).loss)


@pytest.mark.parametrize("task", TASKS)
def test_losses_of_the_guard_are_the_models_own_row_by_row_and_weights_stay_the_same(task: str, tmp_path: Path) -> None:
    guard = Guard(validation=TASKS[task][1](20, 2))
    model = train(task, tmp_path / "on", guard)
    plain = train(task, tmp_path / "off", None)
    assert all(torch.equal(p, q) for p, q in zip(model.parameters(), plain.parameters(), strict=True))
    rows = TASKS[task][1](20, 2)
    model.eval()
    seen = guard.tuning["evaluations"]
    assert [e["step"] for e in seen] == [0, 2, 4]
    assert seen[-1]["held_out_loss"] == pytest.approx(np.mean([alone(task, model, r) for r in rows]), abs=1e-5)


@pytest.mark.parametrize("task", ["token classification", "sequence to sequence"])
def test_losses_do_not_depend_on_the_evaluation_batch(task: str) -> None:
    make, rows = TASKS[task]
    torch.manual_seed(1)
    model, some = make(), rows(70, 3)
    found = [
        measure(model, examples(some, collate=transformers.default_data_collator, at_once=k), np.arange(70)) for k in (1, 8, 64)
    ]
    assert max(np.abs(found[0].loss - f.loss).max() for f in found) < 1e-5


def test_all_labels_masked_refuse_the_run(tmp_path: Path) -> None:
    masked = [{**r, "labels": [-100] * 8} for r in text(halved)(32, 1)]
    guard = Guard(train=masked, validation=text(halved)(20, 2))
    with pytest.raises(Refused, match="every label is masked"):
        train("instructions with masked labels", tmp_path, guard)


def frozen(model: Any) -> Any:
    for parameter in model.bert.parameters():
        parameter.requires_grad = False
    return model


def adapted(model: Any) -> Any:
    peft = pytest.importorskip("peft", reason="the extra `train` is not installed")
    return peft.get_peft_model(model, peft.LoraConfig(r=2, target_modules=["query", "value"], task_type="TOKEN_CLS"))


@pytest.mark.parametrize(("change", "named"), [(frozen, "classifier"), (adapted, "lora")])
def test_only_what_is_trained_is_counted_and_drifts(change: Callable[[Any], Any], named: str, tmp_path: Path) -> None:
    guard = Guard(validation=TASKS["token classification"][1](20, 2))
    model = train("token classification", tmp_path, guard, change=change)
    wanted = sum(p.numel() for p in model.parameters() if p.requires_grad)
    assert guard.state.run.fact("trainable") == wanted
    assert any(named in n for n, p in model.named_parameters() if p.requires_grad)
    assert 0 < len(guard.tuning["layers"]) <= 2


def test_places_that_do_not_match_their_labels_are_refused_in_one_line() -> None:
    rows = text(lambda r: [1, 2])(4, 1)

    class Model(torch.nn.Module):  # type: ignore[misc,name-defined]  # torch has no types where it is absent
        def __init__(self) -> None:
            super().__init__()
            self.layer = torch.nn.Linear(1, 5)

        def forward(self, input_ids: Any, labels: Any, **_: Any) -> dict[str, Any]:
            return {"logits": self.layer(input_ids.float()[..., None])}

    with pytest.raises(InputError, match="got 8 places of output and 2 of labels"):
        measure(Model(), examples(rows, collate=transformers.default_data_collator), np.arange(4))
