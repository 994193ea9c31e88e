"""FIT301."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from auditor.check import Check, Specimen, Tally
from auditor.model import Effect, Reading, Table, Where
from auditor.rows import Batch, Roles, Setting
from auditor.statistics.paired import paired
from auditor.statistics.proportions import wilson

ROLES = Roles(text="text", label="label")
MODEL = str(Path(__file__).parent / "specimen_model")
NAMES = ("linear probe", "neighbour probe", "baseline")


@dataclass(frozen=True, slots=True, eq=False)
class Probed(Tally):
    """(linear probe, neighbour probe, baseline) right or wrong by row: at most the 2,000 rows that the derivation probes."""

    derives: ClassVar[tuple[str, ...]] = ("frozen",)
    right: NDArray[np.int8] = field(default_factory=lambda: np.zeros((0, 3), np.int8))
    split: str = ""

    @classmethod
    def columns(cls, setting: Setting) -> Iterable[str]:
        return tuple(setting.roles.text)[:1]

    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        seen = batch.derived.get("frozen")
        return cls() if seen is None else cls(seen.values, batch.split)

    def __add__(self, other: Self) -> Self:
        return type(self)(np.concatenate([self.right, other.right]), self.split or other.split)


def _rows(n: int) -> dict[str, list[str]]:
    """Words that the specimen's vocabulary lacks: it sees the same unknown tokens in every row."""
    texts = [f"{'жф' if i % 2 else 'щю'} {'цъ' * (1 + i % 5)}{i % 11}" for i in range(n)]
    return {"text": texts, "label": ["yn"[i % 2] for i in range(n)]}


KNOWN = {
    "text": [f"{('the road was closed', 'people wrote letters')[i % 2]} {'abcdefghi'[i % 9]}" for i in range(120)],
    "label": ["yn"[i % 2] for i in range(120)],
}


class WeakBaseModel(Check[Probed]):
    """The base model's frozen features predict the labels worse than word counts do.

    ## Why
    Tuning starts far from the task: it will need more data and steps than a plain baseline that is already better.

    ## Measured
    Accuracy of a linear probe on frozen, mean-pooled features minus accuracy of TF-IDF with logistic regression, on the same
    rows out of fold, -1 to 1, low is bad; with the neighbour probe (k = 10) and LogME beside it.

    ## Fix
    Try another base model, or tune more than its head; whatever is tuned must beat the baseline on the test split.

    ## Known limits
    A task far from the features (style, spelling, length) can be tuned in although a probe is weak. At most 2,000 rows.

    ## Source
    Paired difference, normal interval; LogME: You et al. 2021, arXiv:2102.11005. A warning needs the whole interval below 0.
    """

    code = "FIT301"
    needs = ("text", "classes", "option:model", "extra:train:transformers")
    fewest: int = 100  # probed rows below which nothing is said: the interval would exceed +-10 points
    good = Specimen(train=KNOWN, roles=ROLES, options={"model": MODEL})
    bad = Specimen(train=_rows(200), roles=ROLES, options={"model": MODEL})

    def judge(self, setting: Setting, seen: Probed) -> Iterator[Reading]:
        made = setting.derived.get("frozen", {})
        n = len(seen.right)
        where = Where(split=seen.split, columns=tuple(setting.roles.text))
        if n < self.fewest:
            effect = Effect(name="accuracy_over_baseline", value=None, unit="share", reason="too few rows")
            yield self.read(where, effect, "", unsure=f"only {n} rows could be probed, {self.fewest} are needed")
            return
        gain = paired((seen.right[:, 0] - seen.right[:, 2]).astype(float))
        low, high = gain.interval()
        shares = seen.right.mean(axis=0)
        ends = [wilson(int(k), n) for k in seen.right.sum(axis=0)]
        yield self.read(
            where,
            Effect(name="accuracy_over_baseline", value=gain.mean, low=low, high=high, unit="share", method="paired normal 95 %"),
            f"a linear probe on {made.get('model')} is right in {shares[0]:.1%}, {made.get('baseline')} in {shares[2]:.1%} of "
            f"{n:,} rows: difference {gain.mean:+.1%} ({low:+.1%} to {high:+.1%})",
            examined=n,
            level="warning" if high < 0 else "clean",
            limit=0.0,
            evidence=(
                Table(
                    title="Before any tuning",
                    columns=("predictor", "accuracy", "low", "high"),
                    rows=tuple(
                        (name, round(float(s), 4), round(e[0], 4), round(e[1], 4))
                        for name, s, e in zip(NAMES, shares, ends, strict=True)
                    ),
                    note=f"LogME {made.get('log_evidence')} nats a row",
                ),
            ),
        )
