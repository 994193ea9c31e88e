"""Counterfactual copies of a text: the same sentence about the other group, or why there is none."""

from __future__ import annotations

import re
from collections.abc import Mapping
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
    for match in WORD.finditer(text):
        whole = match[0]
        clitic = next((c for c in CLITICS if whole.lower().endswith(c)), "")
        word = whole[: len(whole) - len(clitic)] if clitic else whole
        form = word.lower()
        other = table.get(form) or (_pronoun(form, text, match.end()) if axis == "gender" else None)
        if other == "":
            return Unswappable('"her" may stand for him or for his')
        if axis == "gender" and form in names() and word[:1].isupper():
            named = named or word
        if other:
            edits.append((word, _cased(other, word)))
            pieces += [text[end : match.start()], edits[-1][1], whole[len(word) :]]
            end = match.end()
    if not edits:
        return None
    if named:
        return Unswappable(f"the name {named!r} stays with its gender")
    return Swapped("".join([*pieces, text[end:]]), tuple(edits))


def _pronoun(form: str, text: str, end: int) -> str | None:
    """The counterpart of a pronoun that has more than one; "" where it cannot be told, None where it is no such pronoun."""
    if form == "his":
        return "her" if POSSESSED.match(text, end) else "hers"
    return {"him": "her", "hers": "his", "her": ""}.get(form)


def _cased(word: str, like: str) -> str:
    if len(like) > 1 and like.isupper():
        return word.upper()
    return word[:1].upper() + word[1:] if like[:1].isupper() else word
