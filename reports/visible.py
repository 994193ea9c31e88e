"""Text from data made visible and harmless: control and bidi characters become chips of their code point."""

from __future__ import annotations

import re
from typing import NamedTuple

HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff"
    "\U000e0000-\U000e007f]"
)
"""C0 and C1 controls but tab and newline, soft hyphen, zero-width, bidi, separators, tags, lone surrogates."""
CUT = 200  # characters of a cell that a page shows; the whole text stands in audit.json


class Part(NamedTuple):
    """A piece of text as a page shows it."""

    text: str
    kind: str = ""  # "" plain, "chip" a hidden character, "only" a word that the twin lacks


def code_point(character: str) -> str:
    """`U+202E` for the character."""
    return f"U+{ord(character):04X}"


def visible(text: str) -> str:
    """The text with each hidden character replaced by its code point in angle quotes."""
    return HIDDEN.sub(lambda m: f"‹{code_point(m[0])}›", text)


def one_line(text: str) -> str:
    """The same on one line."""
    return visible(text.replace("\r\n", " ").replace("\n", " ").replace("\t", " "))


def cut(text: str, limit: int = CUT) -> str:
    """At most `limit` characters, with an ellipsis where some were left out."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def parts(text: str) -> list[Part]:
    """Plain pieces and chips, in order."""
    found: list[Part] = []
    at = 0
    for match in HIDDEN.finditer(text):
        if match.start() > at:
            found.append(Part(text[at : match.start()]))
        found.append(Part(code_point(match[0]), "chip"))
        at = match.end()
    if at < len(text):
        found.append(Part(text[at:]))
    return found


def differences(one: str, other: str) -> tuple[list[Part], list[Part]]:
    """Both texts in pieces, words that the other lacks marked `only`. Compares what is shown: cut texts."""
    from difflib import SequenceMatcher

    a, b = (re.findall(r"\s+|[^\s]+", cut(text)) for text in (one, other))
    left: list[Part] = []
    right: list[Part] = []
    for same, a0, a1, b0, b1 in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        for side, words in ((left, a[a0:a1]), (right, b[b0:b1])):
            for word in words if same != "equal" else ["".join(words)]:
                plain = same == "equal" or not word.strip()
                side += [p if p.kind or plain else Part(p.text, "only") for p in parts(word)]
    return left, right
