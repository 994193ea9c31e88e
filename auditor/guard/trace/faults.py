"""Faults that a log shows whether or not anything was evaluated: NaN, zero loss, wrong scale, spikes, staircases."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from auditor.guard.trace.curves import Curve
from auditor.guard.trace.log import NORM, RATE, Log
from auditor.model import Level
from auditor.statistics.band import epoch_jumps
from auditor.statistics.spike import SpikeRule, spikes

ZERO = 1e-8  # nats: a supervised loss at or below it is none
SCALED = 1.5  # first loss / loss of a random guess: a random head starts within a fifth of it
MORE = "logged losses can hide a NaN behind a running mean (logging_nan_inf_filter)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault of a log."""

    code: str
    level: Level | None  # None = looked at and clean
    effect: str  # name of the number
    value: float | None
    unit: str
    limit: float | None
    message: str
    n: int
    reason: str = ""  # code of a cannot-tell


def non_finite(log: Log) -> Fault:
    """NaN or infinity in losses and gradient norms; a zero loss with a NaN gradient is a hidden NaN."""
    bad: list[tuple[float, str]] = []
    n = 0
    for key in dict.fromkeys(k for k in (log.train, log.first_of(NORM), *log.evaluations.values()) if k):
        steps, values = log.series(key)
        n += len(values)
        wrong = steps[~np.isfinite(values)]
        bad += [(float(s), key) for s in wrong]
    if not n:
        return Fault(
            code="TUN101", level=None, effect="non_finite", value=None, unit="logs", limit=0.0, n=0,
            message="neither a loss nor a gradient norm was logged", reason="missing_metric",
        )  # fmt: skip
    if not bad:
        return Fault(
            code="TUN101",
            level=None,
            effect="non_finite",
            value=0.0,
            unit="logs",
            limit=0.0,
            n=n,
            message="every logged number is finite",
        )
    step, key = min(bad)
    said = f"{len(bad)} logged numbers are not finite, first {key} at step {step:.0f}"
    if zero_logs(log):
        said += f"; the loss is logged as 0.0 afterwards: {MORE}"
    return Fault(
        code="TUN101", level="error", effect="non_finite", value=float(len(bad)), unit="logs", limit=0.0, message=said, n=n
    )


def zero_logs(log: Log) -> list[int]:
    """Steps of a training loss of 0, where at least two follow each other."""
    steps, values = log.series(log.train) if log.train else (np.empty(0), np.empty(0))
    zero = np.abs(values) <= ZERO
    twice = zero & (np.r_[False, zero[:-1]] | np.r_[zero[1:], False])
    return [int(s) for s in steps[twice]]


def zero_loss(log: Log) -> Fault | None:
    """A supervised loss of 0: nothing to learn, or saturated. None where there is none; a NaN gradient is `non_finite`'s."""
    zeros = zero_logs(log)
    if not zeros:
        return None
    key = log.first_of(NORM)
    norms = log.series(key)[1][np.isin(log.series(key)[0], zeros)] if key else np.empty(0)
    if len(norms) and not np.isfinite(norms).all():
        return None
    said = f"the training loss is 0 at {len(zeros)} logs from step {zeros[0]}"
    if len(norms) and np.all(norms <= ZERO):
        said += " and so is the gradient: every label is masked (-100), or nothing is trained; look at the response template"
        return Fault(
            code="TUN103", level="error", effect="gradient_norm", value=0.0, unit="norm", limit=0.0, message=said, n=len(zeros)
        )
    said += (
        ": saturated or rounded; with completions, look at the response template"
        if len(norms)
        else f", no gradient norm was logged; {MORE}"
    )
    return Fault(code="TUN103", level="warning", effect="loss", value=0.0, unit="nats", limit=ZERO, message=said, n=len(zeros))


def scale(log: Log) -> Fault | None:
    """First losses far above those of a random guess: scaled by accumulation x ranks. None where the guess is not known."""
    guess = _guess(log)
    if guess is None or log.train is None:
        return None
    _, values = log.series(log.train)
    first = values[np.isfinite(values)][:3]
    if not len(first):
        return None
    ratio = float(np.median(first)) / guess[0]
    said = f"the first training losses are {ratio:.2f} times that of a random guess ({guess[1]}: {guess[0]:.3f})"
    if ratio > SCALED:
        said += "; a loss scaled by accumulation x ranks looks so (BertForSequenceClassification and others under transformers 5)"
    level: Level | None = "warning" if ratio > SCALED else None
    return Fault(
        code="TUN102", level=level, effect="loss_ratio", value=ratio, unit="ratio", limit=SCALED, message=said, n=len(first)
    )


