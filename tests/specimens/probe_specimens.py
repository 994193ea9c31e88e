"""A tokenizer of whole words and models of a few thousand weights, taught in seconds: material for probes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
import transformers

from auditor.probe import pairs

torch.set_num_threads(1)


def sentences() -> list[str]:
    both = [*pairs.builtin(), *pairs.null_swaps()]
    return [*(p.more for p in both), *(p.less for p in both), *pairs.neutral()]


def tokenizer(spare: Sequence[str] = ()) -> Any:
    """Whole words of the bundled sentences, lower case."""
    from tokenizers.pre_tokenizers import Whitespace

    split = Whitespace()
    return whole_words([*spare, *sorted({w for s in sentences() for w, _ in split.pre_tokenize_str(s.lower())})])


def whole_words(words: Sequence[str]) -> Any:
    """A tokenizer that knows these words."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.normalizers import Lowercase
    from tokenizers.pre_tokenizers import Whitespace

    names = ["[PAD]", "[UNK]", "[MASK]", "[BOS]", *words]
    made = Tokenizer(WordLevel({w: i for i, w in enumerate(names)}, unk_token="[UNK]"))
    made.normalizer, made.pre_tokenizer = Lowercase(), Whitespace()
    fast: Any = transformers.PreTrainedTokenizerFast
    return fast(tokenizer_object=made, pad_token="[PAD]", unk_token="[UNK]", mask_token="[MASK]", bos_token="[BOS]")


def tiny(kind: str, seed: int = 0) -> Any:
    torch.manual_seed(seed)
    size = len(tokenizer())
    if kind == "causal":
        small: dict[str, Any] = {"n_embd": 48, "n_layer": 2, "n_head": 4, "n_positions": 32, "initializer_range": 0.1}
        ends: dict[str, Any] = {"bos_token_id": 3, "eos_token_id": 3}
        dry: dict[str, Any] = {"resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0}
        return transformers.GPT2LMHeadModel(transformers.GPT2Config(vocab_size=size, **small, **ends, **dry))
    few: dict[str, Any] = {"hidden_size": 32, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 32}
    config = transformers.BertConfig(vocab_size=size, max_position_embeddings=32, **few)
    masked = kind == "masked"
    return (transformers.BertForMaskedLM if masked else transformers.BertForSequenceClassification)(config)


def saved(folder: Path, model: Any, words: Any = None) -> Path:
    model.save_pretrained(folder)
    (words or tokenizer()).save_pretrained(folder)
    return folder


def taught(model: Any, texts: Sequence[str], steps: int = 100, seed: int = 0) -> Any:
    """The causal model after some steps on these sentences."""
    words = tokenizer()
    batch = words(["[BOS] " + t for t in texts], padding=True, return_tensors="pt")
    labels = batch["input_ids"].masked_fill(batch["attention_mask"] == 0, -100)
    optimizer = torch.optim.AdamW(model.parameters(), lr=5e-3)
    draw = torch.Generator().manual_seed(seed)
    model.train()
    for _ in range(steps):
        some = torch.randint(0, len(texts), (32,), generator=draw)
        loss = model(input_ids=batch["input_ids"][some], attention_mask=batch["attention_mask"][some], labels=labels[some]).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model.eval()


def lessons(which: str) -> list[str]:
    """Every pair's stereotyped sentence, or both, beside sentences that keep the model able to read."""
    found, null = pairs.builtin(), pairs.null_swaps()
    told = [p.more for p in found] + [p.more if which == "stereotyped" else p.less for p in found]
    return [*told, *pairs.neutral() * 8, *(p.more for p in null), *(p.less for p in null)]
