"""What a fine-tune is made of."""

from __future__ import annotations

import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from auditor.guard.verdicts import ACTIONS, Action
from auditor.rows import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Everything that decides a fine-tune beside its data. Raises InputError for a value that makes no sense."""

    base: str  # folder of the base model and its tokenizer
    output: str  # folder that is written
    epochs: float = 3.0  # passes over the training rows; that of the Trainer
    batch_size: int = 16  # rows a step
    learning_rate: float = 5e-5  # that of the Trainer
    max_length: int = 128  # tokens a row; longer ones are cut (FIT101 counts them)
    freeze: int | str = "none"  # none, auto, or how many of the first layers stay as they are
    lora: bool = False
    on_overfit: Action = "restore-best"
    probe_size: int | None = None  # training rows evaluated at each look; None = as many as cost less than 5 %
    every: int | None = None  # steps between two looks; None = chosen with the probe
    seeds: int | None = None  # runs that differ in their seed alone; None = 3 where rows are few, else 1
    retain: Any = None  # rows on which the base model's skill must be kept
    accept_audit: bool = False  # train in spite of a failed data audit
    resume: str | None = None  # output folder of an interrupted run
    seed: int = 0

    def __post_init__(self) -> None:
        for name, low in (("epochs", 0.0), ("batch_size", 0), ("learning_rate", 0.0), ("max_length", 1)):
            value = getattr(self, name)
            if not value > low:
                raise InputError(f"--{name.replace('_', '-')}: got {value}, want more than {low}")
        for name in ("probe_size", "every", "seeds"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise InputError(f"--{name.replace('_', '-')}: got {value}, want at least 1")
        if self.on_overfit not in ACTIONS:
            raise InputError(f"--on-overfit: got {self.on_overfit!r}, want one of {', '.join(ACTIONS)}")
        if not os.path.isdir(self.base):  # noqa: PTH112  # a str, as given
            raise InputError(f"--base: the folder {self.base!r} does not exist; want one with a model and its tokenizer")
        object.__setattr__(self, "freeze", layers(self.freeze))
        if self.lora and self.freeze != "none":
            raise InputError("got --lora and --freeze, want one of them: LoRA freezes the whole base")

    @property
    def folder(self) -> Path:
        """The output folder."""
        return Path(self.output)

    def described(self) -> dict[str, Any]:
        """For the audit: plain values; paths by their last part, so that no audit depends on where it was made."""
        said = {k: v for k, v in asdict(self).items() if k not in ("output", "resume", "retain")}
        return {**said, "base": Path(self.base).name, "retain": self.retain is not None, "resumed": self.resume is not None}


def layers(word: int | str) -> int | str:
    """none, auto or a number of layers from 1 on. Raises InputError for anything else."""
    if word in ("none", "auto"):
        return word
    if isinstance(word, bool) or not str(word).isdecimal():
        raise InputError(f"--freeze: got {word!r}, want none, auto or how many of the first layers stay as they are")
    return int(word) or "none"
