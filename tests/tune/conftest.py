"""Tiny base models with a tiny tokenizer, made from their configs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

VOCABULARY = Path(__file__).parents[2] / "checks" / "fit" / "specimen_tokenizer" / "tokenizer.json"
WORDS = {"n": ("the", "road", "was", "closed"), "y": ("people", "wrote", "letters", "good")}


@pytest.fixture(scope="session")
def bases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folders `bert` (no head), `headed` (two classes) and `gpt2`."""
    torch = pytest.importorskip("torch", reason="the extra `train` is not installed")
    transformers = pytest.importorskip("transformers", reason="the extra `train` is not installed")
    torch.set_num_threads(1)
    home = tmp_path_factory.mktemp("bases")
    words = transformers.PreTrainedTokenizerFast(tokenizer_file=str(VOCABULARY), unk_token="[UNK]", pad_token="[PAD]")
    sizes: dict[str, Any] = {"vocab_size": len(words), "pad_token_id": words.pad_token_id}
    torch.manual_seed(0)
    small = transformers.BertConfig(
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=32,
        hidden_dropout_prob=0.0,
        initializer_range=0.2,
        **sizes,
    )
    transformers.BertModel(small).save_pretrained(home / "bert")
    transformers.BertForSequenceClassification(small).save_pretrained(home / "headed")
    gpt = transformers.GPT2Config(n_embd=16, n_layer=1, n_head=2, n_positions=32, bos_token_id=1, eos_token_id=1, **sizes)
    transformers.GPT2LMHeadModel(gpt).save_pretrained(home / "gpt2")
    for folder in ("bert", "headed", "gpt2"):
        words.save_pretrained(home / folder)
    return home


@pytest.fixture(scope="session")
def spoken() -> pd.DataFrame:
    """420 texts of ten words, those of a class from four words of its own."""
    rng = np.random.default_rng(1)
    labels = ["ny"[i % 2] for i in range(420)]
    return pd.DataFrame({"text": [" ".join(rng.choice(WORDS[x], 10)) for x in labels], "label": labels})
