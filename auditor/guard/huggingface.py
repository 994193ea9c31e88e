"""A callback for `transformers.Trainer` and the trainers of trl that build on it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from transformers import TrainerCallback

from auditor.guard.torch.eyes import Eyes
from auditor.guard.torch.keeper import Keeper
from auditor.guard.torch.preferences import BETA
from auditor.guard.torch.quiet import any_rank, ranks, summed, together, unwrapped
from auditor.guard.torch.scaling import accumulation_ratio, takes_loss_arguments
from auditor.guard.torch.steps import Drift, Updates, culprit, gradient_norm, rerun

if TYPE_CHECKING:
    from auditor.guard.core import Guard


def callback(guard: Guard, every: int | None = None) -> Watcher:
    """The callback of a guard; each Trainer wants its own guard."""
    return Watcher(guard, every)


class Watcher(TrainerCallback):
    """Points at the guard; holds no state that a checkpoint would need: that lies in the guard's sidecar.

    A callback never sees the Trainer: rows come from its loaders, with their collator, unless the guard was given its own.
    With `every` the guard looks each so many steps, whether or not the Trainer evaluates.
    """

    def __init__(self, guard: Guard, every: int | None = None) -> None:
        self.guard = guard
        self.every = every
        self.micro: list[Any] = []  # losses of the micro-batches of this step, as the model returned them
        self.batches: list[Mapping[str, Any]] = []  # and their batches, to find a culprit
        self.logged: float | None = None
        self.known: dict[str, float] = {}
        self.ready = False
        self.looked: int | None = None  # the step of the last look: a dict of held-out sets calls `on_evaluate` once a set

    def on_train_begin(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        """Refuses a run that must not start; looks at the base model. Raises Refused."""
        guard, model = self.guard, unwrapped(more["model"])
        self.output = Path(args.output_dir)
        if guard.directory is None:
            guard.directory = self.output
        guard.writes = state.is_world_process_zero
        self.args, self.model = args, model
        self.eyes = self._eyes(more)
        self.keeper = Keeper(guard.directory, guard.writes)
        self.drift, self.updates = Drift(model), Updates(model.parameters())
        self.hook = model.register_forward_hook(self._heard, with_kwargs=True)
        self.divides = self.args.world_size == 1 and takes_loss_arguments(model)
        if self.eyes.held_out is not None:
            with together():
                self._begin(more.get("optimizer"))
        resumed = state.global_step > 0 and guard.resume(self.output / f"checkpoint-{state.global_step}")
        self._known(guard)
        if self.ready and not resumed:
            self._look(state)

    def _eyes(self, more: Mapping[str, Any]) -> Eyes:
        """The rows of the Trainer's loaders, where the guard was given none."""
        loader = more.get("train_dataloader")
        beta = float(getattr(self.args, "beta", BETA))  # of a DPOConfig
        told = {"collate": getattr(loader, "collate_fn", None), "at_once": self.args.per_device_eval_batch_size}
        return Eyes.of(self.guard, _bare(loader), _bare(more.get("eval_dataloader")), beta, **told)

    def _begin(self, optimizer: Any = None) -> None:
        """Once the held-out rows are known: before the first step, or at the first evaluation of the Trainer."""
        guard, accumulation = self.guard, self.args.gradient_accumulation_steps
        ratio = accumulation_ratio(self.model, self.eyes.train) if max(accumulation, ranks()[1]) > 1 else None
        facts = self.eyes.facts(self.model, optimizer=_inner(optimizer), accumulation=accumulation, ratio=ratio)
        earlier = guard.state.data.get("validation")  # of the sidecar, where a resumed run meets its held-out rows only now
        guard.preflight(facts)
        if earlier not in (None, guard.state.data.get("validation")):
            guard.fact("held_out_changed", 1.0)
            guard.state.run = type(guard.state.run)()
        known = {"trainable": facts.trainable or 0, "accumulation": accumulation, "world_size": ranks()[1]}
        self.known = known | ({} if ratio is None else {"accumulation_ratio": ratio})
        self._known(guard)
        self.ready = True

    def _known(self, guard: Guard) -> None:
        """Tells the guard what stays the same in a run; a sidecar that was read since knows the run before."""
        for name, value in self.known.items():
            guard.fact(name, value)

    def _heard(self, model: Any, _: Any, named: Mapping[str, Any], out: Any) -> None:
        """Every forward pass in training: loss and batch stay where they are until the step is over."""
        loss = getattr(out, "loss", None)
        if model.training and loss is not None:
            self.micro.append(loss.detach())
            self.batches.append(named)

    def on_pre_optimizer_step(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        """After clipping, before the optimiser writes. Raises GuardStop where a number is not finite."""
        step = state.global_step + 1
        norm = gradient_norm(self.updates.parameters)
        loss = self._step_loss()
        self.updates.note(step)
        scaled = bool(getattr(args, "fp16", False))
        broken = norm is not None and norm - norm != 0
        batches, self.batches = self.batches, []
        name = rerun(self.model, batches) or culprit(self.model) if broken and not scaled else ""
        self.guard.step(step, loss=loss, gradient_norm=norm, parameter=name, scaled=scaled)

    def _step_loss(self) -> float | None:
        """The loss of this step over all its micro-batches and ranks, so that every rank says the same."""
        if not self.micro:
            return None
        whole, count = sum(float(x) for x in self.micro), float(len(self.micro))
        self.micro = []
        if ranks()[1] > 1:
            whole, count = summed([whole, count], next(self.model.parameters()).device)
        # a model that divides by the items of the whole step returns parts of a sum, others return means
        return whole if self.divides else whole / count

    def on_step_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        """After the optimiser wrote."""
        ratio = self.updates.ratio()
        if ratio is not None:
            self.guard.fact("update_ratio", ratio)
            self.guard.fact("untouched_parameters", self.updates.untouched)
        if self.every and state.global_step % self.every == 0:
            self._look(state, control)

    def on_log(self, args: Any, state: Any, control: Any, logs: Any = None, **more: Any) -> None:
        """The Trainer's own loss is shown, never judged: it can be wrong by the accumulation factor."""
        if logs and isinstance(logs.get("loss"), (int, float)):
            self.logged = float(logs["loss"])

    def on_evaluate(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        """The guard looks at its own rows when the Trainer evaluates."""
        if self.eyes.held_out is None:
            self.eyes = self._eyes(more)
            with together():
                self._begin(more.get("optimizer"))
        if not self.every:
            self._look(state, control)

    def on_epoch_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        """A Trainer that never evaluates is looked at once an epoch."""
        if (
            not self.every
            and str(getattr(args.eval_strategy, "value", args.eval_strategy)) == "no"
            and self.eyes.held_out is not None
        ):
            self._look(state, control)

    def _look(self, state: Any, control: Any = None) -> None:
        if not self.ready or self.looked == state.global_step:
            return
        self.looked = state.global_step
        guard = self.guard
        seen = self.eyes.look(self.model, state.global_step, state.epoch, self.logged)
        with together():
            guard.see(seen)
            if guard.on_overfit == "restore-best" and guard.state.best_step == state.global_step:
                self.keeper.keep(self.model, state.global_step)
        if any_rank(guard.wants_stop) and control is not None:
            control.should_training_stop = True

    def on_save(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        """The checkpoint exists, rotation may have run: the sidecar goes into it."""
        folder = Path(args.output_dir) / f"checkpoint-{state.global_step}"
        if folder.is_dir():
            self.guard.saved(state.global_step, folder)

    def on_train_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:
        """The weights of the best evaluation come back where the guard was asked to restore them."""
        guard = self.guard
        self.hook.remove()
        if not self.ready:
            raise_nothing_held_out(guard)
            return
        best = state.best_model_checkpoint if args.load_best_model_at_end else None
        if best is None:  # else the weights are those of an earlier step by now, and were looked at then
            self._look(state)
        guard.layers = self.drift.of(self.model)
        selected = best and Path(best).name
        if guard.restore_step is not None and self.keeper.restore(self.model):
            selected = guard.state.checkpoints.get(guard.restore_step, f"step {guard.restore_step}")
        guard.finish(stop_step=state.global_step, selected=selected)


def raise_nothing_held_out(guard: Guard) -> None:
    """The run is over and no held-out row was ever seen: said, and every check stays without a verdict."""
    guard.notes.append("no held-out rows were seen: give Guard(validation=...) or an eval_dataset; nothing could be judged")


def _bare(loader: Any) -> Any:
    """The rows of a loader; the last of several where a dict of held-out sets was given."""
    if isinstance(loader, dict):
        return _bare(list(loader.values())[-1]) if loader else None
    return getattr(loader, "dataset", None)


def _inner(optimizer: Any) -> Any:
    """The optimiser inside accelerate's wrapper."""
    return getattr(optimizer, "optimizer", optimizer)
