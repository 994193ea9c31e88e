"""What the base model knows before any tuning: probes on its frozen features, and a plain baseline beside them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditor.derive import Sample, features
from auditor.derive.folds import folds
from auditor.derive.probabilities import label_texts
from auditor.derive.tokens import declared_length
from auditor.rows import Derived, InputError, Setting
from auditor.statistics.transfer import log_evidence

needs = ("text", "classes", "option:model", "extra:train:transformers")
CAP = 2_000
"""Labelled rows that pass through the base model: the probe's interval is then +-2 points, at 20 CPU-seconds for 23 M weights."""
LONGEST = 128  # tokens a row: enough for a probe; cutting is FIT101's matter
AT_ONCE = 32
NEIGHBOURS = 10
FOLDS = 5
FEWEST = 5  # rows of a class, so that each fold can hold one

Floats = NDArray[np.float64]


def reads(setting: Setting) -> tuple[str, ...]:
    """The columns that are read."""
    return tuple(c for c in (*setting.roles.text, setting.roles.label, setting.roles.group) if c)


def derive(setting: Setting, sample: Sample) -> Iterable[Derived]:
    """(n, 3) 0/1: right by the linear probe, by the neighbour probe, by the plain baseline; out of fold, train alone."""
    split = setting.training[0].name
    labels = np.array(["" if x is None else x for x in label_texts(setting, sample, split)])
    names, counts = np.unique(labels, return_counts=True)
    keep = np.isin(labels, names[(counts >= FEWEST) & (names != "")])
    if len(np.unique(labels[keep])) < 2:
        return
    texts = np.array(features.joined(sample, split, tuple(setting.roles.text)), object)[keep]
    classes, y = np.unique(labels[keep], return_inverse=True)
    fold = folds(setting, sample, tuple(setting.roles.text), FOLDS)[split][keep]
    x = embed(Path(str(setting.options["model"])), texts.tolist())
    plain = features.tfidf(sample, tuple(setting.roles.text))[split][keep]
    right = np.stack([_linear(x, y, fold), _neighbours(x, y, fold), _linear(plain, y, fold)], axis=1)
    info = {
        "model": Path(str(setting.options["model"])).name,
        "rows": int(keep.sum()),
        "classes": len(classes),
        "log_evidence": round(log_evidence(x, y), 6),
        "baseline": "TF-IDF, logistic regression",
    }
    yield Derived(name="frozen", split=split, rows=sample.rows(split)[keep], values=right.astype(np.int8), info=info)


def embed(folder: Path, texts: list[str]) -> Floats:
    """(n, d) mean of the last hidden states over the tokens of each text, of the model in a local folder.

    Raises InputError where the folder holds no model that can be loaded.
    """
    import torch
    from transformers import AutoModel, AutoTokenizer
    from transformers.utils import logging as told

    logging: Any = told
    logging.set_verbosity_error()  # the report of unused heads is noise here: no head is used
    logging.disable_progress_bar()
    try:
        tokenizer = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
        model = AutoModel.from_pretrained(str(folder), local_files_only=True).eval()
    except (OSError, ValueError) as cause:
        raise InputError(f"--model {str(folder)!r}: no base model could be loaded ({str(cause).splitlines()[0]})") from None
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token or tokenizer.unk_token
    longest = min(LONGEST, declared_length(folder) or LONGEST)
    parts: list[Any] = []
    order = np.argsort([len(t) for t in texts], kind="stable")  # rows of like length together: less padding
    with torch.inference_mode():
        for start in range(0, len(texts), AT_ONCE):
            some = [texts[i] for i in order[start : start + AT_ONCE]]
            cut = tokenizer(some, padding=True, truncation=True, max_length=longest, return_tensors="pt")
            states = _states(model, cut)
            mask = cut["attention_mask"].unsqueeze(-1)
            parts.append(((states * mask).sum(1) / mask.sum(1).clamp(min=1)).double().numpy())
    stacked = np.concatenate(parts)
    made = np.empty_like(stacked)
    made[order] = stacked
    return made


def _states(model: Any, cut: Any) -> Any:
    """The encoder's states where the model has one (a sequence-to-sequence model), else the last hidden states."""
    encoder = model.get_encoder() if getattr(model.config, "is_encoder_decoder", False) else model
    inputs = {k: v for k, v in cut.items() if k in ("input_ids", "attention_mask")}
    return encoder(**inputs).last_hidden_state


def _linear(x: Any, y: NDArray[np.int64], fold: NDArray[np.int64]) -> NDArray[np.bool_]:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    right = np.zeros(len(y), bool)
    for k in range(FOLDS):
        learn, ask = fold != k, fold == k
        if not ask.any() or len(np.unique(y[learn])) < 2:
            continue
        scale = StandardScaler(with_mean=isinstance(x, np.ndarray))
        model = LogisticRegression(max_iter=300, C=0.1) if isinstance(x, np.ndarray) else LogisticRegression(max_iter=300, C=10.0)
        fitted = (make_pipeline(scale, model) if isinstance(x, np.ndarray) else model).fit(x[learn], y[learn])
        right[ask] = fitted.predict(x[ask]) == y[ask]
    return right


def _neighbours(x: Floats, y: NDArray[np.int64], fold: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Majority of the 10 nearest rows of other folds by cosine, so that a copy is nobody's neighbour."""
    unit = x / np.linalg.norm(x, axis=1, keepdims=True).clip(1e-12)
    near = unit @ unit.T
    near[fold[:, None] == fold[None, :]] = -np.inf
    k = min(NEIGHBOURS, len(y) - 1)
    votes = y[np.argpartition(-near, k - 1, axis=1)[:, :k]]
    counts = np.stack([(votes == c).sum(axis=1) for c in range(int(y.max()) + 1)], axis=1)
    guess: NDArray[np.bool_] = counts.argmax(axis=1) == y
    return guess
