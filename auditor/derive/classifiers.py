"""The text classifier that is about to be used: a model in a local folder, or a function of the user's."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditor.check import lack
from auditor.derive.given import SUM_TOLERANCE
from auditor.derive.tokens import declared_length
from auditor.rows import InputError, Setting

LONGEST = 512  # tokens of a text that are read, where neither the model nor `max_length` says so
AT_ONCE = 32

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Classifier:
    """What gives texts their class."""

    name: str
    classes: tuple[str, ...]
    says: Callable[[Sequence[str]], Floats]  # (n,) texts -> (n, K) probabilities
    hides: Callable[[str, str], bool]  # whether two texts differ behind the end of what it reads alone


def lacks_classifier(setting: Setting) -> str | None:
    """Why there is no text classifier to ask, or None. Reads of a model its config.json alone."""
    if setting.options.get("classifier") is not None:
        return None
    if setting.options.get("model") is None:
        return "neither --model with a text classifier was given nor, in Python, the option classifier"
    try:
        config = json.loads((Path(str(setting.options["model"])) / "config.json").read_text("utf-8"))
    except (OSError, ValueError):
        return "--model holds no config.json that tells what kind of model it is"
    names = [str(n) for n in config.get("architectures") or ()]
    if not any(n.endswith("ForSequenceClassification") for n in names):
        return f"--model is no text classifier ({', '.join(names) or 'no architecture'}): it has no head for classes"
    if config.get("problem_type") in ("regression", "multi_label_classification"):
        return f"the head of --model is one of {config['problem_type']}: it gives no text one class"
    if len(config.get("id2label") or "two") < 2:
        return "the head of --model has one output, want at least two classes"
    return lack("extra:train:transformers", setting)


def classifier(setting: Setting, labels: Sequence[str]) -> Classifier:
    """The classifier of a setting; `labels` name the classes of a function that does not. Raises InputError for what is none."""
    own = setting.options.get("classifier")
    if own is None:
        return _loaded(Path(str(setting.options["model"])), setting.options.get("max_length"))
    if not callable(own):
        raise InputError(f"option classifier: got {type(own).__name__}, want a function of texts that gives (n, K) probabilities")
    first = _checked(own([""]), 1).shape[1]
    named = getattr(getattr(own, "__self__", None), "classes_", None)
    known = [str(x) for x in (labels if named is None else named)]
    classes = known if len(known) == first else [f"class {i}" for i in range(first)]
    return Classifier(
        name=str(getattr(own, "__qualname__", type(own).__name__)),
        classes=tuple(classes),
        says=lambda texts: _checked(own(list(texts)), len(texts)),
        hides=lambda one, other: False,
    )


def _checked(given: Any, n: int) -> Floats:
    try:
        said = np.asarray(given, np.float64)
    except (TypeError, ValueError):
        raise InputError("option classifier: gave no numbers, want (n, K) probabilities") from None
    if said.ndim != 2 or said.shape[0] != n or said.shape[1] < 2:
        raise InputError(f"option classifier: gave the shape {said.shape} for {n} texts, want ({n}, K) with K of 2 or more")
    if not ((said >= 0) & (said <= 1)).all() or (np.abs(said.sum(axis=1) - 1) > SUM_TOLERANCE).any():
        raise InputError("option classifier: gave numbers that are no probabilities (0..1, summing to 1); give predict_proba")
    return said


def _loaded(folder: Path, longest: int | None) -> Classifier:
    from transformers import AutoModelForSequenceClassification, AutoTokenizer
    from transformers.utils import logging as told

    logging: Any = told
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        tokenizer: Any = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
        model: Any = AutoModelForSequenceClassification.from_pretrained(str(folder), local_files_only=True).float().eval()
    except (OSError, ValueError, KeyError) as cause:
        said = str(cause).strip().splitlines()[0][:200]
        raise InputError(
            f"--model {str(folder)!r}: no classifier and tokenizer could be loaded ({said}); save both there"
        ) from None
    most = min(longest or LONGEST, declared_length(folder) or LONGEST)

    def ids(text: str) -> tuple[int, ...]:
        return tuple(tokenizer(text, truncation=True, max_length=most)["input_ids"])

    names = {int(i): str(name) for i, name in model.config.id2label.items()}
    return Classifier(
        name=folder.name,
        classes=tuple(names[i] for i in range(len(names))),
        says=lambda texts: _probabilities(model, tokenizer.pad_token_id or 0, [ids(t) for t in texts]),
        hides=lambda one, other: len(ids(one)) >= most and ids(one) == ids(other),
    )


def _probabilities(model: Any, pad: int, coded: list[tuple[int, ...]]) -> Floats:
    """(n, K), in batches of about equal length, padded on the right."""
    import torch

    order = sorted(range(len(coded)), key=lambda i: (len(coded[i]), i))
    found = np.zeros((len(coded), model.config.num_labels))
    with torch.inference_mode():
        for start in range(0, len(order), AT_ONCE):
            some = order[start : start + AT_ONCE]
            width = max(1, *(len(coded[i]) for i in some))
            tokens = torch.tensor([[*coded[i], *[pad] * (width - len(coded[i]))] for i in some])
            mask = torch.tensor([[1] * len(coded[i]) + [0] * (width - len(coded[i])) for i in some])
            found[some] = model(input_ids=tokens, attention_mask=mask).logits.double().softmax(-1).numpy()
    return found
