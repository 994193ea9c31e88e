"""What the tuned model is worth on rows that no choice has seen: beside its base, and beside a simple baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from auditor.audit import run
from auditor.derive.frozen import CAP as PROBED
from auditor.derive.frozen import embed
from auditor.guard.core import Guard
from auditor.guard.ledger import Look
from auditor.guard.preflight import fingerprint
from auditor.guard.torch.examples import Examples, digest
from auditor.guard.torch.losses import measure
from auditor.model import Audit
from auditor.request import Request
from auditor.statistics.paired import paired
from auditor.statistics.sampling import position_hash
from auditor.tallies.evaluations import Losses
from auditor.tune.models import Head
from auditor.tune.reading import Rows
from auditor.tune.tasks import Encoded, Padding

COLUMN = "tuned_prediction"
SHOWN_OF_BASE = ("groups", "comparisons")
Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scored:
    """One predictor on the test rows."""

    name: str
    each: Numbers  # (n,) 0/1 right, or the loss of each row
    metric: str  # accuracy (high is good) or loss (low is good)
    said: NDArray[np.int64] | None = None  # (n,) places of the classes that were predicted; None where there are none

    @property
    def mean(self) -> float:
        return float(np.mean(self.each))


def losses(model: Any, encoded: Encoded, pad: int, at_once: int) -> Losses:
    """The per-example results of the model."""
    return measure(model, Examples(encoded.examples, Padding(pad), at_once), np.arange(len(encoded.examples)))


def scored(name: str, seen: Losses) -> Scored:
    """Whether right where there are answers, else the loss."""
    if seen.right is not None:
        said = None if seen.probabilities is None else seen.probabilities.argmax(axis=1)
        return Scored(name=name, each=seen.right.astype(float), metric="accuracy", said=said)
    return Scored(name=name, each=seen.loss, metric="loss")


def certify(guard: Guard, test: Encoded, tuned: Scored) -> None:
    """Writes the measurement into the ledger. Raises Refused where a choice was made on these rows."""
    step = guard.restore_step if guard.restore_step is not None else guard.state.run.last.step
    look = Look(
        fingerprint=fingerprint([digest(e) for e in test.examples]),
        split="test",
        n=len(test.examples),
        purpose="certify",
        metric=tuned.metric,
        value=tuned.mean,
        run=guard.state.run_id,
        step=step,
        config_hash=guard.config_hash,
    )
    guard.ledger.certify(look)


def probe(rows: Rows, base: str, head: Head, train: Encoded, test: Encoded, seed: int) -> Scored:
    """A linear model on the frozen features of the base: what it knows where its head is new. At most 2,000 training rows."""
    from sklearn.linear_model import LogisticRegression, Ridge
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    some = np.sort(np.argsort(position_hash(train.at, seed), kind="stable")[:PROBED])
    learn, ask = (rows.texts(e.split) for e in (train, test))
    known = embed(Path(base), [learn[i] for i in train.at[some]] + [ask[i] for i in test.at])
    y = np.array([train.examples[i]["labels"] for i in some])
    truth = np.array([e["labels"] for e in test.examples])
    model = LogisticRegression(max_iter=300, C=0.1) if head.kind == "classification" else Ridge(alpha=10.0)
    said = make_pipeline(StandardScaler(), model).fit(known[: len(some)], y).predict(known[len(some) :])
    name = "linear probe on the frozen base"
    if head.kind == "classification":
        return Scored(name=name, each=(said == truth).astype(float), metric="accuracy", said=said.astype(np.int64))
    return Scored(name=name, each=(said - truth) ** 2, metric="loss")


def compared(tuned: Scored, other: Scored) -> dict[str, Any]:
    """The paired difference tuned minus other, 95 % normal interval, and what may be said of it."""
    gain = paired(tuned.each - other.each)
    low, high = gain.interval()
    sign = 1 if tuned.metric == "accuracy" else -1
    worst, best = sorted((sign * low, sign * high))
    verdict = "better" if worst > 0 else "worse" if best < 0 else "not shown better"
    return {
        "tuned against": other.name,
        "metric": tuned.metric,
        "n": len(tuned.each),
        "tuned": tuned.mean,
        "other": other.mean,
        "difference": gain.mean,
        "low": low,
        "high": high,
        "verdict": verdict,
    }


def sentence(one: dict[str, Any]) -> str:
    """The comparison in words."""
    percent = one["metric"] == "accuracy"

    def shown(x: float, sign: str = "") -> str:
        return f"{x:{sign}.1%}" if percent else f"{x:{sign}.4g}"

    what = "accuracy" if percent else "loss"
    return (
        f"test: the tuned model is {one['verdict']} than "
        f"{one['tuned against']}: {what} {shown(one['tuned'])} against {shown(one['other'])} on {one['n']:,} rows, "
        f"difference {shown(one['difference'], '+')} ({shown(one['low'], '+')} to {shown(one['high'], '+')})"
    )


def predicted(
    rows: Rows,
    request: Request,
    train: Encoded,
    test: Encoded,
    said: Sequence[str],
    codes: tuple[str, ...],
    data: str,
    stage: str,
) -> Audit:
    """The audit of a model's answers on the test rows: against the simple baseline, and by group. `stage`: tuned or base."""

    def table(part: Encoded, answers: Sequence[str]) -> pa.Table:
        whole: pa.Table = rows.sample.tables[part.split][0].take(pa.array(part.at))
        return whole.append_column(COLUMN, pa.array(answers, pa.string()))

    labels = rows.labels(train.split)
    audit = run(
        Request(
            train=table(train, [str(labels[i]) for i in train.at]),
            test=table(test, said),
            data=data,
            roles=replace(rows.setting.roles, prediction=COLUMN, id=None, time=None, weight=None, probabilities=None),
            task="classification",
            positive=request.positive,
            select=codes,
            limits={k: v for k, v in request.limits.items() if k[:3] in ("FIT", "BIA")},
            options={k: v for k, v in request.options.items() if k in ("reference_group", "cuts")},
            evidence=request.evidence,
            seed=request.seed,
        )
    )
    return replace(audit, bias=staged(audit.bias, stage))


def staged(bias: Mapping[str, Any] | None, stage: str) -> dict[str, Any] | None:
    """The entries of the predictions as those of this stage; the data's own are in the data audit already.

    Groups of the base are shown for what tuning did to them: they fail no limit, so that they have no verdict.
    """
    if bias is None:
        return None
    kept = {k: [e for e in v if e.get("stage") != "data"] for k, v in bias.items() if stage == "tuned" or k in SHOWN_OF_BASE}
    more: dict[str, Any] = {"stage": stage} if stage == "tuned" else {"stage": stage, "verdict": None}
    return {k: [{**e, **{n: x for n, x in more.items() if n in e}} for e in v] for k, v in kept.items()}


def before_and_after(tuned: Audit, base: Audit) -> Audit:
    """The audit of the tuned model with the groups of the base beside its own."""
    if tuned.bias is None or base.bias is None:
        return tuned
    return replace(tuned, bias={k: [*base.bias.get(k, ()), *v] for k, v in tuned.bias.items()})
