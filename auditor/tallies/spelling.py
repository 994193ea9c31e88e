"""Spellings of one category: values that differ in case, width, blanks or punctuation without meaning."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping

SILENT = re.compile(r"(?<![\d])[.,;:_'\"`´‘’“”](?![\d])|(?<=[^\W\d])[-‐‑‒–—](?=[^\W\d])")
"""Punctuation without meaning: dots, commas and quotes not beside a digit, and hyphens between letters.

All other signs may carry it: `<=50K` and `>50K`, `C` and `C#`, `A-` and `A+`, `1.5` and `1-5`, `+x` and `-x`."""


def spelling(value: str) -> str:
    """The form that all spellings of a category share; equal forms are equal under N1 too."""
    folded = unicodedata.normalize("NFKC", value).casefold()
    return " ".join(SILENT.sub(" ", folded).split())


def variants(counts: Mapping[str, int]) -> dict[str, str]:
    """Value -> the commonest spelling of the same category, for every value that is not spelled so itself."""
    families: dict[str, Counter[str]] = defaultdict(Counter)
    for value, count in counts.items():
        if form := spelling(value):
            families[form][value] += count
    found = {}
    for family in families.values():
        if len(family) > 1:
            common = min(family, key=lambda v: (-family[v], v))
            found.update({value: common for value in family if value != common})
    return found
