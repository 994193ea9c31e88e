"""Clean tables: 20 columns x 20,000 rows with nothing planted, two splits; how often does the audit alarm?

Run: python -m benchmarks.clean [--seeds 50] [--first 1000] [--variant independent|learnable|both] [--select CODES]
"""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import auditor
from auditor.model import Audit

LEVELS = (2, 3, 5, 8, 20, 50)
CLASSES = ("north", "south", "west")
HELD_OUT = 0.2


def numbers(rng: np.random.Generator, n: int) -> dict[str, NDArray[np.float64]]:
    """Twelve columns of different shapes, all honest."""
    side = rng.random(n) < 0.4
    return {
        "normal": rng.normal(10, 3, n),
        "uniform": rng.uniform(0, 1, n),
        "exponential": rng.exponential(5, n),
        "lognormal": rng.lognormal(1, 0.7, n),
        "gamma": rng.gamma(2.5, 4, n),
        "beta": rng.beta(2, 5, n),
        "student": rng.standard_t(5, n),
        "two_humps": np.where(side, rng.normal(-3, 1, n), rng.normal(2, 0.8, n)),
        "counts": rng.poisson(6, n).astype(float),
        "whole": rng.integers(0, 101, n).astype(float),
        "cents": np.round(rng.gamma(3, 20, n), 2),
        "logistic": rng.logistic(0, 1, n),
    }


def table(seed: int, learnable: bool, n: int = 20_000) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Train and test: 12 numbers, 6 categories, an id and a label of three classes, all drawn independently.

    `learnable`: the label follows three of the columns with logistic noise, as an honest task would.
    """
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({"id": [f"row-{i:06d}" for i in range(n)], **numbers(rng, n)})
    for levels in LEVELS:
        weights = rng.dirichlet(np.full(levels, 8.0))
        frame[f"kind_{levels}"] = np.array([f"k{j:02d}" for j in range(levels)])[rng.choice(levels, n, p=weights)]
    scores = rng.gumbel(size=(n, 3))
    if learnable:
        signal = np.stack([(frame[c] - frame[c].mean()) / frame[c].std() for c in ("normal", "two_humps", "gamma")], axis=1)
        scores += 1.5 * signal @ rng.normal(size=(3, 3))
    frame["label"] = np.array(CLASSES)[np.argmax(scores, axis=1)]
    held = rng.random(n) < HELD_OUT
    return frame[~held].reset_index(drop=True), frame[held].reset_index(drop=True)


def audits(seeds: range, variants: tuple[bool, ...], select: tuple[str, ...]) -> Iterator[tuple[int, bool, Audit, float]]:
    for seed in seeds:
        for learnable in variants:
            train, test = table(seed, learnable)
            begun = time.process_time()
            audit = auditor.check(train, test=test, roles=auditor.Roles(label="label", id="id"), select=select, seed=seed)
            yield seed, learnable, audit, time.process_time() - begun


def statistical(code: str) -> bool:
    """Codes of the 2xx and 3xx ranges: judged by a statistic rather than by structure."""
    return code[3] in "23"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=50)
    parser.add_argument("--first", type=int, default=1000)
    parser.add_argument("--variant", choices=("independent", "learnable", "both"), default="both")
    parser.add_argument("--select", default="", help="codes or prefixes, with commas; default all")
    given = parser.parse_args()
    variants = {"independent": (False,), "learnable": (True,), "both": (False, True)}[given.variant]
    select = tuple(x for x in given.select.split(",") if x)
    by: dict[str, Counter[str]] = {}
    seconds = 0.0
    for seed, learnable, audit, took in audits(range(given.first, given.first + given.seeds), variants, select):
        count = by.setdefault("learnable" if learnable else "independent", Counter())
        seconds += took
        codes = sorted({(f.level, f.code) for f in audit.findings})
        warned = [code for level, code in codes if level != "note" and statistical(code)]
        broken = [o.code for o in audit.outcomes if o.status == "error"]
        count["audits"] += 1
        count["FAIL"] += audit.verdict == "fail"
        count["incomplete"] += audit.verdict == "incomplete"
        count["any statistical warning"] += bool(warned)
        count.update({f"{level} {code}": 1 for level, code in codes})
        count.update({f"broken {code}": 1 for code in broken})
        print(seed, learnable, audit.verdict, f"{took:.1f} s", *(f"{c}:{level}" for level, c in codes), *broken, flush=True)
    for variant, count in by.items():
        print(f"\n{variant}\n| | of {count['audits']} audits |\n|---|---|")
        for what, times in sorted(count.items(), key=lambda item: (item[0] not in ("FAIL", "any statistical warning"), item)):
            if what != "audits":
                print(f"| {what} | {times} |")
    print(f"\n{seconds:.0f} CPU-seconds")


if __name__ == "__main__":
    main()
