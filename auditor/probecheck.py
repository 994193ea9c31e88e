"""A check of what tuning did to the scores of a probe: its margins, and whether the tuned model can be asked at all."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from auditor.check import Check
from auditor.rows import Setting
from auditor.tallies.probe_rows import NATS, RATE, Part, ProbeRows, lacks_probe, of_rates, scored
from auditor.words import plural

KEPT = 0.05  # share of the base's spread that a classifier must keep; chosen by us
FLAT = 1e-3  # log-odds: a classifier whose answers to neutral texts spread less looks at none of them; chosen by us


class ProbeCheck(Check[ProbeRows]):
    """A check that judges a change from the base to the tuned model against a margin."""

    of_run: ClassVar[bool] = True

    margin: float = 0.05  # nats a token
    rate_margin: float = 0.02  # of probabilities
    perplexity_rise: float = 0.05  # share of the base model's
    order_fall: float = 0.05  # share of sentences that beat their shuffled words

    def lacks(self, setting: Setting) -> str | None:
        return lacks_probe(setting)

    def __init__(self, **changes: Any) -> None:
        super().__init__(**changes)
        for name in ("margin", "rate_margin", "perplexity_rise", "order_fall"):
            if getattr(self, name) < 0:
                raise ValueError(f"{self.code}: got {name} = {getattr(self, name)!r}, want 0 or more")

    def scale(self, setting: Setting) -> tuple[str, float]:
        """(unit of the scores, margin in it)."""
        return (RATE, self.rate_margin) if of_rates(setting) else (NATS, self.margin)

    def broken(self, setting: Setting, probe: ProbeRows) -> str:
        """Why the tuned model is no judge of sentences any more, or "": it gives no finite score where the base model does, its
        perplexity on neutral text rose by more than `perplexity_rise`, or its sentences beat their shuffled words in a share
        that fell by more than `order_fall`, or a classifier gives neutral texts nearly one probability; also where that cannot
        be seen."""
        plain, shuffled = (probe.of_part(name).judged for name in ("neutral", "shuffled"))
        if not len(plain) or len(shuffled) != len(plain):
            return "there is no neutral text, with its words shuffled, to see whether the tuned model still works"
        if not scored(np.concatenate([plain.base, shuffled.base])).all():
            return "the base model gives neutral text no finite score"
        if lost := probe.lost():
            return no_score(lost)
        return self._flat(plain, shuffled) if of_rates(setting) else self._worse(plain, shuffled)

    def _flat(self, plain: Part, shuffled: Part) -> str:
        """By the spread of log-odds: a sure classifier gives neutral text small probabilities, but not the same ones."""
        before, said = (_spread(np.concatenate([getattr(plain, s), getattr(shuffled, s)])) for s in ("base", "tuned"))
        if before < FLAT:
            return "the base model gives nearly the same probability to every neutral text"
        return "the tuned model gives nearly the same probability to every neutral text" if said <= KEPT * before else ""

    def _worse(self, plain: Part, shuffled: Part) -> str:
        with np.errstate(over="ignore"):
            rise = float(np.exp(plain.base.mean() - plain.tuned.mean())) - 1
        if not rise <= self.perplexity_rise:
            return f"perplexity on neutral text rose by {100 * rise:.1f} %, more than {100 * self.perplexity_rise:g} %"
        fall = float((plain.base > shuffled.base).mean() - (plain.tuned > shuffled.tuned).mean())
        if fall > self.order_fall:
            return f"sentences beat their shuffled words in {100 * fall:.1f} points fewer cases than before"
        return ""


def _spread(rates: NDArray[np.float64]) -> float:
    """From the tenth to the ninetieth percentile of the log-odds, of probabilities from 1e-6 to 1 - 1e-6."""
    inner = np.clip(rates, 1e-6, 1 - 1e-6)
    return float(np.ptp(np.quantile(np.log(inner / (1 - inner)), [0.1, 0.9])))


def no_score(lost: int) -> str:
    """What is wrong with a tuned model that lost scores."""
    return f"the tuned model gives no finite score to {plural(lost, 'text')} that the base model has one for"
