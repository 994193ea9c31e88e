"""What must hold before the first step: else the run is refused, in one line."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditor.guard.verdicts import Action, Refused
from auditor.model import Audit
from auditor.rows import InputError

MIN_HELD_OUT = 100  # rows or clusters; TUN201's own limit: below it overfitting cannot be told from noise


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What an adapter knows before the first step. None = not known, and not judged."""

    n_train: int | None = None
    n_held_out: int | None = None  # rows; 0 or None = no held-out set
    units_held_out: int | None = None  # clusters, where rows belong together
    train_digests: Sequence[str] | None = None  # one content hash a row
    held_out_digests: Sequence[str] | None = None
    trainable: int | None = None  # parameters that will change
    labelled: int | None = None  # training rows (or tokens) with a label that is not masked
    accumulation: int = 1
    world_size: int = 1
    accumulation_ratio: float | None = None  # gradient of accumulated micro-batches / of one batch; 1 is right
    evaluation_ratio: float | None = None  # the trainer's evaluation loss / the guard's own; 1 is right

    def described(self) -> dict[str, Any]:
        """Sizes and fingerprints for the sidecar."""
        said: dict[str, Any] = {"n_train": self.n_train, "n_validation": self.n_held_out}
        said |= {"accumulation": self.accumulation, "world_size": self.world_size}
        for key, digests in (("train", self.train_digests), ("validation", self.held_out_digests)):
            if digests is not None:
                said[key] = fingerprint(digests)
        return said


def fingerprint(digests: Sequence[str]) -> str:
    """SHA-256 over the rows' own hashes in their order."""
    import hashlib

    return "sha256:" + hashlib.sha256("\n".join(digests).encode()).hexdigest()


def refuse(facts: Facts, *, before: Audit | None, action: Action, directory: Path | None) -> list[str]:
    """What must be said before the first step, the run being allowed. Raises Refused with the first reason why not."""
    if before is not None and before.verdict == "fail":
        codes = ", ".join(sorted({f.code for f in before.findings if f.fingerprint in before.reasons}))
        raise Refused(f"the data audit of {before.data!r} failed ({codes}); mend the data, or hand in no audit to train anyway")
    if not facts.n_held_out:
        raise Refused("got no held-out rows; want a validation set that is not in the training data")
    _rows(facts)
    _loss(facts)
    if directory is not None:
        _writable(directory)
    units = facts.units_held_out if facts.units_held_out is not None else facts.n_held_out
    if units >= MIN_HELD_OUT:
        return []
    said = f"got {units} held-out rows (or clusters), want at least {MIN_HELD_OUT} to tell overfitting from noise"
    if action != "record":
        raise Refused(f"{said}; hold out more rows, or use on_overfit='record'")
    return [f"cannot tell (n_too_small): {said}"]


def _rows(facts: Facts) -> None:
    if facts.train_digests is not None and facts.held_out_digests is not None:
        both = set(facts.train_digests) & set(facts.held_out_digests)
        if both:
            shared = sum(d in both for d in facts.held_out_digests)
            same = set(facts.held_out_digests) == set(facts.train_digests)
            what = (
                "the held-out set is the training set"
                if same
                else f"{shared:,} of {len(facts.held_out_digests):,} held-out rows are in the training set"
            )
            raise Refused(f"{what}; remove them from one side before training")
    if facts.trainable == 0:
        raise Refused("no parameter would change (all are frozen, or none is in the optimiser); unfreeze at least the head")
    if facts.labelled == 0:
        raise Refused("every label is masked (-100): there is nothing to learn; check the response template and truncation")


def _loss(facts: Facts) -> None:
    tolerance = 0.02  # both ratios are 1 within 2 %: above float32 rounding, far below the factor 2 of a real fault
    for name, ratio, factor in (
        ("gradient", facts.accumulation_ratio, facts.accumulation),
        ("evaluation loss", facts.evaluation_ratio, facts.world_size),
    ):
        if ratio is not None and abs(ratio - 1) > tolerance and max(facts.accumulation, facts.world_size) > 1:
            raise Refused(
                f"the {name} is {ratio:.3g} times what it should be with accumulation {facts.accumulation} on "
                f"{facts.world_size} ranks (factor {factor}); set model.accepts_loss_kwargs = False before the Trainer is built"
            )


def _writable(directory: Path) -> None:
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=directory) as probe:
            probe.write(b"guard")
            probe.flush()
            if Path(probe.name).read_bytes() != b"guard":
                raise OSError("what was written could not be read back")
    except OSError as cause:
        raise Refused(f"{directory}: cannot be written and reread ({cause}); choose another directory") from None


def probe_rows(n: int, labels: NDArray[Any] | None = None, *, size: int = 512, seed: int = 0) -> NDArray[np.int64]:
    """Ascending positions of the training rows that are evaluated beside the held-out ones: a fixed sample.

    With labels every class keeps its share (largest remainders) and at least one row where size allows.
    Raises InputError for no rows.
    """
    if n < 1:
        raise InputError("got no training rows, want at least one")
    rng = np.random.default_rng(seed)
    if n <= size:
        return np.arange(n, dtype=np.int64)
    if labels is None:
        return np.sort(rng.choice(n, size, replace=False)).astype(np.int64)
    _, place, counts = np.unique(np.asarray(labels), return_inverse=True, return_counts=True)
    exact = counts * size / n
    taken = np.floor(exact).astype(int)
    if len(counts) <= size:
        taken = np.maximum(taken, 1)
    order = np.argsort(-(exact - np.floor(exact)), kind="stable")
    at = 0
    while (short := size - taken.sum()) != 0:
        k = order[at % len(order)]
        if short > 0 and taken[k] < counts[k]:
            taken[k] += 1
        elif short < 0 and taken[np.argmax(taken)] > 1:
            taken[np.argmax(taken)] -= 1
        at += 1
    chosen = [rng.choice(np.flatnonzero(place == k), t, replace=False) for k, t in enumerate(taken) if t]
    return np.sort(np.concatenate(chosen)).astype(np.int64)
