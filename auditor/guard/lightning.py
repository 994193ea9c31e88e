"""A callback for a Lightning trainer (`lightning` or `pytorch_lightning`)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

try:
    from lightning.pytorch.callbacks import Callback
except ModuleNotFoundError:
    from pytorch_lightning.callbacks import Callback  # type: ignore[assignment]  # the same class in its older package

from auditor.guard.torch.eyes import Eyes
from auditor.guard.torch.keeper import Keeper
from auditor.guard.torch.steps import Drift, Updates, culprit, gradient_norm

if TYPE_CHECKING:
    from auditor.guard.core import Guard


def callback(guard: Guard) -> Watcher:
    """The callback of a guard; each Trainer wants its own guard."""
    return Watcher(guard)


class Watcher(Callback):
    """Looks at the guard's rows at the end of each validation of the Trainer; the sanity check does not count.

    The model is called as `module(X)` on a pair (X, y), or with named inputs; else `Guard(loss=...)` says the loss.
    """

    def __init__(self, guard: Guard) -> None:
        self.guard = guard
        self.norm: float | None = None

    @property
    def state_key(self) -> str:
        """Two guards in one trainer keep two states."""
        return f"auditor.guard#{self.guard.number}"

    def on_train_start(self, trainer: Any, pl_module: Any) -> None:
        """Refuses a run that must not start; looks at the model as it is. Raises Refused."""
        guard = self.guard
        if guard.directory is None:
            guard.directory = Path(trainer.default_root_dir)
        guard.writes = trainer.is_global_zero
        trainer.fit_loop.epoch_loop.val_loop.setup_data()
        held_out = _rows(trainer.val_dataloaders)
        self.eyes = Eyes.of(guard, _rows(trainer.train_dataloader), held_out, **_collated(trainer.train_dataloader))
        facts = self.eyes.facts(pl_module, accumulation=trainer.accumulate_grad_batches)
        guard.preflight(facts)
        guard.fact("trainable", facts.trainable or 0)
        self.keeper = Keeper(guard.directory, guard.writes)
        self.drift, self.updates = Drift(pl_module), Updates(pl_module.parameters())
        if trainer.min_epochs or trainer.min_steps:
            guard.notes.append("the Trainer's min_epochs or min_steps can delay a stop of the guard")
        if trainer.global_step == 0:  # else the run goes on from a checkpoint
            self._look(trainer, pl_module)

    def on_before_optimizer_step(self, trainer: Any, pl_module: Any, optimizer: Any) -> None:
        """Unclipped gradients, before the optimiser writes. Raises GuardStop where a number is not finite."""
        self.norm = gradient_norm(self.updates.parameters)
        self.updates.note(trainer.global_step + 1)
        scaled = "16-mixed" in str(trainer.precision) and "bf16" not in str(trainer.precision)
        if self.norm is not None and self.norm - self.norm != 0:
            name = "" if scaled else culprit(pl_module)
            self.guard.step(trainer.global_step + 1, gradient_norm=self.norm, parameter=name, scaled=scaled)

    def on_train_batch_end(self, trainer: Any, pl_module: Any, outputs: Any, batch: Any, batch_idx: int) -> None:
        """After a batch; a step is told once it was written."""
        if (batch_idx + 1) % trainer.accumulate_grad_batches:
            return
        loss = outputs.get("loss") if isinstance(outputs, dict) else outputs
        ratio = self.updates.ratio()
        if ratio is not None:
            self.guard.fact("update_ratio", ratio)
        self.guard.step(trainer.global_step, loss=None if loss is None else float(loss), gradient_norm=self.norm)

    def on_validation_end(self, trainer: Any, pl_module: Any) -> None:
        """The guard looks when the Trainer validates."""
        if trainer.sanity_checking or trainer.fast_dev_run:
            return
        self._look(trainer, pl_module)
        if trainer.strategy.reduce_boolean_decision(self.guard.wants_stop, all=False):
            trainer.should_stop = True

    def _look(self, trainer: Any, pl_module: Any) -> None:
        guard = self.guard
        guard.see(self.eyes.look(pl_module, trainer.global_step, float(trainer.current_epoch)))
        if guard.state.best_step == trainer.global_step:
            self.keeper.keep(pl_module, trainer.global_step)

    def on_save_checkpoint(self, trainer: Any, pl_module: Any, checkpoint: Any) -> None:
        """The sidecar goes into the guard's folder, one for each step that was saved."""
        if self.guard.directory is not None:
            self.guard.saved(trainer.global_step, self.guard.directory / f"guard-step-{trainer.global_step}")

    def state_dict(self) -> dict[str, Any]:
        """Where the sidecar of this checkpoint lies: the checkpoint holds no other state of the guard."""
        saved = self.guard.state.checkpoints
        return {"sidecar": saved[max(saved)] if saved else None}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Takes the sidecar over. Raises InputError for one that must not be trusted."""
        if state_dict.get("sidecar"):
            self.guard.resume(state_dict["sidecar"])

    def on_fit_end(self, trainer: Any, pl_module: Any) -> None:
        """The best weights come back where the guard was asked to restore them."""
        guard = self.guard
        guard.layers = self.drift.of(pl_module)
        restored = guard.restore_step is not None and self.keeper.restore(pl_module)
        guard.finish(stop_step=trainer.global_step, selected=f"step {guard.restore_step}" if restored else None)


def _rows(loader: Any) -> Any:
    """The rows of a loader, the last of several."""
    if isinstance(loader, (list, tuple)):
        return _rows(loader[-1]) if loader else None
    return getattr(loader, "dataset", None)


def _collated(loader: Any) -> dict[str, Any]:
    return {"collate": getattr(loader, "collate_fn", None), "at_once": getattr(loader, "batch_size", None) or 32}
