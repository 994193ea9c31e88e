"""A fine-tune as rows: one row an evaluation, with the losses of every example, counted like any other rows."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from auditor.check import Tally
from auditor.rows import Batch, Setting

Numbers = NDArray[np.float64]
NOTHING: Numbers = np.empty(0)
SETS = ("held_out", "probe", "retained")
KEPT_STEPS = 400  # step losses that a slimmed run still holds: the windows of the spike rules reach 120 back


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Losses:
    """Per-example results of one set of rows at one evaluation, in evaluation mode, in the order of `ids`."""

    ids: NDArray[Any] = field(default_factory=lambda: np.empty(0, np.int64))  # (n,) the same rows at every evaluation
    loss: Numbers = field(default_factory=lambda: NOTHING)  # (n,) one loss an example, nats, summed in float64
    label: NDArray[Any] | None = None  # (n,) class numbers 0..K-1
    probabilities: NDArray[np.float64] | None = None  # (n, K)
    right: NDArray[np.bool_] | None = None  # (n,) whether the answer was right; from probabilities and label where absent
    cluster: NDArray[Any] | None = None  # (n,) document, person: rows of one cluster are not independent
    groups: Mapping[str, NDArray[Any]] = field(default_factory=dict)  # sensitive attribute -> (n,) values
    excluded: int = 0  # rows without a loss (no labelled token)
    mean: float | None = None  # mean loss; computed from `loss`
    accuracy: float | None = None  # share of right answers; None = no answers
    n: int | None = None  # rows; computed

    def __post_init__(self) -> None:
        if not len(self.loss):
            return
        if len(self.ids) != len(self.loss):
            raise ValueError(f"got {len(self.ids)} ids and {len(self.loss)} losses, want one id a loss")
        put = object.__setattr__
        order = np.argsort(self.ids, kind="stable")
        if np.any(order[1:] < order[:-1]):
            for name in ("ids", "loss", "label", "probabilities", "right", "cluster"):
                value = getattr(self, name)
                put(self, name, None if value is None else np.asarray(value)[order])
            put(self, "groups", {k: np.asarray(v)[order] for k, v in self.groups.items()})
        put(self, "loss", np.asarray(self.loss, dtype=np.float64))
        if self.right is None and self.probabilities is not None and self.label is not None:
            put(self, "right", np.argmax(self.probabilities, axis=1) == self.label)
        put(self, "n", len(self.loss))
        put(self, "mean", float(np.mean(self.loss)))
        if self.right is not None:
            put(self, "accuracy", float(np.mean(self.right)))

    @property
    def full(self) -> bool:
        """Whether the losses of the examples are still held."""
        return len(self.loss) > 0

    @property
    def units(self) -> int:
        """Independent units: clusters where given, else rows."""
        return len(np.unique(self.cluster)) if self.cluster is not None else int(self.n or 0)

    def slim(self) -> Losses:
        """Only the sums: mean, accuracy, n."""
        return Losses(excluded=self.excluded, mean=self.mean, accuracy=self.accuracy, n=self.n)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evaluation:
    """One evaluation of a model during its training. `step` 0 is the model before the first step."""

    step: int  # optimiser steps done
    epoch: float | None = None
    held_out: Losses | None = None
    probe: Losses | None = None  # fixed sample of training rows, evaluated as the held-out rows are
    retained: Losses | None = None  # rows of general data on which skill must be kept
    train_loss: float | None = None  # the trainer's own running loss: shown, never judged
    held_out_loss: float | None = None  # the same for a logged evaluation without per-example losses
    steps: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))  # step numbers since the last evaluation
    step_loss: Numbers = field(default_factory=lambda: NOTHING)  # their losses, nats; NaN where not read
    gradient_norm: Numbers = field(default_factory=lambda: NOTHING)  # their gradient norms; NaN where not read
    skipped: Numbers = field(default_factory=lambda: NOTHING)  # 1 where a loss scaler skipped the step
    exposure: Numbers = field(default_factory=lambda: NOTHING)  # bits, one a canary
    repeats: Numbers = field(default_factory=lambda: NOTHING)  # how often each canary stands in the training rows; 0 = unseen
    facts: Mapping[str, float] = field(default_factory=dict)  # single numbers: see the check that reads them

    def slim(self) -> Evaluation:
        """Without the losses of the examples."""
        held_out, probe, retained = (part.slim() if part else None for part in (self.held_out, self.probe, self.retained))
        return replace(self, held_out=held_out, probe=probe, retained=retained)

    @property
    def loss(self) -> float:
        """Mean held-out loss, nats; NaN where there is none."""
        return math.nan if self.held_out is None or self.held_out.mean is None else self.held_out.mean


@dataclass(frozen=True, slots=True)
class Evaluations(Tally):
    """The evaluations of one run by step. Merges exactly.

    It grows with the evaluations; the guard slims it after each, so that the vectors of at most five are held.
    Reads the columns `step, epoch, train_loss` and, for each set, `<set>_id, <set>_loss, <set>_label, <set>_right,
    <set>_probabilities, <set>_cluster, <set>_group_<attribute>`, all lists, one row an evaluation. Evaluations are few, so
    `of` loops over them.
    """

    by_step: Mapping[int, Evaluation] = field(default_factory=dict)

    @classmethod
    def columns(cls, setting: Setting) -> Iterable[str]:
        return tuple(c.name for c in setting.columns)

    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        if not (batch.has("step") and batch.has("held_out_loss")):
            return cls()
        rows = batch.table.to_pylist()
        read = (evaluation_of(row) for row in rows)
        return cls({e.step: e for e in read if e is not None})

    def __add__(self, other: Self) -> Self:
        return type(self)({**self.by_step, **other.by_step})

    @property
    def all(self) -> list[Evaluation]:
        """The evaluations in the order of their steps."""
        return [self.by_step[s] for s in sorted(self.by_step)]

    def until(self, step: int) -> Evaluations:
        """The evaluations up to and with this step."""
        return Evaluations({s: e for s, e in self.by_step.items() if s <= step})

    @property
    def last(self) -> Evaluation:
        return self.by_step[max(self.by_step)]

    @property
    def first(self) -> Evaluation:
        return self.by_step[min(self.by_step)]

    @property
    def best(self) -> Evaluation | None:
        """The evaluation of the lowest finite mean held-out loss, the earliest among equals."""
        finite = [e for e in self.all if math.isfinite(e.loss)]
        return min(finite, key=lambda e: (e.loss, e.step)) if finite else None

    def slim(self) -> Evaluations:
        """Holds the examples' losses of those evaluations only that a later one is compared with: first, last two, best two."""
        if len(self.by_step) < 3:
            return self
        steps = sorted(self.by_step)
        best = [b.step for s in steps[-2:] if (b := self.until(s).best) is not None]
        keep = {steps[0], *steps[-2:], *best}
        slimmed = {s: e if s in keep else e.slim() for s, e in self.by_step.items()}
        held = 0
        for s in reversed(steps):
            if held >= KEPT_STEPS:
                slimmed[s] = replace(
                    slimmed[s], steps=slimmed[s].steps[:0], step_loss=NOTHING, gradient_norm=NOTHING, skipped=NOTHING
                )
            held += len(slimmed[s].steps)
        return Evaluations(slimmed)

    def fact(self, name: str) -> float | None:
        """The latest value of a single number that was handed in; None where it never was."""
        return next((e.facts[name] for e in reversed(self.all) if name in e.facts), None)

    def series(self, name: str) -> tuple[NDArray[np.int64], Numbers]:
        """Step numbers and the values of one list over all steps held: step_loss, gradient_norm or skipped."""
        parts = [e for e in self.all if len(getattr(e, name)) == len(e.steps) and len(e.steps)]
        if not parts:
            return np.empty(0, np.int64), NOTHING
        return np.concatenate([e.steps for e in parts]), np.concatenate([getattr(e, name) for e in parts])


