"""Label noise, outliers, proxies and target proxies: what the checks measure where the truth is known.

Run: python -m benchmarks.noise [rate|labels|outliers|null|proxies|all] [--rows 20000] [--seeds 10] [--first 200]
Planted seeds are those from --first on; the limits were settled on others.
"""

from __future__ import annotations

import argparse
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from auditor import audit
from auditor.model import Audit
from auditor.rows import Roles

DATA = Path(os.environ.get("AUDITOR_DATA", Path(__file__).parents[2] / "shared" / "data"))
RATES = (0.0, 0.02, 0.10, 0.20, 0.40)
Floats = np.ndarray[Any, np.dtype[np.float64]]


def noisy(seed: int, n: int, rate: float, apart: float = 1.5) -> tuple[pd.DataFrame, np.ndarray[Any, np.dtype[np.bool_]]]:
    """PF3: 14 floats, four classes, this share of the labels turned uniformly; and which rows."""
    from sklearn.datasets import make_classification

    x, y = make_classification(n, 14, n_informative=8, n_classes=4, class_sep=apart, flip_y=0, random_state=seed)
    rng = np.random.default_rng(seed)
    turned = np.zeros(n, bool)
    turned[rng.choice(n, round(rate * n), replace=False)] = True
    label = np.where(turned, (y + rng.integers(1, 4, n)) % 4, y)
    frame = pd.DataFrame({f"f{j:02d}": x[:, j] for j in range(14)})
    return frame.assign(label=np.array(["a", "b", "c", "d"])[label]), turned


def audited(frame: pd.DataFrame, *codes: str, **roles: Any) -> Audit:
    """The audit by these checks alone."""
    return audit.run(audit.Request(train=frame, data="noise", roles=Roles(**roles), select=codes, workers=1))


def rate(n: int, seeds: range) -> None:
    """Does the noise-rate interval cover the planted share?"""
    print(f"noise rate, {n:,} rows, seeds {seeds.start}-{seeds.stop - 1}\n"
          f"| classes | planted | covered | mean | mean interval | warnings | errors |")  # fmt: skip
    for apart, name in ((1.5, "PF3"), (0.7, "overlapping")):
        for share in RATES:
            found, levels = [], []
            for seed in seeds:
                frame, _ = noisy(seed, n, share, apart)
                done = audited(frame, "NOI307", label="label")
                effect = done.outcomes[0].measured[0].effect
                found.append((effect.value or 0.0, effect.low or 0.0, effect.high or 0.0))
                levels += [f.level for f in done.findings]
            a = np.array(found)
            covered = int(((a[:, 1] <= share) & (share <= a[:, 2])).sum())
            value, low, high = a.mean(axis=0)
            print(f"| {name} | {share:.2f} | {covered} of {len(a)} | {value:.4f} | {low:.4f}-{high:.4f} |"
                  f" {levels.count('warning')} | {levels.count('error')} |", flush=True)  # fmt: skip


def labels(n: int, seeds: range) -> None:
    """The rows of NOI301 and those of cleanlab on the same probabilities."""
    from cleanlab.filter import find_label_issues
    from sklearn.metrics import average_precision_score

    from auditor import derive
    from auditor.tallies.predicted import Predicted

    print("| seed | planted | listed: precision | recall | cleanlab: precision | recall | AP |")
    for seed in seeds:
        for share in RATES[1:]:
            frame, turned = noisy(seed, n, share)
            request = audit.Request(train=frame, roles=Roles(label="label"), data="noise")
            sources = audit.open_sources(request)
            setting, _, _ = audit.look_at(sources, request.roles, request)
            made = derive.run(["probabilities"], setting, lambda c: audit.batches_of(sources, setting, c), request.progress)  # noqa: B023
            tally = Predicted()
            for batch in audit.batches_of(sources, setting, ("label",), made.by_split):
                tally = tally + Predicted.of(batch)
            judged = tally.of_split("train")
            assert judged is not None
            mask = find_label_issues(judged.labels, judged.probabilities, filter_by="prune_by_noise_rate", n_jobs=1)
            rows = audited(frame, "NOI301", label="label").rows()
            own = np.zeros(n, bool)
            own[rows.row.to_numpy(int)] = True
            (p, r), (pc, rc) = hits(own, turned), hits(mask, turned)
            ap = average_precision_score(turned, 1 - judged.own)
            print(f"| {seed} | {share:.2f} | {p:.3f} | {r:.3f} | {pc:.3f} | {rc:.3f} | {ap:.3f} |", flush=True)


def hits(found: Any, true: Any) -> tuple[float, float]:
    """(precision, recall)."""
    both = float((found & true).sum())
    return both / max(1.0, float(found.sum())), both / max(1.0, float(true.sum()))


