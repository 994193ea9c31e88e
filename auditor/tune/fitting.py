"""One guarded run of `transformers.Trainer`."""

from __future__ import annotations

import json
import math
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auditor.guard.core import Guard
from auditor.guard.sidecar import FILE as SIDECAR
from auditor.guard.trace.checkpoints import loadable
from auditor.guard.verdicts import Refused
from auditor.request import Progress
from auditor.rows import InputError
from auditor.tune.recipe import Recipe
from auditor.tune.tasks import Example, Padding

PROBE_SHARE = 0.05  # of the run's work that the probe may cost: guard.md, section 2
STEP_COST = 3.0  # forward passes that a training step costs: one forward, two backward
PROBED_MOST = 480  # rows: the cap of 512 comes to 5.3 % at 200 steps of 16
PROBED_LEAST = 64  # rows below which the probe's mean says little
SPACED = 200  # steps between two looks on long runs
LOOKS = 6  # on short ones: TUN201 asks for two of three, after a best that is not the first
SAVES = 5  # checkpoints a run; each is three times the model, on disk
KEPT = 2  # checkpoints kept: the last may be half written
WARM_UP = 0.06  # of the steps, as in the papers that tuned BERT-like encoders (Liu et al. 2019, arXiv:1907.11692)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """When the guard looks, and at how many training rows."""

    steps: int  # optimiser steps of the whole run
    every: int  # steps between two looks
    probe: int  # training rows a look
    save: int  # steps between two checkpoints: a multiple of `every`

    def cost(self, batch_size: int) -> float:
        """Forward passes of the probes / those of the training: 0.05 is 5 %."""
        return self.probe / (self.every * batch_size * STEP_COST)


def pace(n: int, recipe: Recipe) -> Pace:
    """Looks at most 200 steps and an epoch apart and at least six a run; the probe takes what 5 % allow, never below 64 rows."""
    epoch = max(1, math.ceil(n / recipe.batch_size))
    steps = max(1, math.ceil(epoch * recipe.epochs))
    every = recipe.every or max(1, min(SPACED, epoch, steps // LOOKS))
    allowed = int(PROBE_SHARE * every * recipe.batch_size * STEP_COST)
    probe = recipe.probe_size or min(PROBED_MOST, max(PROBED_LEAST, allowed))
    save = every * max(1, math.ceil(steps / SAVES / every))
    return Pace(steps=steps, every=every, probe=min(probe, n), save=save)


def fit(
    model: Any,
    tokenizer: Any,
    train: list[Example],
    recipe: Recipe,
    *,
    folder: Path,
    seed: int,
    steps: Pace,
    guard: Guard | None = None,
    resume: Path | None = None,
    progress: Progress = lambda stage, done, total: None,
    stage: str = "tuning",
    checkpoints: bool = True,
) -> None:
    """Trains the model in place. Raises Refused before the first step, GuardStop within, InputError for a full disk."""
    import torch
    from transformers import PrinterCallback, Trainer, TrainingArguments

    arguments: Any = TrainingArguments(
        output_dir=str(folder),
        max_steps=steps.steps,
        per_device_train_batch_size=recipe.batch_size,
        per_device_eval_batch_size=2 * recipe.batch_size,
        learning_rate=recipe.learning_rate,
        warmup_steps=int(WARM_UP * steps.steps),
        save_strategy="steps" if checkpoints else "no",
        save_steps=steps.save,
        save_total_limit=KEPT,
        logging_steps=max(1, steps.every),
        seed=seed,
        data_seed=seed,
        use_cpu=not torch.cuda.is_available(),
        report_to=[],
        disable_tqdm=True,
        remove_unused_columns=False,
        dataloader_pin_memory=False,
        eval_strategy="no",
    )
    callbacks = [*([guard.huggingface(steps.every)] if guard else []), _telling(progress, stage)]
    trainer: Any = Trainer(
        model=model,
        args=arguments,
        train_dataset=train,
        data_collator=Padding(tokenizer.pad_token_id),
        processing_class=tokenizer,
        callbacks=callbacks,
    )
    trainer.remove_callback(PrinterCallback)
    try:
        trainer.train(resume_from_checkpoint=None if resume is None else str(resume))
    except (OSError, RuntimeError) as cause:
        if isinstance(cause, Refused) or not _full(cause):
            raise
        raise InputError(
            f"{folder}: a checkpoint could not be written ({str(cause).splitlines()[0]}); earlier ones are kept: free the disk, "
            f"then go on with --resume {folder}"
        ) from None


def _full(cause: BaseException) -> bool:
    """Whether a write failed; torch and safetensors tell it in words alone."""
    said = str(cause).lower()
    return isinstance(cause, OSError) or any(w in said for w in ("no space", "disk quota", "pytorchstreamwriter", "file write"))


def _telling(progress: Progress, stage: str) -> Any:
    from transformers import TrainerCallback

    class Telling(TrainerCallback):
        """Says how far the run has come."""

        def on_step_end(self, args: Any, state: Any, control: Any, **more: Any) -> None:
            progress(stage, state.global_step, state.max_steps)

    return Telling()


def last_whole(folder: Path) -> tuple[Path, list[str]]:
    """The latest checkpoint that is whole, and a line for each later one that is not. Raises InputError where there is none."""
    found = sorted((p for p in folder.glob("checkpoint-*") if _number(p) >= 0), key=_number, reverse=True)
    notes: list[str] = []
    for path in found:
        reason = torn(path)
        if reason is None:
            return path, notes
        notes.append(f"{path.name} was skipped: {reason}")
    said = f" ({'; '.join(notes)})" if notes else ""
    raise InputError(f"--resume {str(folder)!r}: holds no whole checkpoint{said}; train anew without --resume")


def _number(path: Path) -> int:
    digits = path.name.rpartition("-")[2]
    return int(digits) if digits.isdecimal() and path.is_dir() else -1


def torn(path: Path) -> str | None:
    """Why a checkpoint cannot be gone on from, or None."""
    if not loadable(path):
        return "its weights are half written"
    try:
        told = json.loads((path / "trainer_state.json").read_bytes())
        if told["global_step"] != _number(path):
            return "its trainer_state.json is of another step"
        json.loads((path / SIDECAR).read_bytes())
    except (OSError, ValueError, KeyError, TypeError):
        return f"its trainer_state.json or {SIDECAR} is missing or half written"
    whole = all(zipfile.is_zipfile(path / name) for name in ("optimizer.pt", "scheduler.pt"))
    return None if whole else "the state of its optimiser is half written"
