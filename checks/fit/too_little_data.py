"""FIT201."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from auditor.check import Check, Specimen, Tally
from auditor.model import Curve, Effect, Reading, Series, Where
from auditor.rows import Batch, Roles, Setting
from auditor.statistics.learning_curve import Fitted, fit

ROLES = Roles(text="text", label="label")
ASKED = {"model": "a folder that this check never opens"}


@dataclass(frozen=True, slots=True)
class Curved(Tally):
    """Nothing to count: the curve is derived from a stated sample of the training rows and stands in the setting."""

    derives: ClassVar[tuple[str, ...]] = ("learning_curve",)

    @classmethod
    def columns(cls, setting: Setting) -> Iterable[str]:
        return ()

    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        return cls()

    def __add__(self, other: Self) -> Self:
        return self


def _texts(n: int, words: int, seed: int) -> dict[str, list[str]]:
    """Each row holds one word of a large list; the word decides the label, so that every new word must be seen first."""
    rng = np.random.default_rng(seed)
    word = rng.integers(0, words, n)
    other = rng.integers(0, 5, (n, 2))
    return {
        "text": [f"w{w} f{a} f{b} x{i}" for i, (w, (a, b)) in enumerate(zip(word, other, strict=True))],
        "label": [f"{'yn'[w % 2]}" for w in word],
    }


class TooLittleData(Check[Curved]):
    """More rows of the same kind would still lower the error.

    ## Why
    Tuning on too few rows wastes the run; collecting more would have helped more than any setting.

    ## Measured
    err(n) = a + b n^-c fitted to the held-out error of a plain model at seven sizes, five seeds each; the predicted fall of
    the error from doubling the rows, share 0 to 1, high is bad, with a bootstrap interval. Refused where the two largest
    sizes fall outside what the smaller ones predict.

    ## Fix
    Collect about as many rows again before tuning, of the rarest classes first.

    ## Known limits
    The curve is the plain model's: a pretrained model starts lower and may need fewer rows. A plateau can be label noise
    (NOI307) as well as plenty. At most 20,000 rows.

    ## Source
    Power-law learning curves: Hestness et al. 2017, arXiv:1712.00409; the limit of 2 points is the catalogue's, chosen by us.
    """

    code = "FIT201"
    needs = ("classes", "features", "option:model")  # 35 fits: asked for with the base model that is about to be tuned
    warn_above: float | None = 0.02  # by the lower end of the interval
    good = Specimen(train=_texts(600, 6, 1), roles=ROLES, options=ASKED)
    bad = Specimen(train=_texts(600, 600, 2), roles=ROLES, options=ASKED)

    def judge(self, setting: Setting, seen: Curved) -> Iterator[Reading]:
        made = setting.derived.get("learning_curve", {})
        values = np.array(made.get("values", []), float)
        where = Where(split=str(made.get("split", "")))
        if len(values) < 6:
            effect = Effect(name="gain_from_doubling", value=None, unit="share", reason="too few sizes")
            yield self.read(where, effect, "", unsure="fewer than six sizes could be fitted")
            return
        found = fit(values[:, 0], values[:, 1:].T, int(made["tested"]))
        effect = Effect(
            name="gain_from_doubling",
            value=found.gain,
            low=found.gain_low,
            high=found.gain_high,
            unit="share",
            method="bootstrap of seeds and test noise, 95 %",
        )
        size = int(values[-1, 0])
        yield self.read(
            where,
            effect,
            f"with {size:,} rows a plain model errs in {values[-1, 1:].mean():.1%}; twice as many would take off "
            f"{found.gain:.1%} ({found.gain_low:.1%} to {found.gain_high:.1%})",
            examined=size,
            evidence=(self.drawn(values, found),),
            level="warning" if self.warn_above is not None and found.gain_low > self.warn_above else "clean",
            limit=self.warn_above,
            unsure=f"cannot extrapolate: {found.refused}" if found.refused else "",
        )

    def drawn(self, values: np.ndarray[Any, Any], found: Fitted) -> Curve:
        sizes = (*values[:, 0].tolist(), 2 * float(values[-1, 0]))
        measured = Series(
            name="measured",
            x=tuple(values[:, 0].tolist()),
            y=tuple(values[:, 1:].mean(axis=1).tolist()),
            low=tuple(values[:, 1:].min(axis=1).tolist()),
            high=tuple(values[:, 1:].max(axis=1).tolist()),
        )
        fitted = Series(name="fitted", x=sizes, y=tuple(found.a + found.b * n**-found.c for n in sizes))
        return Curve(title="Error by size of the training set", x_label="rows", y_label="error", series=(measured, fitted))
