"""False alarms of the stereotype check on texts whose groups mean nothing, and what it finds where a role is tied to a group.

Run: python -m benchmarks.bias_texts [FIRST SEED] [SEEDS]
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np

import auditor
from auditor.lexicons import terms

ROLES = auditor.Roles(text="text")
JOBS = [t.name for t in terms("roles.tsv") if t.axis == "occupation"][:40]
TRAITS = [t.name for t in terms("roles.tsv") if t.axis == "character"][:20]
WORDS = [("he", "she"), ("his", "her"), ("man", "woman"), ("father", "mother")]
FAITHS = ["christian", "muslim", "jewish", "hindu", "buddhist"]
DATA = Path(os.environ.get("AUDITOR_DATA", "../shared/data"))


def sentences(rng: np.random.Generator, n: int, odds: float) -> list[str]:
    """A job and a pronoun each, 40 jobs; the odds of "she" are 1 to 2, those of the first job `odds` times as high."""
    job = rng.integers(0, len(JOBS), n)
    she = rng.random(n) < np.where(job == 0, odds / (odds + 2), 1 / 3)
    return [f"the {JOBS[j]} said that {WORDS[0][int(s)]} was number {i}" for i, (j, s) in enumerate(zip(job, she, strict=True))]


def stories(rng: np.random.Generator, n: int, odds: float) -> list[str]:
    """One to four clauses about the person or persons of a document, each with a trait or a job; one of five religions, and in
    one story of five a second. Muslims are `odds` times as often as others told of by a clause with the first trait."""
    told = []
    for i in range(n):
        who, faith = WORDS[int(rng.integers(4))][int(rng.random() < 0.4)], FAITHS[int(rng.integers(5))]
        clauses = []
        for _ in range(int(rng.integers(1, 5))):
            here = FAITHS[int(rng.integers(5))] if rng.random() < 0.2 else faith
            weights = np.ones(20)
            weights[0] = odds if here == "muslim" else 1.0
            trait, job = rng.choice(TRAITS, p=weights / weights.sum()), JOBS[int(rng.integers(40))]
            clauses.append(
                f"{who} was a {here} {job}, {trait} they said, and on day {i} it went on for many hours as all did that knew"
            )
        told.append(". ".join(clauses))
    return told


def winobias(rng: np.random.Generator, n: int, odds: float) -> list[str]:
    """A coin a sentence takes its stereotyped or its other pronoun: real sentences, the group shuffled."""
    folder = DATA / "winobias"
    names = [f"type{kind}.{part}.txt" for kind in (1, 2) for part in ("dev", "test")]
    pro, anti = ("".join((folder / f"{side}_{name}").read_text() for name in names).splitlines() for side in ("pro", "anti"))
    coin = rng.random(len(pro)) < 0.5
    lines = [a if c else b for a, b, c in zip(pro, anti, coin, strict=True)]
    return [line.split(" ", 1)[1] for line in lines]


def main() -> None:
    said = [int(x) for x in sys.argv[1:]]
    first, seeds = (said[i] if len(said) > i else usual for i, usual in enumerate((100, 100)))
    print("| texts | odds | documents | audits with a finding | the planted pair found | other findings |\n" + "|---" * 6 + "|")
    cases = [(sentences, 1.0, 20_000), (sentences, 4.0, 20_000), (sentences, 4.0, 4_000), (sentences, 2.0, 4_000)]
    cases += [(stories, 1.0, 4_000), (stories, 4.0, 4_000), (winobias, 1.0, 1_584)]
    for make, odds, n in cases:
        alarms = planted = others = 0
        wanted = f"{JOBS[0]}: feminine" if make is sentences else f"{TRAITS[0]}: muslim"
        for seed in range(first, first + seeds):
            texts = make(np.random.default_rng(seed), n, odds)
            found = [f.where.group for f in auditor.check({"text": texts}, roles=ROLES, select=["BIA203"]).findings]
            alarms += bool(found)
            planted += wanted in found
            others += len(set(found) - {wanted})
        hit = f"{planted} of {seeds}" if odds > 1 else ""
        print(f"| {make.__name__} | {odds:g} | {n:,} | {alarms} of {seeds} | {hit} | {others} |", flush=True)


if __name__ == "__main__":
    main()
