"""How the tokenizer of the base model cuts the texts: tokens, unknown tokens and words of every row."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from auditor.derive import Sample
from auditor.derive.features import joined
from auditor.rows import Derived, InputError, Setting

needs = ("text", "option:model")
CAP = 200_000
NO_LIMIT = 1_000_000
"""Tokenizers without a limit carry a very large number in its place."""
AT_ONCE = 4_096  # texts encoded at a time: bounds the memory

REFERENCE = (
    "The committee met on Tuesday to read the letters that had come in over the summer. Most people wrote about the "
    "road, which had been closed since March, and asked when it would open again. One of them, a teacher, had counted "
    "the cars that used the narrow lane behind the school instead, and found more than three hundred in a single "
    "morning. It was agreed that the lane should be closed to lorries before the winter, and that the answer to every "
    "letter should say so in plain words, with a date."
)
"""Ordinary English prose written for this purpose, 87 words: what a tokenizer makes of it is the yardstick of FIT102."""


@dataclass(frozen=True, slots=True)
class Cutter:
    """A tokenizer on disk."""

    encode: Any  # list[str] -> list[list[int]], special tokens included
    unknown: frozenset[int]  # ids of the unknown token and of byte fall-backs
    max_length: int | None  # tokens a row may have; None = not declared


def lacks(setting: Setting) -> str | None:
    """Why the texts cannot be cut, or None."""
    folder = Path(str(setting.options.get("model") or ""))
    return None if _has_tokenizer(folder) else f"{str(folder)!r} holds no tokenizer (tokenizer.json or vocab file)"


def reads(setting: Setting) -> tuple[str, ...]:
    """The columns that are read."""
    return tuple(setting.roles.text)


def derive(setting: Setting, sample: Sample) -> Iterable[Derived]:
    """(n, 4) whole numbers: tokens with the special ones, unknown tokens, words, characters."""
    cutter = load(Path(str(setting.options["model"])))
    limit = setting.options.get("max_length") or cutter.max_length
    unknown = np.array(sorted(cutter.unknown), np.int64)
    info = {
        "model": Path(str(setting.options["model"])).name,
        "max_length": limit,
        "special": len(cutter.encode([""])[0]),
        "reference": reference(cutter),
    }
    for split in sample.tables:
        texts = joined(sample, split, tuple(setting.roles.text))
        values = np.zeros((len(texts), 4), np.int64)
        for start in range(0, len(texts), AT_ONCE):
            part = texts[start : start + AT_ONCE]
            ids = cutter.encode(part)
            lengths = np.array([len(i) for i in ids], np.int64)
            flat = np.fromiter((t for i in ids for t in i), np.int64, int(lengths.sum()))
            row = np.repeat(np.arange(len(part)), lengths)
            values[start : start + len(part), 0] = lengths
            values[start : start + len(part), 1] = np.bincount(row, weights=np.isin(flat, unknown), minlength=len(part))
        plain = pa.array(texts, pa.large_string())
        values[:, 2] = [len(t.split()) for t in texts]
        values[:, 3] = pc.utf8_length(plain).to_numpy(zero_copy_only=False)
        yield Derived(name="tokens", split=split, rows=sample.rows(split), values=values, info=info)


def reference(cutter: Cutter) -> dict[str, float]:
    """Tokens a word and tokens a character of the English yardstick, special tokens set aside."""
    tokens = len(cutter.encode([REFERENCE])[0]) - len(cutter.encode([""])[0])
    return {"tokens_per_word": tokens / len(REFERENCE.split()), "tokens_per_character": tokens / len(REFERENCE)}


def load(folder: Path) -> Cutter:
    """The tokenizer of a model folder. Raises InputError where there is none, or it cannot be read."""
    declared = declared_length(folder)
    if (folder / "tokenizer.json").is_file():
        from tokenizers import Tokenizer

        try:
            fast = Tokenizer.from_file(str(folder / "tokenizer.json"))
        except Exception as cause:  # the library raises a bare Exception for a broken file
            raise InputError(f"{str(folder / 'tokenizer.json')!r} is no tokenizer ({cause}); save it again") from None
        fast.no_truncation()
        fast.no_padding()
        words = fast.get_vocab()
        return Cutter(lambda texts: [e.ids for e in fast.encode_batch(list(texts))], _unknown(words), declared)
    return _slow(folder, declared)


def _slow(folder: Path, declared: int | None) -> Cutter:
    try:
        from transformers import AutoTokenizer
    except ImportError:
        raise InputError("auditor.derive.tokens needs transformers: pip install 'tune-auditor[train]'") from None
    try:
        slow = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
    except (OSError, ValueError) as cause:
        raise InputError(f"{str(folder)!r}: no tokenizer could be loaded ({str(cause).splitlines()[0]})") from None
    return Cutter(lambda texts: slow(list(texts))["input_ids"], _unknown(slow.get_vocab()), declared)


def _has_tokenizer(folder: Path) -> bool:
    names = ("tokenizer.json", "vocab.txt", "vocab.json", "spiece.model", "tokenizer.model", "sentencepiece.bpe.model")
    return any((folder / name).is_file() for name in names)


def _unknown(words: dict[str, int]) -> frozenset[int]:
    names = ("[UNK]", "<unk>", "<|unk|>", "UNK")
    fall_backs = {f"<0x{i:02X}>" for i in range(256)}
    return frozenset(i for word, i in words.items() if word in names or word in fall_backs)


def declared_length(folder: Path) -> int | None:
    """The smaller of what the tokenizer and the model declare; RoBERTa-like position tables start at 2."""
    limits = []
    for name, key in (("tokenizer_config.json", "model_max_length"), ("config.json", "max_position_embeddings")):
        path = folder / name
        if path.is_file():
            told = json.loads(path.read_text(encoding="utf-8"))
            value = told.get(key)
            if isinstance(value, int | float) and 0 < value < NO_LIMIT:
                offset = (
                    2 if key != "model_max_length" and told.get("model_type") in ("roberta", "xlm-roberta", "camembert") else 0
                )
                limits.append(int(value) - offset)
    return min(limits, default=None)
