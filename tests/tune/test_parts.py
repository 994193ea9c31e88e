"""The parts of a fine-tune, each alone: splits, examples, layers, pace, trials, seeds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

torch = pytest.importorskip("torch", reason="the extra `train` is not installed")
transformers = pytest.importorskip("transformers", reason="the extra `train` is not installed")

from auditor.request import Request  # noqa: E402
from auditor.rows import InputError, Roles  # noqa: E402
from auditor.tune import fitting, layers, models, seeds, splitting, tasks, trials  # noqa: E402
from auditor.tune.reading import read  # noqa: E402
from auditor.tune.recipe import Recipe  # noqa: E402


def recipe(base: Path, **more: Any) -> Recipe:
    return Recipe(base=str(base), output="unused", **more)


def test_rows_that_share_any_key_fall_on_one_side() -> None:
    copies = np.array([0, 0, 1, 2, 3, 3, *range(10, 400)])
    entity = np.array([-1, 5, 5, -1, -1, -1, *[-1] * 390])
    units = splitting.together(len(copies), [copies, entity])
    cut = splitting.cut(len(units), units, ["a"] * len(units), ("validation", "test"), seed=3)
    side = np.empty(len(units), object)
    for name, indices in cut.indices.items():
        side[indices] = name
    assert len({*side[[0, 1, 2]]}) == 1 and side[4] == side[5]
    assert sum(len(v) for v in cut.indices.values()) == len(units)
    assert abs(len(cut.indices["test"]) - splitting.MOST * len(units)) <= 3


def test_a_split_keeps_the_shares_of_the_labels_and_depends_on_the_seed_alone() -> None:
    labels = ["a"] * 900 + ["b"] * 100
    cuts = [splitting.cut(1000, np.arange(1000), labels, ("validation", "test"), seed=s) for s in (0, 0, 1)]
    for part in cuts[0].indices.values():
        assert abs(np.mean(part >= 900) - 0.1) < 0.01
    assert np.array_equal(cuts[0].indices["test"], cuts[1].indices["test"])
    assert not np.array_equal(cuts[0].indices["test"], cuts[2].indices["test"])


def test_copies_up_to_case_and_rows_of_one_user_are_one_unit() -> None:
    frame = pd.DataFrame({"text": ["The road", "the  road", "people", "letters"], "user": ["u", "v", "w", "w"]})
    rows = read(Request(train=frame, roles=Roles(text="text", group="user")))
    assert splitting.units(rows.setting, rows.sample, list("abcd"), None).tolist() == [0, 0, 2, 2]


@pytest.mark.parametrize("parts", [False, True])
def test_only_what_the_assistant_says_is_learnt(bases: Path, parts: bool) -> None:
    said: dict[str, Any] = {t: [{"type": "text", "value": t}] if parts else t for t in ("the road", "was closed")}
    turns = [{"role": "user", "content": said["the road"]}, {"role": "assistant", "content": said["was closed"]}] * 2
    rows = read(Request(train=pd.DataFrame({"messages": [turns]}), roles=Roles(messages="messages"), task="chat"))
    tokenizer = models.tokenizer(str(bases / "gpt2"))
    example = tasks.encode(rows, "train", tokenizer, models.Head("chat", new=False), 256).examples[0]
    learnt = [t for t, label in zip(example["input_ids"], example["labels"], strict=True) if label != tasks.MASKED]
    assert learnt == tokenizer("was closed\n", add_special_tokens=False)["input_ids"] * 2


def test_a_chat_template_decides_where_an_answer_begins(bases: Path) -> None:
    turns = [{"role": "user", "content": "the road"}, {"role": "assistant", "content": "was closed"}]
    rows = read(Request(train=pd.DataFrame({"messages": [turns]}), roles=Roles(messages="messages")))
    tokenizer = models.tokenizer(str(bases / "gpt2"))
    tokenizer.chat_template = (
        "{% for m in messages %}{{ m['role'] }} good {{ m['content'] }} good {% endfor %}"
        "{% if add_generation_prompt %}assistant good {% endif %}"
    )
    example = tasks.encode(rows, "train", tokenizer, models.Head("chat", new=False), 256).examples[0]
    learnt = [t for t, label in zip(example["input_ids"], example["labels"], strict=True) if label != tasks.MASKED]
    assert learnt == tokenizer("was closed good ", add_special_tokens=False)["input_ids"]


def test_padding_masks_what_it_adds() -> None:
    rows = [{"input_ids": [1, 2], "attention_mask": [1, 1], "labels": [1, 2]}]
    rows.append({"input_ids": [3], "attention_mask": [1], "labels": [3]})
    batch = tasks.Padding(9)(rows)
    assert batch["input_ids"].tolist() == [[1, 2], [3, 9]]
    assert batch["labels"].tolist() == [[1, 2], [3, tasks.MASKED]]
    assert batch["attention_mask"].tolist() == [[1, 1], [1, 0]]


def test_frozen_layers_and_embeddings_want_no_gradient(bases: Path) -> None:
    model = models.model(str(bases / "bert"), models.Head("classification", new=True, classes=("a", "b")), 0, 0)
    layers.freeze(model, 1)
    trained = {n for n, p in model.named_parameters() if p.requires_grad}
    assert not any("embeddings" in n or "layer.0." in n for n in trained)
    assert any("layer.1." in n for n in trained) and any("classifier" in n for n in trained)
    with pytest.raises(InputError, match="the model has 2"):
        layers.freeze(model, 3)


def test_adapters_leave_the_base_as_it_was(bases: Path) -> None:
    model = models.model(str(bases / "headed"), models.Head("classification", new=False, classes=("0", "1")), 0, 0)
    before = {n: p.clone() for n, p in model.named_parameters()}
    adapted = layers.adapted(model, "classification")
    wanted = [p for p in adapted.parameters() if p.requires_grad]
    ids = torch.tensor([[2, 3, 4]])
    adapted(input_ids=ids, labels=torch.tensor([1])).loss.backward()
    torch.optim.SGD(wanted, lr=1.0).step()
    after = {n.removeprefix("base_model.model.").replace(".base_layer", ""): p for n, p in adapted.named_parameters()}
    assert all(torch.equal(p, after[n]) for n, p in before.items() if n in after and "classifier" not in n)
    assert layers.share(adapted)["trained"] == sum(p.numel() for p in wanted)


def test_lora_without_a_module_that_it_knows_is_refused() -> None:
    with pytest.raises(InputError, match="matched 0 modules"):
        layers.adapted(torch.nn.Sequential(torch.nn.Linear(2, 2)), "classification")


def test_a_folder_without_tokenizer_or_model_is_named(bases: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no tokenizer"):
        models.tokenizer(str(tmp_path))
    models.tokenizer(str(bases / "bert")).save_pretrained(tmp_path)
    with pytest.raises(InputError, match="no model"):
        models.head(str(tmp_path), "classification", ["a", "b"])


@pytest.mark.parametrize(
    ("given", "said"),
    [({"epochs": 0}, "--epochs"), ({"freeze": "some"}, "--freeze"), ({"lora": True, "freeze": 1}, "one of them")],
)
def test_a_recipe_that_makes_no_sense_is_refused(bases: Path, given: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        recipe(bases / "bert", **given)


def test_the_probe_costs_at_most_5_percent_on_long_runs(bases: Path) -> None:
    pace = fitting.pace(64_000, recipe(bases / "bert"))
    assert (pace.every, pace.probe) == (200, 480)
    assert pace.cost(16) == pytest.approx(0.05)
    assert pace.save % pace.every == 0


def test_a_short_run_is_looked_at_six_times(bases: Path) -> None:
    pace = fitting.pace(300, recipe(bases / "bert", epochs=2))
    assert pace.steps // pace.every >= fitting.LOOKS


def test_the_cheapest_trial_within_the_interval_of_the_best_is_taken() -> None:
    rng = np.random.default_rng(0)
    best = rng.gamma(2, 1, 400)
    near, far = best + rng.normal(0.001, 0.5, 400), best + 1 + rng.normal(0, 0.5, 400)
    given = [("head only", 2, 10, far), ("last 1 layers", 1, 50, near), ("all layers", 0, 90, best)]
    done = [trials.Trial(frozen=f, name=n, trained=t, each=e) for n, f, t, e in given]
    frozen, entries, why = trials.judged(done, 5)
    assert frozen == 1 and "last 1 layers" in why
    assert [e["taken"] for e in entries] == [False, True, False]


def test_a_gain_within_what_the_seed_does_is_not_claimed() -> None:
    entry, line = seeds.judged([0.80, 0.90, 0.85], 0.84, "accuracy", 0)
    assert entry["sd"] == pytest.approx(0.05) and entry["least_claim"] == pytest.approx(2 * 0.05 / 3**0.5)
    assert not entry["claimed"] and "not claimed" in line
    assert seeds.judged([0.80, 0.90, 0.85], 0.70, "accuracy", 0)[0]["claimed"]
    assert seeds.judged([0.30, 0.31, 0.32], 0.90, "loss", 0)[0]["claimed"]
