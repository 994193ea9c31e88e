"""The base model and its tokenizer, from a local folder alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from auditor.derive.tokens import declared_length
from auditor.rows import InputError
from auditor.tune.reading import Kind

TOKENIZERS = ("tokenizer.json", "vocab.txt", "vocab.json", "tokenizer.model", "spiece.model", "sentencepiece.bpe.model")
"""Files of which a tokenizer folder holds at least one."""


@dataclass(frozen=True, slots=True)
class Head:
    """What the model answers with."""

    kind: Kind
    new: bool  # random before training: the base model has no answers of its own
    classes: tuple[str, ...] = ()  # label of each class number

    @property
    def number(self) -> dict[str, int]:
        """Label -> class number."""
        return {name: i for i, name in enumerate(self.classes)}


def tokenizer(folder: str) -> Any:
    """The tokenizer of the folder, with a token to pad with. Raises InputError where there is none."""
    from transformers import AutoTokenizer

    _hush()
    if not any((Path(folder) / name).is_file() for name in TOKENIZERS):
        raise InputError(f"--base {folder!r}: got no tokenizer (none of {', '.join(TOKENIZERS[:4])}); save it beside the model")
    try:
        found = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except Exception as cause:
        raise InputError(f"--base {folder!r}: the tokenizer could not be loaded ({_line(cause)}); save it anew") from None
    if found.pad_token is None:
        found.pad_token = found.eos_token or found.unk_token
    if found.pad_token is None:
        raise InputError(f"--base {folder!r}: the tokenizer has no token to pad with; set its pad_token and save it again")
    return found


def config(folder: str) -> Any:
    """The model's configuration. Raises InputError where there is none."""
    from transformers import AutoConfig

    try:
        return AutoConfig.from_pretrained(folder, local_files_only=True)
    except Exception as cause:
        raise InputError(f"--base {folder!r}: got no model that can be loaded ({_line(cause)})") from None


def head(folder: str, kind: Kind, labels: Sequence[Any]) -> Head:
    """How labels become class numbers. Raises InputError for labels that a head which exists does not know."""
    if kind in ("language-modeling", "chat"):
        return Head(kind, new=False)
    told = config(folder)
    has = any("ForSequenceClassification" in name for name in told.architectures or ())
    if kind == "regression":
        if has and told.num_labels != 1:
            raise InputError(f"--base {folder!r}: its head has {told.num_labels} classes, regression wants 1 output")
        return Head(kind, new=not has)
    names = tuple(sorted({str(x) for x in labels if x is not None}))
    if len(names) < 2:
        raise InputError(f"got {len(names)} classes in the training rows, want at least 2")
    if not has:
        return Head(kind, new=True, classes=names)
    own = tuple(str(told.id2label[i]) for i in range(told.num_labels))
    if all(n.startswith("LABEL_") for n in own):
        own = tuple(map(str, range(told.num_labels)))
    outside = [n for n in names if n not in own]
    if outside:
        raise InputError(
            f"labels outside the model's range: got {_few(outside)}; the head of {Path(folder).name!r} has {_few(own)}; "
            "rename the labels, or take a base without a head"
        )
    return Head(kind, new=False, classes=own)


def model(folder: str, head: Head, pad: int, seed: int) -> Any:
    """The model in float32, its new head from the seed. Raises InputError where it cannot be loaded."""
    import torch
    from transformers import AutoModelForCausalLM, AutoModelForSequenceClassification

    _hush()
    torch.manual_seed(seed)
    more: dict[str, Any] = {}
    if head.kind == "classification" and head.new:
        more = {"id2label": dict(enumerate(head.classes)), "label2id": head.number, "num_labels": len(head.classes)}
        more["problem_type"] = "single_label_classification"
    if head.kind == "regression":
        more = {"num_labels": 1, "problem_type": "regression"}
    kind: Any = AutoModelForSequenceClassification if head.kind in ("classification", "regression") else AutoModelForCausalLM
    try:
        loaded = kind.from_pretrained(folder, local_files_only=True, dtype=torch.float32, **more)
    except Exception as cause:
        raise InputError(f"--base {folder!r}: got no model that can be loaded for {head.kind} ({_line(cause)})") from None
    loaded.config.pad_token_id = pad
    return loaded


def longest(folder: str, wanted: int) -> int:
    """Tokens a row: as many as wanted, never more than tokenizer and model declare."""
    places = getattr(config(folder), "max_position_embeddings", None)  # also where the file calls it n_positions
    return int(min(wanted, places or wanted, declared_length(Path(folder)) or wanted))


def _hush() -> None:
    """The report of heads that are new is ours to give; no bars between our own lines."""
    from transformers.utils import logging as told

    logging: Any = told
    logging.set_verbosity_error()
    logging.disable_progress_bar()


def _few(names: Sequence[str]) -> str:
    return ", ".join(names[:6]) + (" ..." if len(names) > 6 else "")


def _line(cause: Exception) -> str:
    return (str(cause).splitlines() or [type(cause).__name__])[0][:200]
