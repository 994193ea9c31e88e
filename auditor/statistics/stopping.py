"""Stopping rules on a curve of losses: Prechelt's three, and patience that counts small gains rightly."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

STRIP = 5  # evaluations a strip; Prechelt 1998, doi:10.1007/3-540-49430-8_3


def generalisation_loss(losses: Sequence[float]) -> float | None:
    """100 (last / best - 1), percent; None where the best loss is not above 0 or no loss is finite."""
    finite = [x for x in losses if math.isfinite(x)]
    if not finite or min(finite) <= 0 or not math.isfinite(losses[-1]):
        return None
    return 100 * (losses[-1] / min(finite) - 1)


def progress(train: Sequence[float], strip: int = STRIP) -> float | None:
    """P_k = 1000 (sum of the last k training losses / (k * their minimum) - 1), per mille.

    How much the mean training loss of the strip exceeds its minimum. None for fewer than k losses or a minimum of 0.
    """
    last = list(train[-strip:])
    if len(last) < strip or min(last) <= 0:
        return None
    return 1000 * (math.fsum(last) / (strip * min(last)) - 1)


def gl_stops(held_out: Sequence[float], alpha: float = 5.0) -> bool:
    """GL_alpha: the generalisation loss exceeds alpha percent."""
    gl = generalisation_loss(held_out)
    return gl is not None and gl > alpha


def pq_stops(held_out: Sequence[float], train: Sequence[float], alpha: float = 0.5, strip: int = STRIP) -> bool:
    """PQ_alpha: generalisation loss / progress exceeds alpha. Undefined where progress is 0: no stop."""
    gl, p = generalisation_loss(held_out), progress(train, strip)
    return gl is not None and p is not None and p > 1e-9 and gl / p > alpha


def up_stops(held_out: Sequence[float], strips: int = 3, strip: int = STRIP) -> bool:
    """UP_s: the held-out loss rose from strip end to strip end, s times in a row. Asked at strip ends only."""
    if len(held_out) < (strips + 1) * strip or len(held_out) % strip:
        return False
    ends = [held_out[-1 - i * strip] for i in range(strips + 1)]
    return all(later > earlier for later, earlier in pairwise(ends))


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Evaluations without gain, where small gains add up: best moves only on an improvement of more than `min_delta`."""

    best: float = math.inf
    waited: int = 0  # evaluations since the best moved
    seen: int = 0
    reason: str = ""  # "non_finite" where the last loss was no number

    def after(self, loss: float, min_delta: float = 0.0, warm_up: int = 0) -> Patience:
        """The state after one more evaluation (smaller is better). A loss that is no number is no improvement."""
        seen = self.seen + 1
        if math.isfinite(loss) and self.best - loss > min_delta:
            return Patience(best=loss, waited=0, seen=seen)
        waited = 0 if seen <= warm_up else self.waited + 1
        reason = "" if math.isfinite(loss) else "non_finite"
        return Patience(best=self.best, waited=waited, seen=seen, reason=reason)
