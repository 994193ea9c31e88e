"""Copies and near copies: what the audit finds of what plain Python finds, on BANKING77, CLINC150 and planted families.

Run: python -m benchmarks.overlap [FOLDER] [--texts 20000 100000] [--seed 7]
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

import auditor
from auditor.tallies.normal import n1_text

HOUSE = Path(__file__).resolve().parent.parent
TEMPLATES = (
    "You are a helpful assistant. Answer the question below in one paragraph.",
    "Below is an instruction that describes a task. Write a response that completes it.",
    "Summarise the following text for a reader who is in a hurry.",
)
EDITS = (0.005, 0.01, 0.02, 0.03, 0.05, 0.10)


def sets(texts: list[str], unit: str) -> list[set[Any]]:
    """Five units of N1, in plain Python."""
    cut = [n1_text(t).split() if unit == "words" else n1_text(t) for t in texts]
    return [{tuple(t[i : i + 5]) for i in range(max(1, len(t) - 4))} for t in cut]


def nearest(held: list[str], train: list[str]) -> np.ndarray:
    """The highest similarity of every held-out text to any train text: all pairs that share a shingle."""
    own, other = sets(held, "characters"), sets(train, "characters")
    where: dict[Any, list[int]] = defaultdict(list)
    for i, shingles in enumerate(other):
        for shingle in shingles:
            where[shingle].append(i)
    rows = {k: np.array(v) for k, v in where.items()}
    sizes = np.array([len(s) for s in other])
    best = np.zeros(len(held))
    for i, shingles in enumerate(own):
        hits = [rows[s] for s in shingles if s in rows]
        if hits:
            both = np.bincount(np.concatenate(hits), minlength=len(train))
            best[i] = (both / (len(shingles) + sizes - both)).max()
    return best


def found(audit: Any, code: str, split: str, reference: str = "") -> Any:
    """The finding of a check at a place, or None."""
    hits = (f for f in audit.findings if f.code == code and (f.where.split, f.where.reference) == (split, reference))
    return next(hits, None)


def count(audit: Any, code: str, split: str, reference: str = "") -> int:
    """Affected rows; 0 where the check found nothing there."""
    finding = found(audit, code, split, reference)
    return 0 if finding is None else int(finding.affected)


def banking(folder: Path) -> None:
    """The overlap of BANKING77's own split."""
    train, test = (pd.read_csv(folder / "banking77" / f"{split}.csv") for split in ("train", "test"))
    begun = time.process_time()
    codes = ("DUP101", "DUP102", "DUP201", "LEK101", "LEK102", "LEK201", "NOI101")
    audit = auditor.check(train, test=test, roles={"text": "text", "label": "category"}, data="banking77", select=codes)
    spent = time.process_time() - begun
    best = nearest(list(test.text), list(train.text))
    near = found(audit, "LEK201", "test", "train").all_rows
    listed = set(near.row.tolist())
    print(f"BANKING77 train + test ({spent:.1f} CPU-seconds, seven checks): {audit.verdict.upper()}")
    print(f"  raw-exact test-in-train               {count(audit, 'LEK101', 'test', 'train')}")
    print(f"  after normalisation                   {count(audit, 'LEK102', 'test', 'train')}")
    print(f"  repeated in train, after normalisation {count(audit, 'DUP102', 'train')}")
    print(f"  texts of train under two labels        {count(audit, 'NOI101', 'train') // 2}")
    for limit in (0.9, 0.8):
        true = set(np.flatnonzero(best >= limit - 1e-12).tolist())
        mine = {r for r, s in zip(near.row.tolist(), near.score.tolist(), strict=True) if s >= limit - 1e-12}
        print(f"  test rows at J >= {limit}: {len(mine & true)} of {len(true)} found, {len(mine - true)} false")
    print(f"  rows listed with positions: {len(listed)}")


def clinc(folder: Path) -> None:
    """Each oos list joined to the split of its name."""
    lists = json.loads((folder / "clinc_oos" / "data_small.json").read_text("utf-8"))
    frames = {n: pd.DataFrame(lists[n] + lists[f"oos_{n}"], columns=["text", "label"]) for n in ("train", "val", "test")}
    roles = {"text": "text", "label": "label"}
    codes = ("LEK101", "LEK102", "NOI101")
    audit = auditor.check(frames["train"], validation=frames["val"], test=frames["test"], roles=roles, data="clinc", select=codes)
    pairs = (("test", "train"), ("validation", "train"), ("test", "validation"))
    texts: dict[str, set[str]] = {"LEK101": set(), "LEK102": set()}
    names = {"validation": "val", "test": "test"}
    for code in texts:
        for split, other in pairs:
            finding = found(audit, code, split, other)
            rows = [] if finding is None else finding.all_rows.row.tolist()
            texts[code] |= {n1_text(frames[names[split]].text[i]) for i in rows}
    conflict = found(audit, "NOI101", "")
    families = len(set(conflict.all_rows.cluster.tolist()))
    print(f"CLINC150 small: {audit.verdict.upper()}")
    either = len(texts["LEK101"] | texts["LEK102"])
    print(f"  texts in more than one split: {len(texts['LEK101'])} raw, {either} after normalisation")
    for split, other in pairs:
        raw, both = count(audit, "LEK101", split, other), count(audit, "LEK102", split, other)
        print(f"  {split} rows in {other}: {raw} raw, {raw + both} after normalisation")
    print(f"  texts under more than one label: {families}, in {conflict.affected} rows")


