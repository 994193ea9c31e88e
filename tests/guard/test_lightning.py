"""The callback inside a Lightning trainer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra `train` is not installed")
lightning = pytest.importorskip("lightning.pytorch", reason="the extra `lightning` is not installed")

from lightning.pytorch import LightningModule, Trainer  # noqa: E402
from sklearn.datasets import load_digits  # noqa: E402
from torch.utils.data import DataLoader, TensorDataset  # noqa: E402

from auditor.guard.core import Guard  # noqa: E402
from auditor.guard.verdicts import GuardStop  # noqa: E402

torch.set_num_threads(1)
X, Y = load_digits(return_X_y=True)


class Net(LightningModule):
    def __init__(self, spoil: int = -1) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.net = torch.nn.Sequential(torch.nn.Linear(64, 128), torch.nn.ReLU(), torch.nn.Linear(128, 10))
        self.spoil = spoil

    def forward(self, x: Any) -> Any:
        return self.net(x)

    def training_step(self, batch: Any, index: int) -> Any:
        loss = torch.nn.functional.cross_entropy(self(batch[0]), batch[1])
        return loss * float("nan") if index == self.spoil else loss

    def validation_step(self, batch: Any, index: int) -> None:
        self.log("held_out", torch.nn.functional.cross_entropy(self(batch[0]), batch[1]))

    def configure_optimizers(self) -> Any:
        return torch.optim.AdamW(self.parameters(), lr=3e-3)


def loader(a: int, b: int, seed: int, shuffled: bool) -> Any:
    rng = np.random.default_rng(seed)
    order = rng.permutation(len(Y))
    y = rng.permutation(Y) if shuffled else Y
    part = order[a:b]
    return DataLoader(TensorDataset(torch.tensor(X[part] / 16).float(), torch.tensor(y[part])), batch_size=32)


def run(folder: Path, guard: Guard, net: Any, epochs: int, shuffled: bool = False) -> Any:
    trainer = Trainer(
        max_epochs=epochs, default_root_dir=str(folder), callbacks=[guard.lightning()], logger=False,
        enable_progress_bar=False, enable_model_summary=False, accelerator="cpu", enable_checkpointing=False,
    )  # fmt: skip
    trainer.fit(net, loader(0, 300, 1, shuffled), loader(300, 600, 1, shuffled))
    return trainer


def test_random_labels_stop_the_trainer(tmp_path: Path) -> None:
    guard = Guard(on_overfit="restore-best")
    trainer = run(tmp_path, guard, Net(), 60, True)
    assert trainer.current_epoch < 60
    assert guard.tuning["action"] == "restore-best"
    assert guard.tuning["evaluations"][0]["step"] == 0


def test_a_loss_that_is_not_a_number_is_caught_before_the_optimiser_writes(tmp_path: Path) -> None:
    net = Net(spoil=2)
    with pytest.raises(GuardStop, match="step 3: the gradient norm is not finite"):
        run(tmp_path, Guard(), net, 1)
    assert all(torch.isfinite(p).all() for p in net.parameters())


def test_weights_are_bit_identical_with_the_guard_on_and_off(tmp_path: Path) -> None:
    guarded, plain = Net(), Net()
    run(tmp_path, Guard(), guarded, 2)
    trainer = Trainer(
        max_epochs=2, default_root_dir=str(tmp_path), logger=False, enable_progress_bar=False,
        enable_model_summary=False, accelerator="cpu", enable_checkpointing=False,
    )  # fmt: skip
    trainer.fit(plain, loader(0, 300, 1, False), loader(300, 600, 1, False))
    assert all(torch.equal(p, q) for p, q in zip(plain.parameters(), guarded.parameters(), strict=True))
