"""Text that was decoded wrongly: replacement characters, C1 controls, NUL, and UTF-8 read as Windows-1252."""

from __future__ import annotations

import re
import unicodedata

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

UNDEFINED = (0x81, 0x8D, 0x8F, 0x90, 0x9D)  # bytes that Windows-1252 leaves undefined; decoders pass them through
BYTES = {(chr(b) if b in UNDEFINED else bytes([b]).decode("cp1252")): b for b in range(256)}
"""Character -> the byte that Windows-1252 reads as it."""
_TAIL = "".join(re.escape(c) for c, b in BYTES.items() if 0x80 <= b < 0xC0)
SEQUENCE = f"[\u00c2-\u00df][{_TAIL}]|[\u00e0-\u00ef][{_TAIL}]{{2}}|[\u00f0-\u00f4][{_TAIL}]{{3}}"
"""Characters that are the bytes of one UTF-8 character when written in Windows-1252."""
_SEQUENCE = re.compile(SEQUENCE)
EVERYDAY = frozenset(
    "\u2026\u2013\u2014\u201c\u201d\u2018\u2019\u201e\u201a\u00ab\u00bb\u2039\u203a\u00a0\u2022\u20ac\u2122\u00ae\u00a9\u00b0"
)
"""Signs that may follow a letter in any correct text."""
LATIN = (
    (0xA0, 0x17F),
    (0x2000, 0x2BFF),
    (0xFB00, 0xFB06),
    (0xFE0F, 0xFE0F),
    (0xFEFF, 0xFEFF),
    (0x1E00, 0x1EFF),
    (0x1F000, 0x1FAFF),
)
"""Latin letters, punctuation, symbols and emoji: one such character is enough."""
OTHER = ((0x370, 0x52F), (0x590, 0x6FF), (0x900, 0xE7F), (0x3000, 0x9FFF), (0xAC00, 0xD7A3), (0xFF00, 0xFFEF))
"""Greek, Cyrillic, Hebrew, Arabic, Indic, Thai, CJK: such characters come in company, two are needed."""
KINDS = ("replacement character", "C1 control", "NUL", "mojibake")


def broken(values: pa.Array) -> dict[str, NDArray[np.bool_]]:
    """Kind -> whether each text has it. Null has nothing. ASCII rows cost one look for NUL."""
    found = {"NUL": pc.match_substring(values, "\x00")}
    odd = pc.invert(pc.fill_null(pc.string_is_ascii(values), True))
    if pc.any(odd).as_py():
        some = values.filter(odd)
        places = np.flatnonzero(odd.to_numpy(zero_copy_only=False))
        for kind, hits in (
            ("replacement character", pc.match_substring(some, "\ufffd")),
            ("C1 control", pc.match_substring_regex(some, "[\u0080-\u009f]")),
            ("mojibake", _mojibake(some)),
        ):
            mask = np.zeros(len(values), np.bool_)
            mask[places] = hits.to_numpy(zero_copy_only=False)
            found[kind] = pa.array(mask)
    masks = {kind: np.asarray(pc.fill_null(hits, False).to_numpy(zero_copy_only=False), np.bool_) for kind, hits in found.items()}
    return {kind: mask for kind, mask in masks.items() if mask.any()}


def _mojibake(texts: pa.Array) -> pa.Array:
    """A cheap pattern first; Python only where it hits."""
    likely = pc.match_substring_regex(texts, SEQUENCE).to_numpy(zero_copy_only=False)
    hits = np.zeros(len(texts), np.bool_)
    for i in np.flatnonzero(likely):
        hits[i] = repaired(texts[int(i)].as_py()) is not None
    return pa.array(hits)


def repaired(text: str) -> str | None:
    """The text as it was before its UTF-8 was read as Windows-1252, or None where it is no such text.

    The whole text must go back exactly: every character to its byte, the bytes to valid UTF-8 that is shorter, and what comes
    out must be likely: Latin letters, punctuation, symbols or emoji, or at least two characters of another script. A capital
    letter before an everyday sign ("AMANHÃ…") counts only where some other place gives the text away.
    """
    try:
        whole = bytes(BYTES[c] for c in text).decode("utf-8")
    except (KeyError, UnicodeDecodeError):
        return None
    latin = other = 0
    for match in _SEQUENCE.finditer(text):
        character = bytes(BYTES[c] for c in match[0]).decode("utf-8")
        if _within(character, OTHER):
            other += 1
        elif not _within(character, LATIN):
            return None
        elif not (len(match[0]) == 2 and match[0][1] in EVERYDAY and _letter_before(text, match.start())):
            latin += 1
    return whole if len(whole) < len(text) and (latin or other >= 2) else None


def _within(character: str, ranges: tuple[tuple[int, int], ...]) -> bool:
    return any(low <= ord(character) <= high for low, high in ranges)


def _letter_before(text: str, start: int) -> bool:
    """True where the sequence continues a word in capitals, or begins with a letter that ends a word."""
    return start > 0 and unicodedata.category(text[start - 1]) == "Lu"