def chain(seed: int) -> Any:
    """A bigram chain fitted on the project's own pages: word -> the words that follow it."""
    pages = [HOUSE / "README.md", HOUSE / "CONTRIBUTING.md", *sorted((HOUSE / "checks").rglob("*.py"))]
    words = [w for page in pages for w in n1_text(page.read_text("utf-8")).split()]
    follow: dict[str, list[str]] = defaultdict(list)
    for one, two in zip(words, words[1:] + words[:1], strict=True):
        follow[one].append(two)
    return follow, random.Random(seed)


def planted(texts: int, seed: int) -> tuple[list[str], list[int]]:
    """Texts and their family numbers: 25 % with a template, 2 % exact copies, 10 % in families of 1 to 4 edited copies."""
    follow, draw = chain(seed)
    vocabulary = list(follow)
    made: list[tuple[str, int]] = []
    family = 0
    while len(made) < texts:
        words = [draw.choice(vocabulary)]
        length = max(20, round(draw.lognormvariate(5.0, 0.4)))  # mean about 160 words
        while len(words) < length:
            words.append(draw.choice(follow[words[-1]]))
        head = [*draw.choice(TEMPLATES).split()] if draw.random() < 0.25 else []
        made.append((" ".join(head + words), family))
        if draw.random() < 0.022:
            made.append(made[-1])
        if draw.random() < 0.045:
            for _ in range(draw.randint(1, 4)):
                share, copy = draw.choice(EDITS), list(words)
                for i in draw.sample(range(length), max(1, round(share * length))):
                    copy[i] = draw.choice(vocabulary)
                made.append((" ".join(head + copy), family))
        family += 1
    made = made[:texts]
    draw.shuffle(made)
    return [t for t, _ in made], [f for _, f in made]


def families(texts: int, seed: int) -> None:
    """Recall and precision of DUP201 on planted families, and its cost."""
    rows, family = planted(texts, seed)
    begun = time.process_time()
    audit = auditor.check({"text": rows}, roles={"text": "text"}, data="planted", select=("DUP201",))
    spent = time.process_time() - begun
    hit = found(audit, "DUP201", "train").all_rows
    centre = {int(r): int(c) for r, c in zip(hit.row, hit.cluster, strict=True)}
    members: dict[int, list[int]] = defaultdict(list)
    for i, number in enumerate(family):
        members[number].append(i)
    wanted = sorted({i for m in members.values() if len(m) > 1 for i in m} | set(centre) | {int(t) for t in hit.twin_row})
    cut = dict(zip(wanted, sets([rows[i] for i in wanted], "words"), strict=True))
    bands: Counter[str] = Counter()
    for m in members.values():
        for a, i in enumerate(m):
            for j in m[a + 1 :]:
                value = len(cut[i] & cut[j]) / len(cut[i] | cut[j])
                if value >= 0.8:
                    bands["true"] += 1
                    bands["found"] += centre.get(i, i) == centre.get(j, j)
    right = sum(
        len(cut[r] & cut[t]) / len(cut[r] | cut[t]) >= 0.8 for r, t in zip(hit.row.tolist(), hit.twin_row.tolist(), strict=True)
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    recall, precision = bands["found"] / bands["true"], right / len(hit)
    print(f"planted families, {texts:,} texts, seed {seed}: {spent:.1f} CPU-seconds, peak {peak:,} MB with the benchmark itself")
    print(f"  recall {recall:.4f} of {bands['true']:,} pairs at J >= .8, precision {precision:.4f} of {len(hit):,} rows")


def main() -> None:
    """Prints the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("folder", nargs="?", type=Path, default=HOUSE.parent / "shared" / "data")
    options.add_argument("--texts", type=int, nargs="*", default=[20_000, 100_000])
    options.add_argument("--seed", type=int, default=7)
    given = options.parse_args()
    banking(given.folder)
    clinc(given.folder)
    for texts in given.texts:
        families(texts, given.seed)


if __name__ == "__main__":
    main()
