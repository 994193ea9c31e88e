"""Prediction bias: speed on a million rows, false fails by counts, power at the stated detectable gap.

Run: python -m benchmarks.bias_predictions [--rows 1000000] [--runs 1000] [--part speed|fails|power]
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

import auditor
from auditor.rows import Setting
from auditor.statistics.comparisons import judged, tolerance
from auditor.statistics.confusion import average_odds, entropies, parts, quotient
from auditor.statistics.counts import tables_whole, tables_within
from auditor.statistics.power import detectable_gap
from auditor.statistics.proportions import newcombe, ratio
from auditor.tallies.prediction_gaps import FAMILY, Place, measure, simultaneous

METRICS = {
    "selection_rate": "selection_rate_ratio",
    "true_positive_rate": "recall_difference",
    "false_positive_rate": "false_positive_rate_difference",
    "precision": "acceptance_rate_difference",
    "negative_predictive_value": "rejection_rate_difference",
    "accuracy": "accuracy_difference",
}
SIZES = ((100,) * 5, (400,) * 5, (2_000,) * 5, (5_000, 1_000, 500, 200, 100))
CHECKED = 10  # runs a line whose verdicts are compared with those of the whole path
TOLERANCE = {"selection_rate": tolerance(0.8), "accuracy": (-0.05, 0.05)}  # of the checks; the others .10


def heading(title: str, *columns: str) -> None:
    """A title and the head of a Markdown table."""
    print(f"\n{title}\n\n| {' | '.join(columns)} |\n|{'---|' * len(columns)}", flush=True)


def million(rows: int) -> pa.Table:
    """Three attributes of 2, 5 and 8 groups, a label, a prediction, its score and two strata; no gap is planted."""
    rng = np.random.default_rng(1)
    score = rng.beta(2, 3, rows)
    columns: dict[str, Any] = {
        name: pa.DictionaryArray.from_arrays(rng.integers(0, k, rows), [f"{name}{i}" for i in range(k)]).cast(pa.string())
        for name, k in (("sex", 2), ("race", 5), ("region", 8), ("job", 10), ("school", 6))
    }
    return pa.table({**columns, "y": (rng.random(rows) < score).astype(int), "said": (score > 0.5).astype(int), "score": score})


def speed(rows: int) -> None:
    """10,000 replicates, and the bias section by check."""
    table = million(rows)
    heading("10,000 bootstrap replicates of the counts of 5 groups", "metric", "seconds")
    counts = np.random.default_rng(0).multinomial(rows, np.full(20, 1 / 20)).reshape(5, 4)
    for name, what in {
        "average odds, 4 pairs": lambda: average_odds(*(lambda d: (d[:, :1], d[:, 1:]))(tables_within(counts))),
        "recall, 5 groups": lambda: quotient(tables_within(counts), "true_positive_rate"),
        "generalised entropy, whole table": lambda: entropies(tables_whole(counts.sum(axis=0))),
    }.items():
        begun = time.process_time()
        what()
        print(f"| {name} | {time.process_time() - begun:.2f} |", flush=True)
    roles = auditor.Roles(label="y", prediction="said", probabilities="score", sensitive=("sex", "race", "region"))
    codes = tuple(f"BIA{n}" for n in (101, 102, 103, 104, 105, 106, 107, 108, 207, 208, 209, *range(302, 313), 402))
    known = {c.code for c in auditor.check({"a": [1]}, select=("BIA",)).outcomes}
    codes = tuple(c for c in codes if c in known)
    heading(f"Bias section, {rows:,} rows x 3 attributes", "part", "CPU-seconds", "wall seconds")
    begun, wall = time.process_time(), time.perf_counter()
    audit = auditor.check(table, roles=roles, select=codes, workers=1)
    print(f"| whole ({len(codes)} checks) | {time.process_time() - begun:.1f} | {time.perf_counter() - wall:.1f} |")
    for o in sorted(audit.outcomes, key=lambda o: -o.seconds)[:6]:
        print(f"| judging {o.code} ({o.status}) | {o.seconds:.2f} | |")
    print(f"\nfindings on rows without a gap: {[f.code for f in audit.findings]}")


def place(counts: NDArray[np.int64]) -> Place:
    """Counts by group as a place of an audit; the first group is the reference."""
    predicted = np.stack([0 * counts[:, 0], 0 * counts[:, 0], counts[:, 0] + counts[:, 2], counts[:, 1] + counts[:, 3]], axis=1)
    right = np.stack([counts[:, 0] + counts[:, 3], counts[:, 1] + counts[:, 2], 0 * counts[:, 0], 0 * counts[:, 0]], axis=1)
    return Place(
        split="test",
        attribute="g",
        label="1",
        one_of_many=False,
        groups=tuple(f"g{i}" for i in range(len(counts))),
        at=0,
        predicted=predicted,
        confusion=counts,
        right=right,
        unpredicted=0,
    )


def audited(counts: NDArray[np.int64], within: dict[str, tuple[float, float]], seed: int) -> list[str]:
    """The verdict of every gap of the six metrics, as an audit gives them."""
    setting = Setting(data="x", roles=auditor.Roles(), columns=(), splits=(), seed=seed)
    every = (measure([place(counts)], rate, (METRICS[rate],), within[rate], setting) for rate in FAMILY)
    by = [{g.i: str(g.main.verdict) for g in gaps} for found in every for gaps in found]
    return [one[i] for one in by for i in sorted(one)]


def verdicts(counts: NDArray[np.int64], within: dict[str, tuple[float, float]], z: float) -> list[str]:
    """The same by the same limits, without the rows that would decide: a hundred times as fast. z is given."""
    here = place(counts)
    setting = Setting(data="x", roles=auditor.Roles(), columns=(), splits=())
    said = []
    for rate in FAMILY:
        unfit = here.unjudged(rate, setting)
        k, n = (x.tolist() for x in parts(here.counts(rate), rate))
        for i in range(1, len(counts)):
            if unfit[i] or unfit[0]:
                said.append("inconclusive")
            elif rate == "selection_rate":
                said.append(judged(*ratio(k[i], n[i], k[0], n[0], z), within[rate]) if k[0] or k[i] else "inconclusive")
            else:
                said.append(judged(*newcombe(k[0], n[0], k[i], n[i], z), within[rate]))
    return said


def fails(runs: int) -> None:
    """Runs in which any of 4 groups x 6 metrics fails although no gap is larger than its tolerance."""
    columns = ("rows of the groups", "gaps", "z", "audits with a fail", "pass / fail / inconclusive", "as in a whole audit")
    heading(f"False fails an audit, 5 groups x 6 metrics, {runs:,} runs a line", *columns)
    base = np.array([0.32, 0.08, 0.10, 0.50])  # label rate .4, recall .8, false positive rate 1/6
    other = np.array([0.26, 0.14, 0.07, 0.53])
    for sizes in SIZES:
        for name, cells in (("0", base), ("at tolerance", other)):
            rates = {r: (_rate(base, r), _rate(cells, r)) for r in FAMILY}
            within = {r: _within(r, *rates[r]) if name != "0" else TOLERANCE.get(r, (-0.1, 0.1)) for r in FAMILY}
            rng = np.random.default_rng(5)
            setting = Setting(data="x", roles=auditor.Roles(), columns=(), splits=())
            expected = np.stack([np.rint(n * (base if i == 0 else cells)).astype(np.int64) for i, n in enumerate(sizes)])
            z = simultaneous([place(expected)], setting)
            failed, same, said = 0, 0, dict.fromkeys(("pass", "fail", "inconclusive"), 0)
            for run in range(runs):
                counts = np.stack([rng.multinomial(n, base if i == 0 else cells) for i, n in enumerate(sizes)])
                found = verdicts(counts, within, z)
                failed += "fail" in found
                same += run < CHECKED and found == audited(counts, within, run)
                for v in found:
                    said[v] += 1
            share = " / ".join(f"{100 * n / sum(said.values()):.1f}" for n in said.values())
            rows = f"{sizes[0]:,} each" if len(set(sizes)) == 1 else ", ".join(f"{n:,}" for n in sizes)
            wrong = f"{failed} ({100 * failed / runs:.1f} %)"
            print(f"| {rows} | {name} | {z:.2f} | {wrong} | {share} % | {same} of {min(runs, CHECKED)} |", flush=True)


def _rate(cells: NDArray[np.float64], rate: str) -> float:
    """The value in the population."""
    return float(quotient(cells, rate))


def _within(rate: str, reference: float, group: float) -> tuple[float, float]:
    """The tolerance at whose very edge the gap between these two rates lies."""
    if rate == "selection_rate":
        return tolerance(min(group / reference, reference / group))
    gap = abs(reference - group)
    return -gap, gap


def power(runs: int) -> None:
    """Share of runs in which the Newcombe interval excludes 0 at the stated minimum detectable gap."""
    heading(
        f"Power at the stated detectable gap, {runs:,} runs",
        "rows of the reference",
        "of the group",
        "rate",
        "gap",
        "told from 0",
    )
    rng = np.random.default_rng(9)
    for n_ref, n in ((30, 30), (100, 100), (1_000, 100), (1_000, 1_000), (10_000, 300)):
        for p in (0.1, 0.3, 0.5):
            gap = detectable_gap(p, n_ref, n)
            if gap is None:
                print(f"| {n_ref:,} | {n:,} | {p} | none | |")
                continue
            k_ref, k = rng.binomial(n_ref, p, runs), rng.binomial(n, min(1.0, p + gap), runs)
            ends = [newcombe(a, n_ref, b, n) for a, b in zip(k_ref.tolist(), k.tolist(), strict=True)]
            told = float(np.mean([low > 0 or high < 0 for low, high in ends]))
            print(f"| {n_ref:,} | {n:,} | {p} | {gap:.3f} | {told:.1%} |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=1_000)
    parser.add_argument("--part", choices=("speed", "fails", "power", "all"), default="all")
    args = parser.parse_args()
    if args.part in ("speed", "all"):
        speed(args.rows)
    if args.part in ("power", "all"):
        power(args.runs)
    if args.part in ("fails", "all"):
        fails(args.runs)


if __name__ == "__main__":
    main()
