"""Label bias: known answers on real data, coverage of the intervals by enumeration, false fails and power.

Run: python -m benchmarks.bias [--data ../shared/data] [--runs 1000]
"""

from __future__ import annotations

import argparse
import itertools
import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

import auditor
from auditor.statistics.comparisons import rate_ratio, tolerance
from auditor.statistics.counts import critical_value
from auditor.statistics.power import detectable_gap
from auditor.statistics.proportions import newcombe, wilson

SIZES = (10, 30, 50, 100, 1_000, 10_000)
RATES = (0.05, 0.1, 0.3, 0.5)
COMPARED = ("split", "metric", "known", "measured", "95 %", "simultaneous", "verdict")
TAIL = 1e-10  # binomial probability below which an outcome is left out of the enumeration


def heading(title: str, *columns: str) -> None:
    """A title and the head of a Markdown table."""
    print(f"\n{title}\n\n| {' | '.join(columns)} |\n|{'---|' * len(columns)}")


def adult(data: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Train and test as they lie there: a blank after each comma."""
    return tuple(pd.read_csv(data / "adult" / name, skipinitialspace=True) for name in ("adult.data", "adult.test"))  # type: ignore[return-value]  # a pair


def dotted(frame: pd.DataFrame) -> pd.DataFrame:
    """With the trailing dots that the labels of the original test file carry."""
    return frame.assign(classification=frame["classification"] + ".")


def german(data: Path) -> pd.DataFrame:
    """German credit with the two columns age < 25 and age <= 25; label 1 is good."""
    frame = pd.read_csv(data / "german_credit" / "german.data", sep="\t", header=None)
    frame.columns = pd.Index([f"c{i + 1}" for i in range(frame.shape[1])])
    return frame.assign(age_below_25=frame.c13 < 25, age_to_25=frame.c13 <= 25)


def known_answers(data: Path) -> None:
    train, test = adult(data)
    roles = auditor.Roles(label="classification", sensitive=("sex", "race"))
    audit = auditor.check(train, test=test, roles=roles, positive=">50K", select=("BIA", "IMB103", "SHF102", "SHF202", "NOI103"))
    wanted = {
        ("train", "label_rate_difference"): 0.196276,
        ("train", "label_rate_ratio"): 0.358023,
        ("train", "class_imbalance"): 0.338411,
        ("test", "label_rate_difference"): 0.190980,
        ("test", "label_rate_ratio"): 0.363010,
        ("test", "class_imbalance"): 0.334070,
    }
    heading("Adult, sex, Female against Male", *COMPARED)
    for c in (audit.bias or {})["comparisons"]:
        if c["attribute"] == "sex":
            _line(c, wanted.get((c["split"], c["metric"])))
    print("\n" + next(f.message for f in audit.findings if f.code == "BIA102" and f.where.split == "train"))
    heading("Adult, crossings of sex and race in train", "group", "rows", "rate")
    for g in (audit.bias or {})["groups"]:
        if g["attribute"] == "sex x race" and g["split"] == "train":
            print(f"| {g['group']} | {g['n']:,} | {g['metrics']['positive_rate']['value']:.6f} |")
    audit = auditor.check(train, test=dotted(test), roles=roles, positive=">50K", select=("IMB103", "SHF102", "NOI103"))
    print(
        "\nAdult with the trailing dots of the test labels: "
        + "; ".join(f"{f.code} {f.level}: {f.message}" for f in audit.findings)
    )
    frame = german(data)
    heading("German credit, d against a", *COMPARED)
    for column, known in (("age_below_25", 0.821248), ("age_to_25", 0.794826)):
        audit = auditor.check(frame, roles=auditor.Roles(label="c21", sensitive=column), positive="1", select=("BIA102",))
        for c in (audit.bias or {})["comparisons"]:
            if c["metric"] == "label_rate_ratio":
                _line({**c, "split": column}, known)
        print(f"\n{audit.outcomes[0].status}: {audit.outcomes[0].reason}\n")


def _line(c: dict[str, Any], known: float | None) -> None:
    def ends(low: str, high: str) -> str:
        return "" if c[low] is None else f"({c[low]:.6f}, {c[high]:.6f})"

    said = "" if known is None else f"{known:.6f}"
    print(
        f"| {c['split']} | {c['metric']} | {said} | {c['value']:.6f} | {ends('low', 'high')} | "
        f"{ends('simultaneous_low', 'simultaneous_high')} | {c['verdict'] or ''} |"
    )


def outcomes(n: int, p: float) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Counts that are not too improbable, and their probabilities."""
    from scipy.stats import binom

    k = np.arange(n + 1)
    probability = binom.pmf(k, n, p)
    return k[probability > TAIL], probability[probability > TAIL]


def coverage() -> None:
    cells = []
    for (n1, n2), p in itertools.product(itertools.combinations_with_replacement(SIZES, 2), RATES):
        (k1, w1), (k2, w2) = outcomes(n1, p), outcomes(n2, p)
        inside = [[low <= 0 <= high for b in k2 for low, high in [newcombe(int(a), n1, int(b), n2)]] for a in k1]
        cells.append((float(w1 @ np.array(inside, float) @ w2), n1, n2, p))
    ones = []
    for n, p in itertools.product(SIZES, RATES):
        k, w = outcomes(n, p)
        ones.append((float(w @ np.array([low <= p <= high for a in k for low, high in [wilson(int(a), n)]], float)), n, p))
    heading("Coverage of nominal 95 % intervals by enumeration", "interval", "cells", "lowest", "at", "mean", "wanted")
    low, mean = min(cells), np.mean([c[0] for c in cells])
    print(f"| Newcombe | {len(cells)} | {low[0]:.4f} | {low[1]} v {low[2]} at {low[3]} | {mean:.4f} | .925, .945 |")
    one = min(ones)
    print(f"| Wilson | {len(ones)} | {one[0]:.4f} | {one[1]} at {one[2]} | {np.mean([c[0] for c in ones]):.4f} | .91, .935 |")


def power() -> None:
    heading("Power at the stated minimum detectable gap, enumerated", "reference rows", "rows", "rate", "gap", "told from 0")
    for n_ref, n, p in itertools.product((100, 1_000, 10_000), (30, 100, 1_000), (0.1, 0.3, 0.5)):
        gap = detectable_gap(p, n_ref, n)
        if gap is None:
            continue
        (k1, w1), (k2, w2) = outcomes(n_ref, p), outcomes(n, p + gap if p <= 0.5 else p - gap)
        told = [[not low <= 0 <= high for b in k2 for low, high in [newcombe(int(a), n_ref, int(b), n)]] for a in k1]
        print(f"| {n_ref:,} | {n:,} | {p} | {gap:.3f} | {float(w1 @ np.array(told, float) @ w2):.3f} |")


def false_fails(runs: int) -> None:
    """One attribute of five groups and a reference; a fail of any group is a false one at gap 0 and at the tolerance."""
    names = ("reference rows", "rows a group", "rate", "ratio", "false fails", "wanted")
    heading(f"False fails an audit, {runs:,} runs, five groups", *names)
    rng = np.random.default_rng(7)
    within = tolerance(0.8)
    for (n_ref, n), p, ratio in itertools.product(((1_000, 50), (1_000, 300), (20_000, 2_000)), (0.1, 0.3), (1.0, 0.8)):
        failed = 0
        for run in range(runs):
            k_ref, ks = int(rng.binomial(n_ref, p)), rng.binomial(n, p * ratio, 5)
            z = critical_value([([k_ref, *ks.tolist()], [n_ref, *[n] * 5], 0)], draws=2_000, seed=run)
            failed += any(rate_ratio("r", int(k), n, k_ref, n_ref, z=z, within=within).verdict == "fail" for k in ks)
        print(f"| {n_ref:,} | {n:,} | {p} | {ratio} | {failed / runs:.3f} | .05 |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("AUDITOR_DATA", "../shared/data")))
    parser.add_argument("--runs", type=int, default=1000)
    given = parser.parse_args()
    known_answers(given.data)
    coverage()
    power()
    false_fails(given.runs)


if __name__ == "__main__":
    main()