def _guess(log: Log) -> tuple[float, str] | None:
    """Loss of a random guess by the model's config.json in the run's folder."""
    if log.folder is None:
        return None
    places = [log.folder, *sorted(log.folder.glob("checkpoint-*"))]
    path = next((p / "config.json" for p in places if (p / "config.json").is_file()), None)
    if path is None:
        return None
    config = _config(path)
    named = config.get("architectures")
    heads = " ".join(map(str, named)) if isinstance(named, list) else ""
    labels = config.get("id2label")
    # two labels are the default of transformers, and defaults are not written to config.json
    count = len(labels) if isinstance(labels, dict) else 2 if "transformers_version" in config else 0
    if "Classification" in heads and config.get("problem_type") in (None, "single_label_classification") and count > 1:
        return math.log(count), f"ln {count}"
    size = config.get("vocab_size")
    if ("LMHead" in heads or "CausalLM" in heads) and isinstance(size, int) and size > 1:
        return math.log(size), f"ln {size}"
    return None


def _config(path: Path) -> dict[str, object]:
    try:
        found = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def spiky(log: Log, *, losses: bool = True) -> Fault:
    """Spikes of the logged training loss (not of an RL run) and gradient norm."""
    rule = SpikeRule()
    found = []
    n = 0
    for key, logarithm in (((log.train, False),) if losses else ()) + ((log.first_of(NORM), True),):
        if key is None:
            continue
        steps, values = log.series(key)
        n = max(n, int(np.isfinite(values).sum()))
        found += [(int(steps[s.at]), key, s) for s in spikes(values, rule, logarithm=logarithm)]
    if n < rule.after:
        said = f"{n} logs of loss or gradient norm, want {rule.after}"
        return Fault(
            code="TUN204",
            level=None,
            effect="spike",
            value=None,
            unit="logs",
            limit=None,
            message=said,
            n=n,
            reason="n_too_small",
        )
    if not found:
        return Fault(code="TUN204", level=None, effect="spikes", value=0.0, unit="logs", limit=0.0, message="no spike", n=n)
    stays = [f for f in found if f[2].back is False]
    step, key, spike = (stays or found)[0]
    back = {True: "back", False: "not back", None: "too early to say whether back"}[spike.back]
    said = (
        f"{key} is {spike.value:.4g} at step {step} where the median before was {spike.median:.4g}; "
        f"{back} within {rule.back} logs; {len(found)} spikes in all"
    )
    level: Level = "error" if stays else "warning"
    return Fault(
        code="TUN204", level=level, effect=key, value=spike.value, unit="as logged", limit=spike.limit, message=said, n=n
    )


def staircase(log: Log, curves: list[Curve]) -> Fault | None:
    """Drops of the training loss at epoch boundaries: repeated rows are being memorised. None where no epoch was logged."""
    key = log.train
    if key is None:
        return None
    rows = [r for r in log.rows if key in r and "epoch" in r and math.isfinite(r[key])]
    losses = np.array([r[key] for r in rows])
    # epochs are logged rounded: a log at 1.0 belongs to the epoch that it closes
    epoch = np.array([math.ceil(round(r["epoch"], 6)) for r in rows])
    edges = [int(i) for i in np.flatnonzero(np.diff(epoch) > 0) + 1]
    if not edges:
        return None

    def fault(level: Level | None, value: float | None, message: str, reason: str = "") -> Fault:
        return Fault(
            code="TUN209",
            level=level,
            effect="epoch_drop",
            value=value,
            unit="nats",
            limit=None,
            message=message,
            n=len(losses),
            reason=reason,
        )

    found = epoch_jumps(losses, edges)
    if found is None:
        return fault(
            None,
            None,
            f"{len(losses)} logs over {len(edges) + 1} epochs are too few to tell a drop from noise; log more often",
            "n_too_small",
        )
    largest = max(found.drops, default=0.0)
    numbers = f"largest drop at an epoch's end {largest:.4g}, elsewhere {found.centre:.4g} with a spread of {found.spread:.4g}"
    rising = any(c.status in ("warning", "alarm") for c in curves)
    if len(found.fired) >= 2 or (len(found.fired) == 1 and rising):
        if _restarts(log, [rows[e]["step"] for e in edges]):
            return fault(None, largest, f"{numbers}; the learning rate restarts there too", "rate_restarts")
        said = (
            f"staircase at {len(found.fired)} of {len(found.drops)} epoch ends ({numbers}): repeated rows are being memorised; "
            "rows sorted by length do so too"
        )
        return fault("warning", largest, said)
    return fault(None, largest, f"no staircase: {numbers}")


def _restarts(log: Log, steps: list[float]) -> bool:
    key = log.first_of(RATE)
    if key is None:
        return False
    at, rates = log.series(key)
    rises = at[1:][np.diff(rates) > 0.2 * np.max(np.abs(rates), initial=0.0)]  # a fifth of the peak in one log is no warm-up
    return any(np.any(np.abs(rises - s) <= np.median(np.diff(at)) * 2) for s in steps)
