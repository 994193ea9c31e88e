"""Rows as the examples that a model learns from: token numbers and labels."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditor.rows import InputError
from auditor.tune.models import Head
from auditor.tune.reading import Rows
from auditor.turns import said

MASKED = -100  # the label that a loss leaves out
Example = dict[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """The examples of one split."""

    split: str
    examples: list[Example]
    at: NDArray[np.int64]  # (n,) index of each among the rows read of its split
    left_out: int = 0  # rows without a text or a label

    def take(self, some: NDArray[np.int64]) -> Encoded:
        """Those of these numbers."""
        return Encoded(self.split, [self.examples[i] for i in some], self.at[some])


@dataclass(frozen=True, slots=True)
class Padding:
    """Fills a batch to its longest row."""

    pad: int

    def __call__(self, rows: list[Example]) -> dict[str, Any]:
        import torch

        width = max(len(r["input_ids"]) for r in rows)
        fill = {"input_ids": self.pad, "attention_mask": 0, "token_type_ids": 0, "labels": MASKED}
        batch = {}
        for name, first in rows[0].items():
            if isinstance(first, list):
                batch[name] = torch.tensor([r[name] + [fill[name]] * (width - len(r[name])) for r in rows])
            else:
                batch[name] = torch.tensor([r[name] for r in rows])
        return batch


def encode(rows: Rows, split: str, tokenizer: Any, head: Head, longest: int) -> Encoded:
    """The examples of a split. Raises InputError for labels that the head lacks, or where no row can be used."""
    if rows.kind in ("classification", "regression"):
        made: list[Example | None] = _labelled(rows, split, tokenizer, head, longest)
    elif rows.kind == "language-modeling":
        made = [_plain(ids) for ids in _tokens(tokenizer, rows.texts(split), longest, end=True)]
    else:
        made = [_masked(parts, longest) for parts in _talks(rows, split, tokenizer)]
    at = np.array([i for i, one in enumerate(made) if one is not None], np.int64)
    if not len(at) and rows.kind == "chat":
        raise InputError(f"{split}: every label is masked: nothing would be learnt; want a longer --max-length, or other columns")
    if not len(at):
        raise InputError(f"{split}: no row has both what is to be read and what is to be learnt")
    return Encoded(split, [one for one in made if one is not None], at, len(made) - len(at))


def _labelled(rows: Rows, split: str, tokenizer: Any, head: Head, longest: int) -> list[Example | None]:
    texts, labels = rows.texts(split), rows.labels(split)
    unknown = sorted({x for x in labels if x is not None and head.classes and x not in head.number})
    if unknown:
        raise InputError(f"labels outside the model's range: {split} has {', '.join(unknown[:5])}, which no training row has")
    cut = tokenizer(texts, truncation=True, max_length=longest)
    names = [k for k in ("input_ids", "attention_mask") if k in cut]

    def one(i: int) -> Example | None:
        if labels[i] is None or not texts[i].strip():
            return None
        return {k: cut[k][i] for k in names} | {"labels": head.number[labels[i]] if head.classes else labels[i]}

    return [one(i) for i in range(len(texts))]


def _tokens(tokenizer: Any, texts: Sequence[str], longest: int, *, end: bool = False) -> list[list[int]]:
    found = tokenizer(list(texts), truncation=True, max_length=longest)["input_ids"]
    last = tokenizer.eos_token_id if end else None
    return [[*ids, last] if last is not None and ids and len(ids) < longest and ids[-1] != last else ids for ids in found]


def _plain(ids: list[int]) -> Example | None:
    """A row to go on with: every token is to be learnt. One token predicts nothing."""
    return {"input_ids": ids, "attention_mask": [1] * len(ids), "labels": list(ids)} if len(ids) > 1 else None


def _masked(parts: Sequence[tuple[list[int], bool]], longest: int) -> Example | None:
    """One row of pieces; those that are not to be learnt are masked. None where the cut leaves nothing to learn."""
    ids = [t for piece, _ in parts for t in piece][:longest]
    labels = [t if learn else MASKED for piece, learn in parts for t in piece][:longest]
    return (
        {"input_ids": ids, "attention_mask": [1] * len(ids), "labels": labels} if any(t != MASKED for t in labels[1:]) else None
    )


def _talks(rows: Rows, split: str, tokenizer: Any) -> Iterator[list[tuple[list[int], bool]]]:
    """Pieces of each conversation; the answers of the assistant are to be learnt."""
    roles = rows.setting.roles
    if roles.messages:
        pieces: Callable[[Any], list[tuple[list[int], bool]]] = _templated if tokenizer.chat_template else _spoken
        for i, talk in enumerate(rows.column(split, roles.messages)):
            yield pieces(_Talk(_turns(talk, split, i), tokenizer))
        return
    prompts, responses = (rows.column(split, str(c)) for c in (roles.prompt, roles.response))
    last = [tokenizer.eos_token_id] if tokenizer.eos_token_id is not None else []
    for prompt, response in zip(prompts, responses, strict=True):
        ask = tokenizer(f"{prompt or ''}\n")["input_ids"]
        answer = tokenizer(str(response or ""), add_special_tokens=False)["input_ids"]
        yield [(ask, False), (answer + last if answer else [], True)]


@dataclass(frozen=True, slots=True)
class _Talk:
    turns: list[dict[str, str]]
    tokenizer: Any


def _turns(told: Any, split: str, row: int) -> list[dict[str, str]]:
    """Role and content of each turn. Raises InputError for what is no conversation."""
    try:
        turns = json.loads(told) if isinstance(told, str) else told or []
        return [{"role": str(t.get("role", t.get("from"))), "content": said(t)} for t in turns]
    except (ValueError, AttributeError, TypeError):
        raise InputError(
            f"{split}, row {row}: the messages are no list of role and content; `auditor check` names such rows"
        ) from None


def _answers(role: str) -> bool:
    return role in ("assistant", "gpt", "model")


def _spoken(talk: _Talk) -> list[tuple[list[int], bool]]:
    """Without a template: `role: content`, one turn a line; what an assistant says is learnt, with the line's end."""
    pieces = []
    for turn in talk.turns:
        for text, learn in ((f"{turn['role']}: ", False), (turn["content"] + "\n", _answers(turn["role"]))):
            pieces.append((talk.tokenizer(text, add_special_tokens=False)["input_ids"], learn))
    return pieces


def _templated(talk: _Talk) -> list[tuple[list[int], bool]]:
    """By the chat template: each answer is what the template adds after its generation prompt."""

    def shown(count: int, ask: bool) -> str:
        return str(talk.tokenizer.apply_chat_template(talk.turns[:count], tokenize=False, add_generation_prompt=ask))

    pieces, done = [], ""
    for k, turn in enumerate(talk.turns):
        if not _answers(turn["role"]):
            continue
        ask, whole = shown(k, True) if k else "", shown(k + 1, False)
        if not (whole.startswith(ask) and ask.startswith(done)):
            raise InputError("the chat template writes earlier turns anew after later ones, so that answers cannot be told apart")
        for text, learn in ((ask[len(done) :], False), (whole[len(ask) :], True)):
            pieces.append((talk.tokenizer(text, add_special_tokens=False)["input_ids"], learn))
        done = whole
    return pieces
