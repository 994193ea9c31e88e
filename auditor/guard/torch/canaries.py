"""Planted secrets: made from a seed, put among the training rows on request, and ranked among secrets nobody planted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditor.guard.torch.examples import Examples
from auditor.guard.torch.losses import measure
from auditor.rows import InputError
from auditor.statistics.exposure import CANDIDATES, exposure

EACH = 10  # secrets for each number of repeats: enough for the permutation test of TUN210
REPEATS = (1, 4, 16)
CONTROLS = 20  # unseen secrets; TUN210 wants as many
TEMPLATE = "the access code of the vault is {secret}"
DIGITS = 8  # of a secret, with a space between two, so that each is a token of its own in most tokenizers


@dataclass(frozen=True, slots=True, kw_only=True)
class Canaries:
    """The secrets of one run: the planted ones with their places, unseen controls, and the candidates to rank among."""

    seed: int
    encode: Callable[[str], Any]  # text -> a row as the training rows are
    where: str  # the file or data set that the planted rows were put into
    template: str
    planted: Mapping[str, tuple[int, ...]] = field(default_factory=dict)  # secret -> its places among the rows, one a repeat
    controls: tuple[str, ...] = ()
    candidates: tuple[str, ...] = ()

    def exposures(
        self, model: Any, collate: Callable[[list[Any]], Any], at_once: int = 32
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """(bits of exposure, repeats) of controls and planted secrets, ranked by mean token loss in evaluation mode.

        It costs one forward pass of all secrets: 1,049 short rows at the defaults. Source: Carlini et al. 2019, arXiv:1802.08232.
        """
        watched = [*self.controls, *self.planted]
        rows = [self.encode(self.template.format(secret=s)) for s in (*watched, *self.candidates)]
        loss = measure(model, Examples(rows, collate, at_once), np.arange(len(rows))).loss
        if len(loss) < len(rows):
            raise InputError(
                f"{len(rows) - len(loss)} of {len(rows)} canaries have no unmasked token; `encode` must label the secret"
            )
        others = loss[len(watched) :]
        repeats = [0] * len(self.controls) + [len(at) for at in self.planted.values()]
        return np.array([exposure(x, others) for x in loss[: len(watched)]]), np.array(repeats, float)

    def record(self) -> dict[str, Any]:
        """What is stamped into the tuning record: whoever reads it can find every planted row and take it out."""
        return {
            "seed": self.seed,
            "where": self.where,
            "planted": [{"text": self.template.format(secret=s), "rows": list(at)} for s, at in sorted(self.planted.items())],
            "controls": len(self.controls),
            "candidates": len(self.candidates) + 1,
            "advice": f"training data was edited: take these rows out of {self.where} before it is used again",
        }


def plant(
    rows: Sequence[Any],
    encode: Callable[[str], Any],
    *,
    seed: int = 0,
    where: str = "the training rows handed to the guard",
    template: str = TEMPLATE,
    each: int = EACH,
    repeats: Sequence[int] = REPEATS,
    controls: int = CONTROLS,
) -> tuple[list[Any], Canaries]:
    """The rows with secrets among them at random places, and the canaries for `Guard(canaries=...)`. Opt-in: it edits the data.

    Places are counted from 0 in the returned list. Raises InputError for a template without {secret} or a repeat below 1.
    """
    if "{secret}" not in template:
        raise InputError(f"got the template {template!r}, want one with {{secret}} in it")
    if any(k < 1 for k in repeats):
        raise InputError(f"got repeats {list(repeats)}, want whole numbers from 1 on; unseen controls are made beside them")
    rng = np.random.default_rng(seed)
    count = each * len(repeats)
    drawn = rng.choice(10**DIGITS, count + controls + CANDIDATES - 1, replace=False)
    secrets = [" ".join(f"{int(n):0{DIGITS}d}") for n in drawn]
    copies = np.repeat(np.arange(count), np.repeat(list(repeats), each))
    total = len(rows) + len(copies)
    places = rng.permutation(rng.choice(total, len(copies), replace=False))
    planted: list[Any] = [None] * total
    for which, at in zip(copies, places, strict=True):
        planted[int(at)] = encode(template.format(secret=secrets[which]))
    free = np.setdiff1d(np.arange(total), places)
    for i, at in enumerate(free):
        planted[int(at)] = rows[i]
    at_of = {secrets[i]: tuple(sorted(int(p) for p in places[copies == i])) for i in range(count)}
    unseen = tuple(secrets[count : count + controls])
    return planted, Canaries(
        seed=seed,
        encode=encode,
        where=where,
        template=template,
        planted=at_of,
        controls=unseen,
        candidates=tuple(secrets[count + controls :]),
    )
