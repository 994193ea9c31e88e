"""The watch around a plain PyTorch loop, on digits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra `train` is not installed")

from sklearn.datasets import load_digits  # noqa: E402

from auditor.guard.core import Guard  # noqa: E402
from auditor.guard.torch.examples import examples  # noqa: E402
from auditor.guard.torch.losses import measure, per_example  # noqa: E402
from auditor.guard.verdicts import GuardStop, Refused  # noqa: E402

torch.set_num_threads(1)
X, Y = load_digits(return_X_y=True)
X = (X / 16).astype(np.float32)


def split(seed: int, n: int = 400, held: int = 300) -> tuple[Any, Any]:
    order = np.random.default_rng(seed).permutation(len(Y))
    a, b = order[:n], order[n : n + held]
    return (X[a], Y[a]), (X[b], Y[b])


def network(seed: int = 0) -> Any:
    torch.manual_seed(seed)
    return torch.nn.Sequential(torch.nn.Linear(64, 256), torch.nn.ReLU(), torch.nn.Dropout(0.1), torch.nn.Linear(256, 10))


def run(
    guard: Guard | None,
    train: Any,
    *,
    steps: int = 50,
    seed: int = 0,
    lr: float = 1e-3,
    spoil: Callable[[int, Any], None] | None = None,
    every: int = 25,
    model: Any = None,
) -> Any:
    model = model if model is not None else network(seed)
    optimizer = torch.optim.AdamW(model.parameters(), lr=lr)
    x, y = torch.tensor(train[0]), torch.tensor(train[1])

    def loop(watch: Any) -> None:
        for step in range(1, steps + 1):
            ids = torch.randint(0, len(y), (32,))
            loss = torch.nn.functional.cross_entropy(model(x[ids]), y[ids])
            loss.backward()
            if spoil:
                spoil(step, model)
            optimizer.step()
            optimizer.zero_grad()
            if watch:
                watch.step(loss, ids)
                if step % every == 0 and watch.evaluate():
                    break

    if guard is None:
        loop(None)
    else:
        with guard.watch(model, optimizer) as watch:
            loop(watch)
    return model


def same(a: Any, b: Any) -> bool:
    return all(torch.equal(p, q) for p, q in zip(a.parameters(), b.parameters(), strict=True))


def test_weights_are_bit_identical_with_the_guard_on_and_off() -> None:
    train, held = split(1)
    assert same(run(None, train), run(Guard(train, held), train))


def test_a_gradient_that_is_not_a_number_is_caught_before_the_optimiser_writes() -> None:
    train, held = split(2)
    for k in (1, 8, 20):

        def spoil(step: int, model: Any, k: int = k) -> None:
            if step == k:
                model[3].weight.grad[0, 0] = float("nan")

        guard, model = Guard(train, held), network(2)
        with pytest.raises(GuardStop, match=rf"step {k}: the gradient norm is not finite, first in 3\.weight"):
            run(guard, train, spoil=spoil, model=model)
        assert all(torch.isfinite(p).all() for p in model.parameters())
        assert guard.tuning["stop_step"] == k
        assert {v["code"]: v["status"] for v in guard.tuning["guards"]}["TUN101"] == "alarm"


def test_random_labels_alarm_and_the_best_weights_come_back() -> None:
    train, held = split(3)
    rng = np.random.default_rng(3)
    train, held = (train[0], rng.permutation(train[1])), (held[0], rng.permutation(held[1]))
    guard = Guard(train, held, on_overfit="restore-best")
    model = run(guard, train, steps=600, every=13)
    told = guard.tuning
    assert told["action"] == "restore-best"
    assert guard.audit().verdict == "fail"
    again = measure(model, examples(held), np.arange(300)).mean
    best = next(e["held_out_loss"] for e in told["evaluations"] if e["step"] == told["best_step"])
    assert again == pytest.approx(best, abs=1e-6)


def test_losses_do_not_depend_on_the_batch() -> None:
    train, _ = split(4)
    model = network(4)
    rows = [measure(model, examples(train, at_once=k), np.arange(400)) for k in (1, 8, 64)]
    assert np.abs(rows[0].loss - rows[1].loss).max() < 1e-5
    assert np.abs(rows[0].loss - rows[2].loss).max() < 1e-5


def test_losses_are_the_cross_entropy_by_hand() -> None:
    logits = torch.tensor([[2.0, 0.0], [0.0, 0.0]])
    loss, _, p, right, _ = per_example(logits, torch.tensor([0, 1]), False)
    assert loss == pytest.approx([np.log(1 + np.exp(-2)), np.log(2)])
    assert p[0, 0] == pytest.approx(1 / (1 + np.exp(-2)))
    assert right.tolist() == [True, False]


def test_a_row_whose_tokens_are_all_masked_is_excluded_and_counted() -> None:
    logits = torch.zeros(2, 3, 5)
    labels = torch.tensor([[-100, -100, -100], [-100, 1, 2]])
    loss, _, _, _, gone = per_example(logits, labels, True)
    assert gone.tolist() == [True, False]
    assert loss[1] == pytest.approx(np.log(5))


@pytest.mark.parametrize(
    ("guard", "said"),
    [
        (lambda t, h: Guard(t, None), "got no held-out rows"),
        (lambda t, h: Guard(t, t), "the held-out set is the training set"),
        (lambda t, h: Guard(t, (h[0][:50], h[1][:50]), on_overfit="stop"), "got 50 held-out rows"),
        (lambda t, h: Guard(t, (np.concatenate([h[0], t[0][:7]]), np.concatenate([h[1], t[1][:7]]))), "7 of 307 held-out rows"),
    ],
)
def test_a_run_that_must_not_start_is_refused_before_the_first_step(guard: Callable[[Any, Any], Guard], said: str) -> None:
    train, held = split(5)
    model = network(5)
    with pytest.raises(Refused, match=said):
        run(guard(train, held), train, model=model)
    assert same(model, network(5))


def test_frozen_weights_are_refused() -> None:
    train, held = split(6)
    model = network(6)
    for p in model.parameters():
        p.requires_grad = False
    optimizer = torch.optim.SGD([torch.zeros(1)], lr=0.1)
    with pytest.raises(Refused, match="no parameter would change"), Guard(train, held).watch(model, optimizer):
        pass


def test_a_full_disk_keeps_the_earlier_best_weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from auditor.guard.torch import keeper
    from auditor.rows import InputError

    model = network(7)
    kept = keeper.Keeper(tmp_path)
    kept.keep(model, 1)
    first = (tmp_path / keeper.FILE).read_bytes()

    def full(path: Path, content: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(keeper, "write_whole", full)
    with pytest.raises(InputError, match="No space left"):
        kept.keep(model, 2)
    assert (tmp_path / keeper.FILE).read_bytes() == first


def test_an_interrupted_run_goes_on_from_its_sidecar(tmp_path: Path) -> None:
    train, held = split(8)
    guard = Guard(train, held, directory=tmp_path)
    model = network(8)
    optimizer = torch.optim.AdamW(model.parameters())
    with guard.watch(model, optimizer) as watch:
        watch.step(1.0)
        watch.evaluate()
        watch.save(tmp_path / "checkpoint-1")
    second = Guard(train, held, directory=tmp_path)
    with second.watch(model, optimizer, resume=tmp_path / "checkpoint-1") as watch:
        assert watch.done == 1
    assert [e["step"] for e in second.tuning["evaluations"]] == [0, 1]
    assert second.state.run_id == guard.state.run_id
