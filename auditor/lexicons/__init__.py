"""Bundled lists of words, each with its source, licence, version and SHA-256; and how they are found in texts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from auditor.lexicons.bundled import load
from auditor.tallies.normal import n1_text

PERSON = "@"  # stands for the term before every noun of persons.tsv


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One entry of a lexicon."""

    axis: str  # what it tells of people: gender, religion ...
    name: str
    forms: tuple[str, ...]  # the N1 forms that count as it
    led: tuple[str, ...] = ()  # forms of which the words of `name` alone are taken: the noun behind them stays free


@cache
def terms(name: str) -> tuple[Term, ...]:
    """The terms of a bundled list of axis, term and other forms."""
    persons = [cells[0] for cells in load("persons.tsv").lines]
    found = []
    for axis, term, *more in load(name).lines:
        others = more[0].split("|") if more else []
        plain = [x for x in others if x != PERSON]
        if axis != "pronoun" and PERSON not in others:
            plain.insert(0, term)
        led = [n1_text(f"{term} {noun}") for noun in persons] if PERSON in others else []
        found.append(Term(axis=axis, name=term, forms=tuple(dict.fromkeys(map(n1_text, plain))), led=tuple(led)))
    return tuple(found)


def own_terms(words: Iterable[str]) -> tuple[Term, ...]:
    """A list of the user's: each word counts as it is written (N1), without context. ValueError where a word has no letter."""
    found = {}
    for word in words:
        form = n1_text(str(word))
        if not form:
            raise ValueError(f"got the term {word!r}, want one with a letter or digit")
        found[form] = Term(axis="given", name=form, forms=(form,))
    return tuple(found.values())


@dataclass(frozen=True, slots=True, eq=False)
class Forms:
    """Forms made ready to be searched for, one array a number of words."""

    sizes: tuple[tuple[int, pa.Array, NDArray[np.int64]], ...]  # words, the forms of so many, their places; longest first
    used: NDArray[np.int64]  # (forms,) words that a found form uses up

    @classmethod
    def of(cls, forms: Sequence[str], taken: Sequence[int] = ()) -> Forms:
        """`taken`: of each form, how many of its words are used up for shorter forms (default: all)."""
        words = np.array([len(f.split()) for f in forms], np.int64)
        places = [(int(n), np.flatnonzero(words == n)) for n in np.unique(words)[::-1]]
        arrays = tuple((n, pa.array([forms[i] for i in at.tolist()], pa.string()), at) for n, at in places)
        return cls(arrays, np.array(taken, np.int64) if len(taken) else words)


def matches(normal: pa.Array, forms: Forms) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(rows, forms) such that the N1 text holds the form as whole words, longest first: words that belong to a longer form
    count for no shorter one. Each pair once, sorted."""
    row, _, which = places(normal, forms)
    pairs = np.unique(np.stack([row, which]), axis=1)
    return pairs[0], pairs[1]


def places(normal: pa.Array, forms: Forms) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
    """(rows, words, forms) of every time that a form stands in a text, as `matches` finds them; unsorted. `words` is the place of
    the first word, counted through all texts: those of one text follow one another."""
    words = pc.utf8_split_whitespace(normal.fill_null(""))
    flat = pc.list_flatten(words).cast(pa.string())
    row = pc.list_parent_indices(words).to_numpy(zero_copy_only=False).astype(np.int64)
    free = np.ones(len(flat), np.bool_)
    found = [np.empty((3, 0), np.int64)]
    for size, wanted, at_forms in forms.sizes:
        n = len(flat) - size + 1
        if n <= 0:
            continue
        gram = flat.slice(0, n)
        for k in range(1, size):
            gram = pc.binary_join_element_wise(gram, flat.slice(k, n), " ")
        at = pc.index_in(gram, value_set=wanted).fill_null(-1).to_numpy(zero_copy_only=False)
        start = np.flatnonzero(at >= 0)
        start = start[row[start] == row[start + size - 1]]
        which = at_forms[at[start]]
        own = np.arange(size) < forms.used[which][:, None]
        spans = start[:, None] + np.arange(size)
        keep = (free[spans] | ~own).all(axis=1)
        found.append(np.stack([row[start[keep]], start[keep], which[keep]]))
        free[spans[keep][own[keep]]] = False
    rows, start, which = np.concatenate(found, axis=1)
    return rows, start, which
