"""The sentences of a probe: pairs from a file, from WinoBias, or the bundled ones; null swaps and neutral sentences."""

from __future__ import annotations

import csv
import json
import random
import re
from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher
from pathlib import Path

from auditor.lexicons.bundled import load
from auditor.probe import published
from auditor.probe.pair import WANTED, both
from auditor.probe.pair import Pair as Pair
from auditor.rows import InputError

BUILTIN = "builtin"
NAMES = ("sent_more", "sent_less")
PRONOUNS = {("male", "more"): "he", ("male", "less"): "she", ("female", "more"): "she", ("female", "less"): "he"}
MENTION = re.compile(r"\[([^\]]*)\]")


def read(templates: str) -> tuple[Pair, ...]:
    """The pairs, or prompts, of a file or folder, or the bundled pairs. Raises InputError for what holds none."""
    if templates == BUILTIN:
        return builtin()
    path = Path(templates)
    try:
        there = path.exists()
    except (OSError, ValueError):  # too long a name, a NUL in it
        there = False
    if not there:
        raise InputError(f"--templates: the file {templates[:200]!r} does not exist; want {WANTED}")
    if path.is_dir() or path.suffix == ".txt":
        pairs = _winobias(path)
    elif path.suffix in (".jsonl", ".json"):
        pairs = _json(path)
    else:
        pairs = _named(_csv(path), path)
    if not pairs:
        raise InputError(f"--templates: {templates!r} holds no pair and no prompt; want {WANTED}")
    for i, pair in enumerate(pairs):
        if not _written(pair):
            raise InputError(f"--templates {templates!r}, pair or prompt {i}: got half of a surrogate pair, want text of UTF-8")
    return pairs


def _written(pair: Pair) -> bool:
    """Whether its texts can be written in UTF-8: an escape in JSON can make half a character."""
    try:
        "".join((pair.more, pair.less, pair.bias_type, pair.template)).encode()
    except UnicodeEncodeError:
        return False
    return True


def builtin() -> tuple[Pair, ...]:
    """Bundled templates of jobs and pronouns: 24 templates of 16 jobs."""
    lines = load("probe.tsv").lines
    jobs = [(side, word) for kind, *rest in lines if kind == "job" for side, word in [rest]]
    found = []
    for kind, *rest in lines:
        if kind != "pair":
            continue
        for side, job in jobs:
            one, other = (rest[0].format(job=job, he=PRONOUNS[side, which]) for which in ("more", "less"))
            found.append(Pair(more=one, less=other, bias_type="gender", template=rest[0]))
    return tuple(found)


def null_swaps() -> tuple[Pair, ...]:
    """Bundled swaps inside one group (two names alike, two weekdays): what they change is noise."""
    lines = load("probe.tsv").lines
    swaps = [rest for kind, *rest in lines if kind == "swap"]
    return tuple(
        Pair(more=text.format(x=a), less=text.format(x=b), bias_type="none", template=text)
        for kind, text, *_ in lines
        if kind == "null"
        for a, b in swaps
    )


def neutral() -> tuple[str, ...]:
    """Bundled sentences about nobody."""
    return tuple(rest[0] for kind, *rest in load("probe.tsv").lines if kind == "neutral")


def shuffled(sentence: str, seed: int) -> str:
    """The words of a sentence in another order, its full stop last."""
    words = sentence.rstrip(".").split()
    mixed, draw = list(words), random.Random(f"{seed} {sentence}")
    while mixed == words and len(set(words)) > 1:
        draw.shuffle(mixed)
    return " ".join(mixed) + "."


def _named(rows: Iterable[Mapping[str, object]], path: Path) -> tuple[Pair, ...]:
    pairs = []
    for i, row in enumerate(rows):
        lacking = [name for name in NAMES if not isinstance(row.get(name), str) or not str(row[name]).strip()]
        if lacking:
            listed = ", ".join(f"{str(name)[:60]!a}" for name in list(row)[:8])
            raise InputError(f"--templates {str(path)!r}, pair {i}: got no {lacking[0]} (columns: {listed}); want {WANTED}")
        one, other = (str(row[name]).strip() for name in NAMES)
        kind = str(row.get("bias_type") or "unnamed")
        cluster = str(row.get("template") or row.get("term") or "") or _differing(one, other)
        pairs.append(Pair(more=one, less=other, bias_type=kind, template=f"{kind}: {cluster}"))
    return tuple(pairs)


def _differing(one: str, other: str) -> str:
    """The words in which two sentences differ, in either order: what stands for the template where none is named."""
    a, b = one.casefold().split(), other.casefold().split()
    parts: list[list[str]] = [[], []]
    for tag, i, j, k, n in SequenceMatcher(None, a, b, autojunk=False).get_opcodes():
        if tag != "equal":
            parts[0] += a[i:j]
            parts[1] += b[k:n]
    return " / ".join(sorted(" ".join(p) for p in parts))


def _csv(path: Path) -> list[dict[str, object]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return [dict(row) for row in csv.DictReader(file)]
    except (UnicodeDecodeError, csv.Error) as cause:
        raise InputError(f"--templates {str(path)!r}: cannot be read ({cause}); want {WANTED}") from None


def _json(path: Path) -> tuple[Pair, ...]:
    """Pairs of JSON lines, of BBQ's lines, or of StereoSet's document; prompts of BOLD's."""
    whole = published.document(path) if path.suffix == ".json" else None
    if whole is not None:
        return whole
    rows = _json_lines(path)
    return published.bbq(rows, path) if rows and published.is_bbq(rows[0]) else _named(rows, path)


def _json_lines(path: Path) -> list[dict[str, object]]:
    rows = []
    try:
        for number, line in enumerate(path.read_text("utf-8").split("\n"), 1):
            if line.strip():
                rows.append(json.loads(line))
                if not isinstance(rows[-1], dict):
                    raise ValueError(f"line {number} is no object")
    except (ValueError, RecursionError) as cause:
        raise InputError(f"--templates {str(path)!r}: cannot be read ({cause}); want {WANTED}") from None
    return rows


def _winobias(path: Path) -> tuple[Pair, ...]:
    """Pairs of the files pro_* and anti_*, aligned line by line; the template is the occupation that is referred to."""
    files = sorted(path.glob("pro_*.txt")) if path.is_dir() else [path.with_name(path.name.replace("anti_", "pro_", 1))]
    pairs = []
    for pro in files:
        anti = pro.with_name(pro.name.replace("pro_", "anti_", 1))
        if not pro.name.startswith("pro_") or not pro.is_file() or not anti.is_file():
            raise InputError(f"--templates {str(path)!r}: want the files pro_*.txt and anti_*.txt side by side")
        one, other = (_lines(f) for f in (pro, anti))
        if len(one) != len(other):
            raise InputError(f"--templates: {pro.name} has {len(one)} lines and {anti.name} {len(other)}, want as many")
        for number, (a, b) in enumerate(zip(one, other, strict=True), 1):
            if a.strip() or b.strip():
                who = max(MENTION.findall(a), key=len, default=a).casefold()
                pairs.append(both(_bare(a), _bare(b), "gender", who, f"{str(pro)!r} and its anti_, line {number}"))
    return tuple(pairs)


def _lines(file: Path) -> list[str]:
    try:
        return file.read_text("utf-8").splitlines()
    except UnicodeDecodeError as cause:
        raise InputError(f"--templates {str(file)!r}: cannot be read ({cause}); want text of UTF-8") from None


def _bare(line: str) -> str:
    return MENTION.sub(r"\1", re.sub(r"^\s*\d+(\s+|$)", "", line)).strip()
