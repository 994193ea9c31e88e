"""Reading of the bundled lists: nothing is taken from one whose header or contents are not as they were."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent
HEADER = ("source", "licence", "version", "sha256")


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicon:
    """A bundled list."""

    header: dict[str, str]  # source, licence, version, sha256
    lines: tuple[tuple[str, ...], ...]  # cells of each line


@cache
def load(name: str) -> Lexicon:
    """The list of that file name. ValueError where its header lacks a field or its lines are not those of its SHA-256."""
    text = (FOLDER / name).read_text("utf-8")
    lines = text.splitlines(keepends=True)
    head = [line[1:] for line in lines if line.startswith("#")]
    header = {k.strip(): v.strip() for k, colon, v in (line.partition(":") for line in head) if colon}
    lacking = [field for field in HEADER if not header.get(field)]
    if lacking:
        raise ValueError(f"{name}: the header lacks {', '.join(lacking)}")
    body = [line for line in lines if not line.startswith("#")]
    if hashlib.sha256("".join(body).encode()).hexdigest() != header["sha256"]:
        raise ValueError(f"{name}: its lines are not those of its sha256")
    return Lexicon(header=header, lines=tuple(tuple(line.rstrip("\n").split("\t")) for line in body if line.strip()))
