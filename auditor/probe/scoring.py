"""What one model says of sentences: log-probabilities of a language model, or a classifier's probability."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from auditor.probe.pair import Pair
from auditor.rows import InputError

Kind = Literal["causal", "masked", "classification"]
KINDS: dict[str, Kind] = {
    "ForCausalLM": "causal",
    "LMHeadModel": "causal",
    "ForMaskedLM": "masked",
    "ForSequenceClassification": "classification",
}
"""How the name of a model's class ends."""
BATCH = 32  # sentences at a time
Ids = tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Model:
    """A model and its tokenizer, from a local folder."""

    folder: str
    kind: Kind
    network: Any
    tokenizer: Any
    longest: int  # tokens that it reads
    positive: int = 0  # class whose probability is read, of a classifier
    classes: tuple[str, ...] = ()  # of a classifier

    def ids(self, text: str) -> Ids:
        """The tokens of a sentence; those of a causal model begin with a token of their own, where there is one."""
        ids = tuple(self.tokenizer(text)["input_ids"])
        if self.kind != "causal":
            return ids
        first = self.tokenizer.bos_token_id if self.tokenizer.bos_token_id is not None else self.tokenizer.eos_token_id
        return ids if first is None or ids[:1] == (first,) else (first, *ids)


def load(flag: str, folder: str, task: str | None, positive: str | None = None) -> Model:
    """The model in a folder. Raises InputError where there is none, or its head is not one that a probe can ask."""
    import transformers
    from transformers import AutoConfig, AutoTokenizer

    transformers.utils.logging.set_verbosity_error()  # type: ignore[no-untyped-call]  # transformers leaves it untyped
    transformers.utils.logging.disable_progress_bar()  # type: ignore[no-untyped-call]  # transformers leaves it untyped
    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True)
        names = [str(n) for n in config.architectures or ()]
        kind = next((k for n in names for end, k in KINDS.items() if n.endswith(end)), None)
        if kind is None or (task is not None and task != kind):
            got = ", ".join(names) or "no architecture"
            raise InputError(f"{flag} {folder!r}: got {got}, want a {task or 'causal, masked or classification'} model")
        classes = {
            "causal": transformers.AutoModelForCausalLM,
            "masked": transformers.AutoModelForMaskedLM,
            "classification": transformers.AutoModelForSequenceClassification,
        }
        network = classes[kind].from_pretrained(folder, local_files_only=True).float().eval()
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError, KeyError) as cause:
        said = str(cause).strip().splitlines()[0][:200]
        raise InputError(f"{flag} {folder!r}: got no model and tokenizer that can be loaded ({said}); save both there") from None
    if kind == "masked" and tokenizer.mask_token_id is None:
        raise InputError(f"{flag} {folder!r}: the tokenizer of a masked model has no mask token; set it and save again")
    named = tuple(str(name) for _, name in sorted(config.id2label.items())) if kind == "classification" else ()
    place = _positive(flag, folder, named, positive) if named else 0
    return Model(
        folder=folder,
        kind=kind,
        network=network,
        tokenizer=tokenizer,
        longest=_longest(network, config),
        positive=place,
        classes=named,
    )


def _longest(network: Any, config: Any) -> int:
    """Tokens that a model reads. Models like RoBERTa count places from the one behind their padding's."""
    places = int(getattr(config, "max_position_embeddings", 0) or getattr(config, "n_positions", 0) or 512)
    tables = [m for name, m in network.named_modules() if name.endswith("position_embeddings")]
    padded = [m.padding_idx + 1 for m in tables if getattr(m, "padding_idx", None) is not None]
    return places - max(padded, default=0)


def _positive(flag: str, folder: str, classes: tuple[str, ...], positive: str | None) -> int:
    if len(classes) < 2:
        raise InputError(f"{flag} {folder!r}: its head has one output, want a classifier of at least two classes")
    if positive is None:
        return len(classes) - 1
    if positive in classes:
        return classes.index(positive)
    if positive.isdecimal() and int(positive) < len(classes):
        return int(positive)
    raise InputError(f"--positive: got {positive[:60]!r}, want one of the classes {_listed(classes)}")


def _listed(classes: tuple[str, ...]) -> str:
    return ", ".join(f"{name[:60]!a}" for name in classes[:8]) + (f" and {len(classes) - 8} more" if len(classes) > 8 else "")


def same_classes(base: Model, tuned: Model) -> None:
    """Raises InputError where two classifiers have other classes: probabilities of one place would be of two things."""
    unnamed = any(all(name == f"LABEL_{i}" for i, name in enumerate(m.classes)) for m in (base, tuned))
    if len(base.classes) != len(tuned.classes) or (base.classes != tuned.classes and not unnamed):
        raise InputError(
            f"--base has the classes {_listed(base.classes)} and --tuned {_listed(tuned.classes)}, want the same, in one order"
        )


def same_tokens(base: Model, tuned: Model, sentences: Sequence[str]) -> None:
    """Raises InputError where the two models cut a sentence otherwise: scores by token could not be compared."""
    if base.kind != tuned.kind:
        raise InputError(f"--tuned is a {tuned.kind} model and --base a {base.kind} one, want two of a kind")
    same_classes(base, tuned)
    for text in sentences:
        if base.ids(text) != tuned.ids(text):
            raise InputError(
                f"the tokenizers of --base and --tuned cut {text[:60]!r} otherwise, so scores by token cannot be compared; "
                "want a tuned model with the tokenizer of its base"
            )