STEP_LISTS = ("step_loss", "gradient_norm", "skipped")
_PLAIN = tuple(f.name for f in fields(Losses) if f.name not in ("groups", "mean", "accuracy", "n", "excluded"))


def evaluation_of(row: Mapping[str, Any]) -> Evaluation | None:
    """An evaluation from a row of plain lists; None where it has no whole step number."""
    step = row.get("step")
    if isinstance(step, bool) or not isinstance(step, (int, float)) or step != step or int(step) != step:
        return None
    lists = {name: _numbers(row.get(name)) for name in (*STEP_LISTS, "exposure", "repeats")}
    steps = _numbers(row.get("steps"))
    return Evaluation(
        step=int(step),
        epoch=_number(row.get("epoch")),
        train_loss=_number(row.get("train_loss")),
        steps=steps[np.isfinite(steps)].astype(np.int64),
        facts={k.removeprefix("fact_"): x for k, v in row.items() if k.startswith("fact_") and (x := _number(v)) is not None},
        **{name: _losses(row, name) for name in SETS},  # type: ignore[arg-type]  # one value type a keyword
        **lists,  # type: ignore[arg-type]  # the same
    )


def _losses(row: Mapping[str, Any], name: str) -> Losses | None:
    loss = row.get(f"{name}_loss")
    if not isinstance(loss, list) or not loss:
        return None
    values: dict[str, Any] = {"loss": _numbers(loss), "ids": np.arange(len(loss))}
    for part, column in (("ids", "id"), *((p, p) for p in _PLAIN if p not in ("ids", "loss"))):
        given = row.get(f"{name}_{column}")
        if isinstance(given, list) and len(given) == len(loss):
            values[part] = np.asarray(given)
    prefix = f"{name}_group_"
    groups = {k.removeprefix(prefix): np.asarray(v) for k, v in row.items() if k.startswith(prefix) and isinstance(v, list)}
    return Losses(groups={k: v for k, v in groups.items() if len(v) == len(loss)}, **values)


def _numbers(values: Any) -> Numbers:
    if not isinstance(values, list):
        return NOTHING
    return np.array([x if (x := _number(v)) is not None else math.nan for v in values], dtype=np.float64)


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def row_of(evaluation: Evaluation) -> dict[str, Any]:
    """The evaluation as a row of plain lists: what `evaluation_of` reads."""
    row: dict[str, Any] = {"step": evaluation.step, "epoch": evaluation.epoch, "train_loss": evaluation.train_loss}
    for name in SETS:
        part: Losses | None = getattr(evaluation, name)
        if part is None or not part.full:
            continue
        for field_name, column in (("ids", "id"), *((p, p) for p in _PLAIN if p != "ids")):
            value = getattr(part, field_name)
            if value is not None:
                row[f"{name}_{column}"] = np.asarray(value).tolist()
        row |= {f"{name}_group_{k}": np.asarray(v).tolist() for k, v in part.groups.items()}
    for name in ("steps", *STEP_LISTS, "exposure", "repeats"):
        if len(getattr(evaluation, name)):
            row[name] = getattr(evaluation, name).tolist()
    return row | {f"fact_{k}": v for k, v in evaluation.facts.items()}
