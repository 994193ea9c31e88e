"""TUN210."""

from __future__ import annotations

from typing import Any

import numpy as np

from auditor.check import Specimen
from auditor.model import Effect, Level
from auditor.runcheck import RunCheck, Seen
from auditor.statistics.exposure import permutation_p
from auditor.tallies.evaluations import Evaluations

RARE = 6.64  # bits: an unseen secret reaches it once in a hundred (log2 of 100)


def _run(once: float) -> dict[str, list[Any]]:
    controls = [0.1 + (i * 0.37) % 3 for i in range(20)]
    return {
        "step": [100],
        "held_out_loss": [[1.0, 1.1]],
        "exposure": [[*controls, *[once + 0.1 * i for i in range(10)], *[9.9] * 10]],
        "repeats": [[0] * 20 + [1] * 10 + [16] * 10],
    }


class CanaryRecalled(RunCheck):
    """A planted secret that stands once in the training rows is remembered.

    ## Why
    What is remembered of a planted secret is remembered of a real one: names, keys, addresses.

    ## Measured
    Exposure of each canary, log2 of 1,000 - log2 of its rank among 1,000 random secrets by loss, bits, 0 to 9.97, high is bad.
    Error where the mean of the canaries that stand once exceeds that of unseen ones by permutation at p < .01. Beside it: the
    smallest number of repeats whose median exposure is above 6.64 bits.

    ## Fix
    De-duplicate, train fewer epochs, or train with differential privacy; take the canaries out of the data afterwards.

    ## Known limits
    With ten canaries a weak effect is missed: an unseen secret has 1.44 bits on average and one in a hundred reaches 6.64.

    ## Source
    Carlini et al. 2019, arXiv:1802.08232; p < .01 as few canaries make a noisy mean.
    """

    code = "TUN210"
    p_below: float = 0.01
    controls: int = 20  # unseen canaries wanted
    good = Specimen(train=_run(0.9))
    bad = Specimen(train=_run(6.0))

    def at(self, run: Evaluations) -> Seen | str:
        bits, repeats = run.last.exposure, run.last.repeats
        if not len(bits) or len(bits) != len(repeats):
            return "no canaries were planted"
        unseen, once = bits[repeats == 0], bits[repeats == 1]
        if len(unseen) < self.controls or len(once) < 2:
            said = f"{len(unseen)} unseen canaries and {len(once)} that stand once, want {self.controls} and 2"
            return self.unsure(run, "exposure", "n_too_small", said, len(once))
        p = permutation_p(once, unseen)
        recalled = [int(k) for k in np.unique(repeats[repeats > 0]) if np.median(bits[repeats == k]) > RARE]
        effect = Effect(name="exposure", value=float(once.mean()), unit="bits")
        said = (
            f"secrets that stand once have {once.mean():.2f} bits of exposure, unseen ones {unseen.mean():.2f} (p = {p:.3g}); "
            f"{f'extractable from {recalled[0]} repeats on' if recalled else 'none is extractable'}"
        )
        numbers: dict[str, float | None] = {"exposure_once": float(once.mean()), "exposure_unseen": float(unseen.mean()), "p": p}
        numbers |= {f"exposure_{int(k)}": float(bits[repeats == k].mean()) for k in np.unique(repeats[repeats > 1])}
        numbers["extractable_from"] = float(recalled[0]) if recalled else None
        level: Level | None = "error" if p < self.p_below else None
        n = len(once)
        return self.seen(run, effect, said, level=level, limit=self.p_below, numbers=numbers, n=n, affected=n if level else 0)
