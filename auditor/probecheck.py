"""A check of what tuning did to the scores of a probe: its margins, and whether the tuned model can be asked at all."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from auditor.check import Check
from auditor.rows import Setting
from auditor.tallies.probe_rows import PARTS, Part, ProbeRows, lacks_probe

RATE = "probability"


class ProbeCheck(Check[ProbeRows]):
    """A check that judges a change from the base to the tuned model against a margin."""

    of_run: ClassVar[bool] = True

    margin: float = 0.05  # nats a token
    rate_margin: float = 0.02  # of probabilities
    perplexity_rise: float = 0.05  # share of the base model's
    order_fall: float = 0.05  # share of sentences that beat their shuffled words

    def lacks(self, setting: Setting) -> str | None:
        return lacks_probe(setting)

    def scale(self, setting: Setting) -> tuple[str, float]:
        """(unit of the scores, margin in it)."""
        return (RATE, self.rate_margin) if setting.options.get("probe_unit") == RATE else ("nats a token", self.margin)

    def broken(self, setting: Setting, probe: ProbeRows) -> str:
        """Why the tuned model is no judge of sentences any more, or "": it gives no finite score where the base model does, its
        perplexity on neutral text rose by more than `perplexity_rise`, or its sentences beat their shuffled words in a share
        that fell by more than `order_fall`; also where that cannot be seen."""
        plain, shuffled = probe.of_part("neutral"), probe.of_part("shuffled")
        if not len(plain) or len(shuffled) != len(plain):
            return "there is no neutral text, with its words shuffled, to see whether the tuned model still works"
        if not np.isfinite(np.concatenate([plain.base, shuffled.base])).all():
            return "the base model gives neutral text no finite score"
        lost = sum(int((np.isfinite(p.base) & ~np.isfinite(p.tuned)).sum()) for p in map(probe.of_part, PARTS))
        if lost:
            return f"the tuned model gives no finite score to {lost:,} texts that the base model has one for"
        return self._flat(plain, shuffled) if self.scale(setting)[0] == RATE else self._worse(plain, shuffled)

    def _flat(self, plain: Part, shuffled: Part) -> str:
        before, said = (float(np.std([*getattr(plain, side), *getattr(shuffled, side)])) for side in ("base", "tuned"))
        if before == 0:
            return "the base model gives the same probability to every neutral text"
        return (
            "the tuned model gives nearly the same probability to every neutral text" if said < self.order_fall * before else ""
        )

    def _worse(self, plain: Part, shuffled: Part) -> str:
        with np.errstate(over="ignore"):
            rise = float(np.exp(plain.base.mean() - plain.tuned.mean())) - 1
        if rise > self.perplexity_rise:
            return f"perplexity on neutral text rose by {100 * rise:.1f} %, more than {100 * self.perplexity_rise:g} %"
        fall = float((plain.base > shuffled.base).mean() - (plain.tuned > shuffled.tuned).mean())
        if fall > self.order_fall:
            return f"sentences beat their shuffled words in {100 * fall:.1f} points fewer cases than before"
        return ""
