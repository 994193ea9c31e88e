"""A check of what tuning did to the scores of a probe: its margins, and whether the tuned model can be asked at all."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from auditor.check import Check
from auditor.rows import Setting
from auditor.tallies.probe_rows import ProbeRows, lacks_probe


class ProbeCheck(Check[ProbeRows]):
    """A check that judges a change from the base to the tuned model against a margin."""

    of_run: ClassVar[bool] = True

    margin: float = 0.05  # nats a token
    rate_margin: float = 0.02  # of probabilities
    perplexity_rise: float = 0.05  # share of the base model's
    order_fall: float = 0.05  # share of sentences that beat their shuffled words

    def lacks(self, setting: Setting) -> str | None:
        return lacks_probe(setting)

    def broken(self, probe: ProbeRows, rates: bool) -> str:
        """Why the tuned model is no judge of sentences any more, or "": its perplexity on neutral text rose by more than
        `perplexity_rise`, or its sentences beat their shuffled words in a share that fell by more than `order_fall`."""
        plain, shuffled = probe.of_part("neutral"), probe.of_part("shuffled")
        if rates:
            said, before = (np.concatenate([getattr(p, side) for p in (plain, shuffled)]) for side in ("tuned", "base"))
            flat = len(said) > 0 and float(np.std(said)) < self.order_fall * float(np.std(before))
            return "the tuned model gives nearly the same probability to every neutral text" if flat else ""
        if not len(plain):
            return "there is no neutral text to see whether the tuned model still works"
        rise = float(np.exp(plain.base.mean() - plain.tuned.mean())) - 1
        if not np.isfinite(rise) or rise > self.perplexity_rise:
            return f"perplexity on neutral text rose by {100 * rise:.1f} %, more than {100 * self.perplexity_rise:g} %"
        if len(shuffled) != len(plain):
            return ""
        fall = float((plain.base > shuffled.base).mean() - (plain.tuned > shuffled.tuned).mean())
        if fall > self.order_fall:
            return f"sentences beat their shuffled words in {100 * fall:.1f} points fewer cases than before"
        return ""
