"""`with guard.watch(model, optimizer) as watch:` around a plain training loop."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from auditor.guard.torch.eyes import Eyes, device_of
from auditor.guard.torch.keeper import Keeper
from auditor.guard.torch.quiet import any_rank, ranks, summed, together, unwrapped
from auditor.guard.torch.steps import Drift, Updates, culprit, gradient_norm

if TYPE_CHECKING:
    from auditor.guard.core import Guard


def watch(guard: Guard, model: Any, optimizer: Any = None, **more: Any) -> Watch:
    """The watch of a guard over one training loop; see `Watch`."""
    return Watch(guard, model, optimizer, **more)


class Watch:
    """Refuses a run that must not start, checks every step before it is written, evaluates when asked.

    `resume` names a folder that `save` wrote; `accumulation` is the number of micro-batches a step.
    """

    def __init__(
        self,
        guard: Guard,
        model: Any,
        optimizer: Any = None,
        *,
        collate: Any = None,
        batch_size: int = 32,
        accumulation: int = 1,
        resume: Any = None,
    ) -> None:
        self.guard, self.model, self.optimizer, self.accumulation = guard, model, optimizer, accumulation
        self.how = {"collate": collate, "at_once": batch_size}
        self.from_folder = resume
        self.done = 0  # optimiser steps
        self.norm: float | None = None
        self.hooks: list[Any] = []

    def __enter__(self) -> Self:
        guard, bare = self.guard, unwrapped(self.model)
        guard.writes = ranks()[0] == 0
        self.eyes = Eyes.of(guard, **self.how)
        facts = self.eyes.facts(bare, optimizer=self.optimizer, accumulation=self.accumulation)
        with together():
            guard.preflight(facts)
        guard.fact("trainable", facts.trainable or 0)
        self.keeper = Keeper(guard.directory, guard.writes)
        self.drift, self.updates = Drift(bare), Updates(bare.parameters())
        if self.optimizer is not None:
            self.hooks.append(self.optimizer.register_step_pre_hook(self._before))
        if self.from_folder is not None and guard.resume(self.from_folder):
            self.done = guard.state.run.last.step
        else:
            self.evaluate()
        return self

    def _before(self, *_: Any) -> None:
        """Runs inside optimizer.step(), before it writes."""
        self.norm = gradient_norm(self.updates.parameters)
        self.updates.note(self.done + 1)
        if self.norm is not None and self.norm - self.norm != 0:  # NaN or infinite
            bare = unwrapped(self.model)
            self.guard.step(self.done + 1, gradient_norm=self.norm, parameter=culprit(bare))

    def step(self, loss: Any = None, ids: Sequence[Any] = ()) -> None:
        """One optimiser step is done: its loss and the ids of its rows. Raises GuardStop where the loss is not finite."""
        self.done += 1
        value = None if loss is None else float(loss.detach() if hasattr(loss, "detach") else loss)
        if value is not None and ranks()[1] > 1:  # one rank must not stop alone
            value = summed([value], device_of(self.model))[0] / ranks()[1]
        listed = ids.tolist() if hasattr(ids, "tolist") else list(ids)
        ratio = self.updates.ratio()
        if ratio is not None:
            self.guard.fact("update_ratio", ratio)
            self.guard.fact("untouched_parameters", self.updates.untouched)
        self.guard.step(self.done, loss=value, gradient_norm=self.norm, ids=listed)

    def evaluate(self, epoch: float | None = None) -> bool:
        """Looks at probe, held-out and retained rows. True: the guard wants to stop (on every rank)."""
        guard = self.guard
        seen = self.eyes.look(self.model, self.done, epoch)
        with together():
            guard.see(seen)
            if guard.on_overfit == "restore-best" and guard.state.best_step == self.done:
                self.keeper.keep(unwrapped(self.model), self.done)
        return any_rank(guard.wants_stop)

    def save(self, directory: Any) -> None:
        """A checkpoint lies in `directory`: the guard's state is written beside it."""
        self.guard.saved(self.done, directory)

    def __exit__(self, kind: type[BaseException] | None, cause: BaseException | None, trace: TracebackType | None) -> None:
        for hook in self.hooks:
            hook.remove()
        guard, bare = self.guard, unwrapped(self.model)
        guard.layers = self.drift.of(bare)
        if kind is not None:
            return
        selected = None
        if guard.restore_step is not None and self.keeper.restore(bare):
            selected = f"step {guard.restore_step}"
        guard.finish(stop_step=self.done, selected=selected)
