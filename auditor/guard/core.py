"""Guard: sees evaluations, says what they mean, and whether to go on. Knows no framework."""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from auditor import find
from auditor.guard import adapters, joining, preflight, record, sidecar
from auditor.guard.ledger import FILE as LEDGER
from auditor.guard.ledger import Ledger, Look, Purpose
from auditor.guard.state import GuardState
from auditor.guard.verdicts import ACTIONS, Action, GuardStop, GuardVerdict, status_of, verdict_of
from auditor.model import Audit
from auditor.policy import Policy, policy
from auditor.rows import InputError
from auditor.runcheck import RunCheck, Seen
from auditor.tallies.evaluations import Evaluation

KEPT_BATCHES = 200  # steps whose row ids are remembered, for the culprit of a spike


class Guard:
    """Watches one fine-tune. The page of `auditor.guard` says how it is called.

    `train`, `validation`, `retain` and `loss` are handed to the adapters as they are; the core never opens them.
    Raises InputError for an action that does not exist.
    """

    def __init__(
        self,
        train: Any = None,
        validation: Any = None,
        loss: Any = None,
        *,
        before: Audit | None = None,
        retain: Any = None,
        sensitive: Any = None,
        on_overfit: Action = "record",
        probe_size: int = 512,
        directory: str | os.PathLike[str] | None = None,
        seed: int = 0,
        limits: Mapping[str, Mapping[str, Any]] | None = None,
        judge_by: Policy | None = None,
        name: str = "",
        canaries: Any = None,
    ) -> None:
        if on_overfit not in ACTIONS:
            raise InputError(f"got on_overfit={on_overfit!r}, want one of {', '.join(ACTIONS)}")
        self.train, self.validation, self.loss, self.retain, self.sensitive = train, validation, loss, retain, sensitive
        self.before = before
        self.canaries = canaries  # secrets that `auditor.guard.torch.canaries.plant` put into the training rows
        self.on_overfit: Action = on_overfit
        self.probe_size = probe_size
        self.directory = None if directory is None else Path(directory)
        self.seed = seed
        self.policy = judge_by or policy()
        self.name = name or (before.data if before else "fine-tune")
        self.number = 0  # which guard of one trainer this is: two guards write into one sidecar
        self._ledger: Ledger | None = None
        self.writes = True  # False on every rank but the first
        self.notes: list[str] = []
        self.layers: list[dict[str, Any]] = []  # relative change of each layer's weights, from the adapter
        self.checks: tuple[RunCheck, ...] = tuple(
            c for c in find.checks(select=("TUN",), limits=limits) if isinstance(c, RunCheck)
        )
        self.state = GuardState(run_id=sidecar.run_id(seed))

    def preflight(self, facts: preflight.Facts) -> tuple[str, ...]:
        """Refuses a run that must not start; else what must be said before the first step. Raises Refused."""
        self.state.data |= facts.described()
        self.notes += preflight.refuse(facts, before=self.before, action=self.on_overfit, directory=self.directory)
        return tuple(self.notes)

    def fact(self, name: str, value: float) -> None:
        """A single number for the checks, read at the next evaluation."""
        self.state.facts[name] = float(value)

    def step(
        self,
        step: int,
        *,
        loss: float | None = None,
        gradient_norm: float | None = None,
        ids: Sequence[Any] = (),
        parameter: str = "",
        skipped: bool = False,
        scaled: bool = False,
    ) -> None:
        """One optimiser step, told before the optimiser writes. Raises GuardStop where a number is not finite.

        `scaled`: a loss scaler runs, so that infinite gradients are normal (`skipped` counts them). `parameter`: the first
        parameter whose gradient is not finite, where it is known.
        """
        state = self.state
        state.pending.add(step, loss, gradient_norm, skipped)
        if len(ids):
            state.batches[step] = list(ids)
            state.batches.pop(step - KEPT_BATCHES, None)
        bad = [n for n, x in (("loss", loss), ("gradient norm", gradient_norm)) if x is not None and not math.isfinite(x)]
        if bad and not scaled:
            state.culprit = {"step": step, "what": bad, "parameter": parameter, "batch": list(ids)}
            self._non_finite(step, bad, parameter, list(ids))

    def _non_finite(self, step: int, bad: Sequence[str], parameter: str, ids: Sequence[Any]) -> None:
        state = self.state
        evaluation = state.pending.into(Evaluation(step=step, facts={"non_finite_step": float(step)}))
        state.pending = type(state.pending)()
        run = type(state.run)({**state.run.by_step, step: state.run.by_step.get(step) or evaluation})
        check = next((c for c in self.checks if c.code == "TUN101"), None)
        if check is not None and isinstance(seen := check.at(run), Seen):
            self._stand(check, seen)
        state.stop_step, state.stop_code, state.action = step, "TUN101", "raise"
        where = f", first in {parameter}" if parameter else ""
        rows = f"; rows of the batch: {', '.join(map(str, list(ids)[:8]))}{' ...' if len(ids) > 8 else ''}" if len(ids) else ""
        raise GuardStop(f"step {step:,}: the {' and '.join(bad)} is not finite{where}{rows}", code="TUN101", step=step)

    def see(self, evaluation: Evaluation) -> tuple[GuardVerdict, ...]:
        """The verdicts at one more evaluation. Raises GuardStop on an alarm where the action is `raise`."""
        state = self.state
        evaluation = state.pending.into(evaluation)
        self._look(evaluation, "eval")
        evaluation = replace(evaluation, facts={**state.facts, **evaluation.facts})
        state.pending, state.facts = type(state.pending)(), {}
        state.run = type(state.run)({**state.run.by_step, evaluation.step: evaluation})
        fresh: dict[str, GuardVerdict] = {}
        for check in self.checks:
            seen = check.at(state.run)
            if isinstance(seen, str):
                state.skipped[check.code] = seen
                continue
            state.skipped.pop(check.code, None)
            self._stand(check, seen)
            fresh[check.code] = verdict_of(check, seen, state.first.get(check.code))
        state.shown.append(record.evaluation(evaluation, fresh, {c.code: c.shown for c in self.checks}))
        self._act(evaluation.step, fresh)
        state.run = state.run.slim()
        return self.verdicts

    def _stand(self, check: RunCheck, seen: Seen) -> None:
        state = self.state
        before = state.held.get(check.code)
        standing = check.held(before, seen)
        if before is None or status_of(before) != status_of(standing):
            state.first[check.code] = None if status_of(standing) == "ok" else standing.step
        state.held[check.code] = standing
        state.note(check.code, status_of(seen), seen)

    def _act(self, step: int, fresh: Mapping[str, GuardVerdict]) -> None:
        state = self.state
        alarms = [fresh[c.code] for c in self.checks if c.answers and c.code in fresh and fresh[c.code].status == "alarm"]
        if not alarms or state.stop_step is not None or self.on_overfit == "record":
            return
        state.stop_step, state.stop_code, state.action = step, alarms[0].code, self.on_overfit
        if self.on_overfit == "raise":
            raise GuardStop(alarms[0].message, code=alarms[0].code, step=step)

    @property
    def verdicts(self) -> tuple[GuardVerdict, ...]:
        """What stands now, one verdict a check that had something to judge, by code."""
        state = self.state
        return tuple(verdict_of(c, state.held[c.code], state.first.get(c.code)) for c in self.checks if c.code in state.held)

    @property
    def wants_stop(self) -> bool:
        """Whether the run should end after this step."""
        return self.state.stop_step is not None

    @property
    def restore_step(self) -> int | None:
        """The step whose weights to go back to; None = keep the last."""
        return self.state.best_step if self.state.action == "restore-best" else None

    @property
    def ledger(self) -> Ledger:
        """The holdout ledger in the guard's directory (in memory where there is none, or where another rank writes)."""
        path = None if self.directory is None or not self.writes else self.directory / LEDGER
        if self._ledger is None or (path is not None and self._ledger.path != path):
            self._ledger = Ledger(path)
        return self._ledger

    def _look(self, evaluation: Evaluation, purpose: Purpose) -> None:
        """Writes the look at the held-out rows down, and counts the looks for TUN107."""
        held_out = evaluation.held_out
        if held_out is None or not held_out.n:
            return
        fingerprint = str(self.state.data.get("validation", "unknown"))
        self.ledger.add(
            Look(
                fingerprint=fingerprint,
                split="validation",
                n=held_out.n,
                purpose=purpose,
                metric="loss",
                value=held_out.mean,
                run=self.state.run_id,
                step=evaluation.step,
                config_hash=self.config_hash,
            )
        )
        if purpose == "eval":
            self.fact("looks", self.ledger.looks(fingerprint))

    @property
    def config_hash(self) -> str:
        """SHA-256 of the action and of every limit of the guard."""
        limits = {c.code: sidecar.config(c) for c in self.checks}
        text = json.dumps([self.on_overfit, limits], sort_keys=True, default=str)
        return hashlib.sha256(text.encode()).hexdigest()[:16]

    def saved(self, step: int, path: str | os.PathLike[str]) -> None:
        """A checkpoint lies at `path`: noted, and the sidecar is written into it."""
        self.state.checkpoints[step] = os.fspath(path)
        if self.writes:
            sidecar.write(Path(path), self)

    def resume(self, path: str | os.PathLike[str]) -> bool:
        """Reads the sidecar of a checkpoint; False where it has none. Raises InputError for one that must not be trusted."""
        return sidecar.read(Path(path), self)

    def finish(self, *, stop_step: int | None = None, selected: str | None = None) -> None:
        """The run is over: where it ended, and which checkpoint was taken."""
        state = self.state
        if stop_step is not None:
            state.stop_step = stop_step
        if selected is not None:
            state.selected = selected
            if state.run.best is not None:
                self._look(state.run.best, "select")

    @property
    def tuning(self) -> dict[str, Any]:
        """The section `tuning` of audit.json."""
        return record.tuning(self)

    def audit(self) -> Audit:
        """The joint audit: the data audit that came before, with what the guard saw, under one verdict."""
        return joining.joined(self.before, self.tuning, joining.judged(self), data=self.name, by=self.policy)

    def huggingface(self, every: int | None = None) -> Any:
        """A callback for `transformers.Trainer` and the trainers of trl; `every`: looks each so many steps, come what may."""
        return adapters.load("huggingface").callback(self, every)

    def lightning(self) -> Any:
        """A callback for a Lightning trainer."""
        return adapters.load("lightning").callback(self)

    def watch(self, model: Any, optimizer: Any = None, **more: Any) -> Any:
        """A context manager around a plain PyTorch loop."""
        return adapters.load("torch").watch(self, model, optimizer, **more)
