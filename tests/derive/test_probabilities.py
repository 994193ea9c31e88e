"""Out-of-fold and given class probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from auditor import audit, derive
from auditor.derive.folds import folds
from auditor.rows import Derived, InputError, Roles


def derived(train: Any, test: Any = None, **roles: Any) -> dict[str, dict[str, Derived]]:
    request = audit.Request(train=train, test=test, data="t", roles=Roles(**roles))
    sources = audit.open_sources(request)
    setting, _, _ = audit.look_at(sources, request.roles, request)
    made = derive.run(["probabilities"], setting, lambda c: audit.batches_of(sources, setting, c), request.progress)
    assert made.failed == {}
    return made.by_split


def sample(train: Any, **roles: Any) -> Any:
    request = audit.Request(train=train, data="t", roles=Roles(**roles))
    sources = audit.open_sources(request)
    setting, _, _ = audit.look_at(sources, request.roles, request)
    return setting, derive.sample(audit.batches_of(sources, setting, None), {"train": len(next(iter(train.values())))}, 0)


def test_rows_that_repeat_learn_nothing_from_their_copies() -> None:
    """Labels drawn at random and every row four times: a model that saw a copy would be right."""
    rng = np.random.default_rng(0)
    x, y = np.tile(rng.normal(size=150), 4), np.tile(rng.integers(0, 2, 150), 4)
    found = derived({"x": x.tolist(), "z": (x**2).tolist(), "label": [f"c{k}" for k in y]}, label="label")["train"]
    right = (found["probabilities"].values.argmax(axis=1) == found["labels"].values).mean()
    assert right < 0.62


def test_copies_and_entities_share_a_fold() -> None:
    rng = np.random.default_rng(1)
    user = rng.integers(0, 40, 400)
    texts = [f"Text  number {k}" if i % 2 else f"text NUMBER {k} " for i, k in enumerate(rng.integers(0, 300, 400))]
    setting, drawn = sample(
        {"text": texts, "user": [f"u{k}" for k in user], "label": ["a", "b"] * 200}, text="text", label="label"
    )
    fold = folds(setting, drawn, ("text",), 5)["train"]
    plain = [" ".join(t.lower().split()) for t in texts]
    assert all(len(set(fold[[p == q for p in plain]])) == 1 for q in set(plain))
    setting, drawn = sample(
        {"n": list(range(400)), "user": [f"u{k}" for k in user], "label": ["a", "b"] * 200}, group="user", label="label"
    )
    fold = folds(setting, drawn, ("n",), 5)["train"]
    assert all(len(set(fold[user == k])) == 1 for k in range(40))
    assert len(set(fold)) == 5


def test_texts_and_tables_are_predicted_well_and_without_nonsense() -> None:
    words = {"a": "red green blue", "b": "cat dog bird", "c": "bread rice milk"}
    rng = np.random.default_rng(2)
    label = rng.choice(list(words), 300).tolist()
    texts = [" ".join(rng.choice(words[y].split(), 4)) for y in label]
    found = derived(
        {"text": texts, "label": label}, {"text": texts[:30], "label": [*label[:29], "new"]}, text="text", label="label"
    )
    for split, n in (("train", 300), ("test", 29)):
        values = found[split]["probabilities"].values
        assert values.shape == (n, 3)
        assert np.allclose(values.sum(axis=1), 1, atol=1e-5)
        assert (values.argmax(axis=1) == found[split]["labels"].values).mean() > 0.9
    assert found["train"]["probabilities"].info["left_out"] == {"train": 0, "test": 1}


def test_one_class_gives_a_reason_and_no_numbers() -> None:
    found = derived({"x": list(range(50)), "label": ["a"] * 45 + ["b"] * 5}, label="label")["train"]["probabilities"]
    assert len(found.rows) == 0
    assert "fewer than two classes" in found.info["reason"]


def test_given_lists_and_globs_are_taken_as_they_are() -> None:
    label = ["x", "y"] * 20
    rows = [[0.7, 0.3], [0.2, 0.8]] * 20
    listed = derived({"label": label, "p": rows, "n": list(range(40))}, label="label", probabilities="p")
    starred = derived(
        {"label": label, "p_y": [r[1] for r in rows], "p_x": [r[0] for r in rows]}, label="label", probabilities="p_*"
    )
    for found in (listed, starred):
        assert np.allclose(found["train"]["probabilities"].values, rows)
        assert found["train"]["probabilities"].info["classes"] == ["x", "y"]
        assert found["train"]["probabilities"].info["given"] is True


@pytest.mark.parametrize(
    ("columns", "name", "words"),
    [
        ({"p": [[0.5, 0.3, 0.2]] * 4}, "p", "got 3 numbers, want 2"),
        ({"p": [[0.5, 0.6]] * 4}, "p", "sum to 1.100"),
        ({"p": [[1.5, -0.5]] * 4}, "p", "outside 0..1"),
        ({"p": [0.5] * 4}, "p", "want a list of 2 numbers"),
        ({"p_x": [1.0] * 4, "p_z": [0.0] * 4}, "p_*", "'y' is not among them"),
        ({"p_x": ["a"] * 4, "p_y": ["b"] * 4}, "p_*", "want numbers"),
        ({"q": [1.0] * 4}, "p_*", "match no column"),
    ],
)
def test_given_probabilities_that_are_none_are_refused_in_one_line(columns: Any, name: str, words: str) -> None:
    with pytest.raises(InputError, match=words) as told:
        derived({"label": ["x", "y"] * 2, **columns}, label="label", probabilities=name)
    assert "\n" not in str(told.value)