def strayed(seed: int, n: int, rank: int, own: float) -> tuple[pd.DataFrame, Any, Any]:
    """PF6: 14 correlated normals (`rank` factors, own variance `own`), 500 rows x 12, 500 with the sign of two turned."""
    rng = np.random.default_rng(seed)
    loads = rng.normal(size=(14, rank))
    cov = loads @ loads.T + np.diag(rng.uniform(0.5, 1.5, 14) * own)
    spread = np.sqrt(np.diag(cov))
    cov = cov / spread[:, None] / spread
    x = rng.multivariate_normal(np.zeros(14), cov, n)
    picked = rng.permutation(n)
    scale, sign = picked[:500], picked[500:1000]
    i, j = np.unravel_index(np.argmax(np.abs(cov - np.eye(14))), cov.shape)
    x[scale] *= 12
    x[np.ix_(sign, [i, j])] *= -1
    return pd.DataFrame(x, columns=[f"f{k:02d}" for k in range(14)]), scale, sign


def outliers(n: int, seeds: range) -> None:
    """Wrong scale and wrong direction."""
    print("| seed | factors, own variance | check | precision | recall of scale | recall of direction |")
    for seed in seeds:
        for rank, own in ((3, 0.3), (3, 0.02)):
            frame, scale, sign = strayed(seed, n, rank, own)
            rows = audited(frame, "NOI203", "NOI204").rows()
            for code in ("NOI203", "NOI204"):
                found = np.zeros(n, bool)
                found[rows.loc[rows.code == code, "row"].to_numpy(int)] = True
                true = np.zeros(n, bool)
                true[scale] = true[sign] = True
                p = hits(found, true)[0]
                print(f"| {seed} | {rank}, {own} | {code} | {p:.3f} | {found[scale].mean():.3f} | {found[sign].mean():.3f} |",
                      flush=True)  # fmt: skip


def null(n: int, seeds: range) -> None:
    """Clean columns: does anything fire?"""
    print("| columns | findings of NOI203, 204, 301, 307, 310, LEK202, 206 in all seeds |")
    makers = {
        "normal": lambda r: r.normal(size=(n, 20)),
        "t3": lambda r: r.standard_t(3, size=(n, 20)),
        "log-normal": lambda r: np.exp(r.normal(size=(n, 20))),
        "exponential": lambda r: r.exponential(size=(n, 20)),
    }
    for name, make in makers.items():
        said: list[str] = []
        for seed in seeds:
            rng = np.random.default_rng(seed)
            frame = pd.DataFrame(make(rng), columns=[f"f{k:02d}" for k in range(20)])
            done = audited(frame.assign(label=rng.choice(["a", "b", "c"], n)), "NOI2", "NOI3", "LEK202", "LEK206", label="label")
            said += [f"{f.code} {f.level}" for f in done.findings]
        print(f"| {name} | {len(said)} {sorted(set(said))} |", flush=True)


def proxies(n: int, seeds: range) -> None:
    """Adult's sex from its other columns; columns that tell the label of Bank, breast cancer and Adult."""
    from sklearn.datasets import load_breast_cancer

    adult = pd.read_csv(DATA / "adult" / "adult.data", skipinitialspace=True, na_values="?").rename(columns=str.strip)
    done = audited(adult, "BIA301", "LEK202", "NOI301", label="classification", sensitive=("sex",))
    show(done)
    show(audited(pd.read_csv(DATA / "bank_marketing" / "bank-full.csv"), "LEK202", "NOI301", label="y"))
    cancer = load_breast_cancer(as_frame=True).frame
    show(audited(cancer.assign(target=cancer.target.map({0: "malignant", 1: "benign"})), "LEK202", "NOI301", label="target"))


def show(done: Audit) -> None:
    for outcome in done.outcomes:
        print(f"{outcome.code} {outcome.status} {outcome.reason}", flush=True)
    for f in done.findings:
        print(f"  {f.code} {f.level}: {f.message}")
        for table in f.evidence if f.code == "BIA301" else ():
            print(f"    {getattr(table, 'rows', '')}")


PARTS = {"rate": rate, "labels": labels, "outliers": outliers, "null": null, "proxies": proxies}


def main() -> None:
    """Prints the tables that were asked for."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("part", nargs="?", default="all", choices=[*PARTS, "all"])
    options.add_argument("--rows", type=int, default=20_000)
    options.add_argument("--seeds", type=int, default=10)
    options.add_argument("--first", type=int, default=200)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["AUDITOR_CACHE"] = folder
        for name in PARTS if given.part == "all" else (given.part,):
            PARTS[name](given.rows, range(given.first, given.first + given.seeds))


if __name__ == "__main__":
    main()