def left_out(model: Model, pair: Pair, longest: int) -> str:
    """Why a pair is not part of the primary figure, or ""; `longest` is the number of tokens that both models read."""
    one, other = model.ids(pair.more), () if pair.alone else model.ids(pair.less)
    if max(len(one), len(other)) > longest:
        return "longer than the model reads"
    if model.kind == "classification" or pair.alone:
        return ""
    if pair.edits != 1:
        return "more than one edit" if pair.edits else "no edit"
    if len(one) != len(other):
        return "unequal numbers of tokens"
    if model.kind == "causal" and _prefix(one, other) == 0:
        return "no token before the edit"
    if model.kind == "masked" and not _unmodified(model, one, other):
        return "no token beside the edit"
    return ""


def of_pairs(model: Model, pairs: Sequence[Pair]) -> list[float]:
    """The item score of each pair. Language models: score(more) - score(less), nats a token; classifiers: |p(more) - p(less)|.

    Causal: tokens behind the common prefix. Masked: pseudo-log-likelihood over unmodified tokens, each masked alone
    (Nangia et al. 2020, doi:10.18653/v1/2020.emnlp-main.154).
    """
    coded = [(model.ids(p.more), model.ids(p.less)) for p in pairs]
    if model.kind == "classification":
        told = _classified(model, [ids for both in coded for ids in both])
        return [abs(a - b) for a, b in zip(told[::2], told[1::2], strict=True)]
    asked: list[tuple[Ids, Sequence[int]]] = []
    for one, other in coded:
        if model.kind == "causal":
            first = _prefix(one, other)
            asked += [(one, range(first, len(one))), (other, range(first, len(other)))]
        else:
            same = _unmodified(model, one, other)
            asked += [(one, same), (other, [i + (len(other) - len(one) if i >= _prefix(one, other) else 0) for i in same])]
    scores = _means(model, asked)
    return [a - b for a, b in zip(scores[::2], scores[1::2], strict=True)]


def of_sentences(model: Model, sentences: Sequence[str]) -> list[float]:
    """Mean log-probability a token of each sentence, or the probability of the positive class."""
    coded = [model.ids(s) for s in sentences]
    if model.kind == "classification":
        return _classified(model, coded)
    special = set(model.tokenizer.all_special_ids)
    return _means(model, [(ids, [i for i in range(model.kind == "causal", len(ids)) if ids[i] not in special]) for ids in coded])


def _prefix(one: Ids, other: Ids) -> int:
    return next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))


def _unmodified(model: Model, one: Ids, other: Ids) -> list[int]:
    """Places in `one` of the tokens that both have, before and behind the edit; special tokens aside."""
    first = _prefix(one, other)
    last = min(_prefix(one[::-1], other[::-1]), len(one) - first, len(other) - first)
    special = set(model.tokenizer.all_special_ids)
    return [i for i in (*range(first), *range(len(one) - last, len(one))) if one[i] not in special]


def _means(model: Model, asked: Sequence[tuple[Ids, Sequence[int]]]) -> list[float]:
    """The mean log-probability of the tokens at the places asked for; NaN for none."""
    if model.kind == "causal":
        rows = [(ids, [(p - 1, ids[p]) for p in places], n) for n, (ids, places) in enumerate(asked)]
    else:
        mask = model.tokenizer.mask_token_id
        rows = [((*ids[:p], mask, *ids[p + 1 :]), [(p, ids[p])], n) for n, (ids, places) in enumerate(asked) for p in places]
    total = [0.0] * len(asked)
    for batch, logits in _run(model, rows, lambda r: r[0]):
        cells = [(i, place, token, n) for i, (_, wanted, n) in enumerate(batch) for place, token in wanted]
        if cells:
            row, place, token, _ = map(list, zip(*cells, strict=True))
            logs = logits[row, place].log_softmax(-1)[range(len(cells)), token].tolist()
            for (*_, n), log in zip(cells, logs, strict=True):
                total[n] += log
    return [t / len(places) if len(places) else math.nan for t, (_, places) in zip(total, asked, strict=True)]


def _classified(model: Model, coded: Sequence[Ids]) -> list[float]:
    said = [0.0] * len(coded)
    for batch, logits in _run(model, list(enumerate(coded)), lambda r: r[1]):
        for (n, _), p in zip(batch, logits.softmax(-1)[:, model.positive].tolist(), strict=True):
            said[n] = p
    return said


def _run(model: Model, rows: Sequence[Any], ids: Callable[[Any], Ids]) -> Iterator[tuple[list[Any], Any]]:
    """(rows, logits) in batches of about equal length, padded on the right."""
    import torch

    pad = model.tokenizer.pad_token_id or 0
    ordered = sorted(rows, key=lambda r: len(ids(r)))
    for begin in range(0, len(ordered), BATCH):
        batch = ordered[begin : begin + BATCH]
        width = max(len(ids(r)) for r in batch)
        tokens = torch.tensor([[*ids(r), *[pad] * (width - len(ids(r)))] for r in batch])
        mask = torch.tensor([[1] * len(ids(r)) + [0] * (width - len(ids(r))) for r in batch])
        with torch.no_grad():
            yield batch, model.network(input_ids=tokens, attention_mask=mask).logits
