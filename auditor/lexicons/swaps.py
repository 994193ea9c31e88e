"""Counterfactual copies of a text: the same sentence about the other group, or why there is none."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from auditor.lexicons.bundled import load

AXES = ("gender", "religion")
WORD = re.compile(r"\w+(?:['\u2019]\w+)?", re.UNICODE)
POSSESSED = re.compile(r"\s+(?=[^\W\d_])")
"""What stands behind a possessive: white space and a letter. "his car" has it, "it is his." has not."""
CLITICS = ("'s", "\u2019s", "'d", "\u2019d", "'ll", "\u2019ll")


@dataclass(frozen=True, slots=True)
class Swapped:
    """A counterfactual copy and the words that were changed, in the order of the text."""

    text: str
    edits: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Unswappable:
    """Why a text that names a group has no counterfactual copy."""

    reason: str


@cache
def words(axis: str) -> Mapping[str, str]:
    """Word -> its counterpart, both ways. Raises ValueError for an unknown axis."""
    if axis not in AXES:
        raise ValueError(f"got the axis {axis!r}, want one of {', '.join(AXES)}")
    pairs = [cells[1:3] for cells in load("swaps.tsv").lines if cells[0] == axis]
    return {a: b for one, other in pairs for a, b in ((one, other), (other, one))}


@cache
def names() -> frozenset[str]:
    """First names that are mostly given to one gender."""
    return frozenset(cells[1] for cells in load("swaps.tsv").lines if cells[0] == "name")


def swap(text: str, axis: str = "gender") -> Swapped | Unswappable | None:
    """The text about the other group; None where it names none.

    Every word of the axis is swapped, in its case; "him" becomes "her", "his" becomes "her" before a word and "hers" elsewhere.
    Not swapped, with the reason: "her", which is him or his, and (for gender) a sentence with a first name, whose pronouns would
    no longer fit it. Raises ValueError for an unknown axis.
    """
    table = words(axis)
    pieces: list[str] = []
    edits: list[tuple[str, str]] = []
    end, named = 0, ""
    for match, word in _words(text):
        form = word.lower()
        other = table.get(form) or (_pronoun(form, text, match.end()) if axis == "gender" else None)
        if other == "":
            return Unswappable('"her" may stand for him or for his')
        if axis == "gender" and form in names() and word[:1].isupper():
            named = named or word
        if other:
            edits.append((word, _cased(other, word)))
            pieces += [text[end : match.start()], edits[-1][1], match[0][len(word) :]]
            end = match.end()
    if not edits:
        return None
    if named:
        return Unswappable(f"the name {named!r} stays with its gender")
    return Swapped("".join([*pieces, text[end:]]), tuple(edits))


@cache
def alike(axis: str) -> Mapping[str, tuple[str, str]]:
    """Word -> two words for the same group: itself and another; of a pronoun two nouns that stand for it."""
    lines = [cells[2:] for cells in load("inside.tsv").lines if cells[0] == axis]
    return {cells[0]: (cells[-2], cells[-1]) for cells in lines}


def inside(text: str, axis: str = "gender") -> tuple[str, str] | None:
    """Two copies of the text that differ inside one group alone, in as many places as `swap` changes where the list has the
    words: "my father" and "my dad", "the man said" and "the guy said" for "he said". None where it has none of them.

    Raises ValueError for an unknown axis.
    """
    words(axis)
    table, end = alike(axis), 0
    copies: tuple[list[str], list[str]] = ([], [])
    for match, word in _words(text):
        both = table.get(word.lower())
        if both is not None:
            for pieces, other in zip(copies, both, strict=True):
                pieces += [text[end : match.start()], _cased(other, word), match[0][len(word) :]]
            end = match.end()
    one, other = ("".join(pieces) + text[end:] for pieces in copies)
    return None if one == other else (one, other)


def _words(text: str) -> Iterator[tuple[re.Match[str], str]]:
    """Every word of the text, with what it is without a clitic."""
    for match in WORD.finditer(text):
        clitic = next((c for c in CLITICS if match[0].lower().endswith(c)), "")
        yield match, match[0][: len(match[0]) - len(clitic)]


def _pronoun(form: str, text: str, end: int) -> str | None:
    """The counterpart of a pronoun that has more than one; "" where it cannot be told, None where it is no such pronoun."""
    if form == "his":
        return "her" if POSSESSED.match(text, end) else "hers"
    return {"him": "her", "hers": "his", "her": ""}.get(form)


def _cased(word: str, like: str) -> str:
    if len(like) > 1 and like.isupper():
        return word.upper()
    return word[:1].upper() + word[1:] if like[:1].isupper() else word
