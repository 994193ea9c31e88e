"""How many documents speak of an identity, and how many use he, she or they: by split and label, or by side of a preference."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from auditor.check import Tally
from auditor.lexicons import Forms, Term, matches, own_terms, terms
from auditor.rows import Batch, InputError, Setting
from auditor.statistics.sampling import chosen
from auditor.tallies import keys
from auditor.tallies.places import Places, joined
from auditor.tallies.texts import text_columns as any_text

CAP_TEXTS = 500_000  # rows of a split whose texts are searched; beyond it a sample by the hash of the position
CAP_ROWS = 10_000  # positions kept a split, term and label; the counts stay exact
CAP_LABELS = 1_000  # labels of a split; a label column of more names no classes that terms could belong to
CHOSEN, REJECTED = "chosen", "rejected"

Label = str | None
Held = tuple[str, str, Label]  # split, term, label


def lexicon(setting: Setting) -> tuple[Term, ...]:
    """The user's list (option `terms`), else the bundled list of identities. Raises InputError for a word without a letter."""
    given = setting.options.get("terms")
    if given is None:
        return terms("identity_terms.tsv")
    try:
        return own_terms([given] if isinstance(given, str) else given)
    except (ValueError, TypeError) as cause:
        raise InputError(f"option terms: {cause}; give a list of words") from None


def text_columns(setting: Setting) -> tuple[str, ...]:
    """The texts to learn from; where no column has such a role, the free texts."""
    return keys.text_columns(setting) or any_text(setting)


def is_preference(setting: Setting) -> bool:
    """True where pairs of answers are compared: their sides stand for labels."""
    return bool(setting.roles.chosen and setting.roles.rejected)


@dataclass(frozen=True, slots=True)
class TermCounts(Tally):
    """Documents by split and label, and those that hold each term, each at most once a document.

    Exact up to 500,000 rows and 1,000 labels a split, beyond that of a sample of so many rows; of positions the smallest
    10,000 a split, term and label are kept. Of a preference set the sides are the labels, and `only` counts the pairs in
    which one side alone holds the term.
    """

    documents: Counter[tuple[str, Label]] = field(default_factory=Counter)
    held: Counter[Held] = field(default_factory=Counter)
    pronouns: Counter[Held] = field(default_factory=Counter)  # masculine, feminine, both, neutral in place of the term
    only: Counter[tuple[str, str, str]] = field(default_factory=Counter)  # split, term, the side that holds it
    rows: dict[Held, Places] = field(default_factory=dict)

    @classmethod
    def columns(cls, setting: Setting) -> Iterable[str]:
        return (*text_columns(setting), *((setting.roles.label,) if setting.roles.label else ()))

    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        batch, setting = part(batch), batch.setting
        total = cls()
        if is_preference(setting):
            sides = []
            for side, column in ((CHOSEN, setting.roles.chosen), (REJECTED, setting.roles.rejected)):
                read = keys.texts(batch, (column or "",))
                if read is not None:
                    sides.append(_found(read[1], lexicon(setting)))
                    labels = pa.array([side] * len(batch), pa.string())
                    total._count(batch, read[1], labels, sides[-1])
            if len(sides) == 2:
                total._differ(batch.split, sides, [t.name for t in lexicon(setting)])
            return total
        read = keys.texts(batch, text_columns(setting))
        if read is not None:
            total._count(batch, read[1], _labels(batch), _found(read[1], lexicon(setting)))
        return total

    def _count(self, batch: Batch, normal: pa.Array, labels: pa.Array, found: NDArray[np.int64]) -> None:
        """Adds the documents of one batch: called on a tally that nobody has seen yet."""
        coded = labels.dictionary_encode(null_encoding="encode")
        code = coded.indices.to_numpy(zero_copy_only=False).astype(np.int64)
        names: list[Label] = coded.dictionary.to_pylist()
        told = np.asarray(normal.is_valid().to_numpy(zero_copy_only=False), np.bool_)
        for i, n in enumerate(np.bincount(code[told], minlength=len(names)).tolist()):
            self.documents[batch.split, names[i]] += n
        listed = lexicon(batch.setting)
        for (term, label), rows in _cells(found, code):
            key = (batch.split, listed[term].name, names[label])
            self.held[key] += len(rows)
            self.rows[key] = self.rows.get(key, Places(cap=CAP_ROWS)) + Places.of(
                np.ones(len(rows), np.bool_), batch.rows[rows], CAP_ROWS
            )
        for (kind, label), rows in _cells(_pronouns(normal), code):
            self.pronouns[batch.split, PRONOUNS[kind], names[label]] += len(rows)

    def _differ(self, split: str, sides: list[NDArray[np.int64]], names: list[str]) -> None:
        one, other = ({tuple(p) for p in side.T.tolist()} for side in sides)
        for side, alone in ((CHOSEN, one - other), (REJECTED, other - one)):
            for _, term in alone:
                self.only[split, names[term], side] += 1

    def __add__(self, other: Self) -> Self:
        documents = self.documents + other.documents
        for split, n in Counter(split for split, _ in documents).items():
            if n > CAP_LABELS:
                raise OverflowError(f"the label has more than {CAP_LABELS:,} distinct values in {split}: it names no classes")
        return type(self)(
            documents,
            self.held + other.held,
            self.pronouns + other.pronouns,
            self.only + other.only,
            joined(self.rows, other.rows),
        )


