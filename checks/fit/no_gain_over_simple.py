"""FIT304."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from auditor.check import Check, Specimen, Tally
from auditor.model import Effect, Reading, Table, Where
from auditor.rows import Batch, Roles, Setting
from auditor.statistics.paired import paired

ROLES = Roles(text="text", label="label", prediction="prediction")
TRAIN = {"text": [f"{'good' if i % 2 else 'bad'} word{i % 7}" for i in range(200)], "label": ["yn"[i % 2] for i in range(200)]}
TRAIN["prediction"] = TRAIN["label"]


@dataclass(frozen=True, slots=True, eq=False)
class Beside(Tally):
    """(prediction, majority, plain model) right or wrong, by held-out split: 3 bytes a row, at most 100,000 rows a split."""

    derives: ClassVar[tuple[str, ...]] = ("simple_baseline",)
    right: dict[str, NDArray[np.int8]] = field(default_factory=dict)

    @classmethod
    def columns(cls, setting: Setting) -> Iterable[str]:
        return tuple(c for c in (setting.roles.label, setting.roles.prediction) if c)

    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        plain = batch.derived.get("simple_baseline")
        roles = batch.setting.roles
        if plain is None or not (roles.label and roles.prediction and batch.has(roles.label) and batch.has(roles.prediction)):
            return cls()
        at = pa.array(np.searchsorted(batch.rows, plain.rows))
        label, said = (batch.column(c).cast(pa.large_string()).take(at) for c in (roles.label, roles.prediction))
        known = np.asarray(pc.and_(label.is_valid(), said.is_valid()))
        own = np.asarray(pc.equal(label, said).fill_null(False))
        return cls({batch.split: np.column_stack([own, plain.values])[known].astype(np.int8)})

    def __add__(self, other: Self) -> Self:
        right = dict(self.right)
        for split, values in other.right.items():
            right[split] = np.concatenate([right[split], values]) if split in right else values
        return type(self)(right)


class NoGainOverSimple(Check[Beside]):
    """The tuned model is not shown to be better than a simple baseline.

    ## Why
    A large model that a word count matches costs more, explains less and fails in ways nobody looked for.

    ## Measured
    Accuracy of the predictions minus accuracy of the better of the majority label and a plain model fitted on train (TF-IDF
    with logistic regression; a tree of depth 3 for tables), on the same held-out rows, -1 to 1, low is bad; paired interval.

    ## Fix
    Ship the baseline, or find what the model lacks: more data, a better base, longer training.

    ## Known limits
    Accuracy is one metric: where errors cost unequally, compare by yours. The better of two baselines is picked on the same rows.

    ## Source
    Paired difference, normal interval. Warning where it includes 0, error where it lies below: there is no smaller claim.
    """

    code = "FIT304"
    needs = ("label", "prediction", "classes", "held-out")
    fewest: int = 100  # held-out rows below which nothing is said
    good = Specimen(
        train=TRAIN,
        test={
            "text": [f"new{i} thing" for i in range(120)],
            "label": ["yn"[i % 2] for i in range(120)],
            "prediction": ["yn"[i % 2] for i in range(120)],
        },
        roles=ROLES,
    )
    bad = Specimen(train=TRAIN, test={**{k: v[:120] for k, v in TRAIN.items()}, "prediction": ["y"] * 120}, roles=ROLES)

    def judge(self, setting: Setting, beside: Beside) -> Iterator[Reading]:
        made = setting.derived.get("simple_baseline", {})
        for split in sorted(beside.right):
            right = beside.right[split].astype(float)
            where = Where(split=split, columns=(setting.roles.prediction or "",))
            if len(right) < self.fewest:
                effect = Effect(name="accuracy_over_baseline", value=None, unit="share", reason="too few rows")
                yield self.read(where, effect, "", unsure=f"{len(right)} predicted rows in {split}, {self.fewest} are needed")
                continue
            shares = right.mean(axis=0)
            best = 1 if shares[1] > shares[2] else 2
            name = ("", f"always {made.get('majority')!r}", str(made.get("model")))[best]
            gain = paired(right[:, 0] - right[:, best])
            low, high = gain.interval()
            yield self.read(
                where,
                Effect(
                    name="accuracy_over_baseline", value=gain.mean, low=low, high=high, unit="share", method="paired normal 95 %"
                ),
                f"the predictions are right in {shares[0]:.1%} of {len(right):,} rows of {split}, {name} in {shares[best]:.1%}: "
                f"difference {gain.mean:+.1%} ({low:+.1%} to {high:+.1%})",
                examined=len(right),
                level="error" if high < 0 else "warning" if low <= 0 else "clean",
                limit=0.0,
                evidence=(
                    Table(
                        title=f"Accuracy in {split}",
                        columns=("predictor", "accuracy"),
                        rows=(
                            ("predictions", round(float(shares[0]), 4)),
                            ("majority label", round(float(shares[1]), 4)),
                            (str(made.get("model")), round(float(shares[2]), 4)),
                        ),
                    ),
                ),
            )