PRONOUNS = ("masculine", "feminine", "neutral", "both")


def part(batch: Batch) -> Batch:
    """The batch, or its part of the sample where the split is beyond the cap."""
    total = next((s.rows for s in batch.setting.splits if s.name == batch.split), 0)
    if total <= CAP_TEXTS:
        return batch
    keep = chosen(batch.rows, batch.setting.seed, CAP_TEXTS / total)
    return replace(batch, table=batch.table.filter(pa.array(keep)), rows=batch.rows[keep])


def _labels(batch: Batch) -> pa.Array:
    name = batch.setting.roles.label
    if name is None or not batch.has(name) or not batch.setting.label_is_class:
        return pa.nulls(len(batch), pa.string())
    return batch.column(name).cast(pa.string())


def _found(normal: pa.Array, listed: tuple[Term, ...]) -> NDArray[np.int64]:
    """(2, pairs): document and term, each pair once."""
    forms, owners = ready(listed)
    rows, form = matches(apart(normal), forms)
    return np.unique(np.stack([rows, owners[form]]), axis=1)


def apart(normal: pa.Array, words: int = 1) -> pa.Array:
    """The texts with so many words of nothing between two columns, that no phrase or window reaches from one to the other."""
    return pc.replace_substring(normal, keys.SEPARATOR, " |" * words + " ")  # the separator itself is white space


@lru_cache(maxsize=8)
def ready(listed: tuple[Term, ...]) -> tuple[Forms, NDArray[np.int64]]:
    """The forms of a list, and the term that each belongs to."""
    owner = {form: (i, len(term.name.split())) for i, term in enumerate(listed) for form in term.led}
    owner |= {form: (i, len(form.split())) for i, term in enumerate(listed) for form in term.forms}
    places = np.array(list(owner.values()), np.int64).reshape(-1, 2)
    return Forms.of(list(owner), places[:, 1].tolist()), places[:, 0]


def _pronouns(normal: pa.Array) -> NDArray[np.int64]:
    """(2, pairs): document and kind of pronoun; a document of he and she is `both` alone."""
    rows, kind = _found(normal, terms("pronouns.tsv"))
    both = np.intersect1d(rows[kind == 0], rows[kind == 1])
    gendered = np.isin(rows, both) & (kind < 2)
    mixed = np.stack([both, np.full(len(both), PRONOUNS.index("both"))])
    return np.concatenate([np.stack([rows[~gendered], kind[~gendered]]), mixed], axis=1)


def _cells(found: NDArray[np.int64], code: NDArray[np.int64]) -> Iterator[tuple[tuple[int, int], NDArray[np.int64]]]:
    """((term, label), ascending documents) for each that occurs."""
    rows, term = found
    label = code[rows]
    order = np.lexsort((rows, label, term))
    rows, term, label = rows[order], term[order], label[order]
    cuts = np.flatnonzero((np.diff(term) != 0) | (np.diff(label) != 0)) + 1
    for part in np.split(np.arange(len(rows)), cuts):
        if len(part):
            yield (int(term[part[0]]), int(label[part[0]])), rows[part]
