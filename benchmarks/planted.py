"""The planted table: 100,000 rows with four known faults, a pure function of the seed; and what the audit finds of them.

Run: python -m benchmarks.planted [--seed 100] [--keep FOLDER]
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

LEVELS = (3, 8, 30, 200)
CLASSES = ("alpha", "beta", "gamma", "delta")


def make(seed: int, n: int = 100_000, noise: float = 0.10) -> tuple[pd.DataFrame, pd.DataFrame, dict[str, Any]]:
    """Train (80 %), test (20 %) and the truth: row positions by split of flipped labels, outliers, nulls and copies.

    In this order: labels flipped uniformly, all floats of 500 rows x 12, 8 % nulls in one column, 1,000 rows copied
    under a new id, shuffled, split at random so that copies cross the split.
    """
    from sklearn.datasets import make_classification

    rng = np.random.default_rng(seed)
    x, y = make_classification(
        n, 14, n_informative=8, n_classes=4, class_sep=1.5, flip_y=0, shuffle=True, random_state=int(rng.integers(2**31))
    )
    frame = pd.DataFrame({f"f{j:02d}": x[:, j] for j in range(14)})
    for levels in LEVELS:
        weights = rng.dirichlet(np.full(levels, 5.0))
        frame[f"c{levels}"] = np.array([f"v{k:03d}" for k in range(levels)])[rng.choice(levels, n, p=weights)]
    flipped = np.zeros(n, bool)
    flipped[rng.choice(n, round(noise * n), replace=False)] = True
    y = np.where(flipped, (y + rng.integers(1, 4, n)) % 4, y)
    frame["label"] = np.array(CLASSES)[y]
    frame["key"] = [f"k{i:07d}" for i in range(n)]

    wild = np.zeros(n, bool)
    wild[rng.choice(n, 500 * n // 100_000, replace=False)] = True
    floats = [c for c in frame if c.startswith("f")]
    frame.loc[wild, floats] *= 12
    gone = np.zeros(n, bool)
    gone[rng.choice(n, round(0.08 * n), replace=False)] = True
    frame.loc[gone, "f05"] = np.nan

    frame["flipped"], frame["wild"], frame["gone"], frame["family"] = flipped, wild, gone, np.arange(n)
    copies = frame.iloc[rng.choice(n, n // 100, replace=False)].copy()
    copies["key"] = [f"k{i:07d}" for i in range(n, n + len(copies))]
    frame = pd.concat([frame, copies], ignore_index=True).sample(frac=1, random_state=int(rng.integers(2**31)))
    in_test = np.zeros(len(frame), bool)
    in_test[rng.choice(len(frame), round(0.2 * len(frame)), replace=False)] = True
    train, test = frame[~in_test].reset_index(drop=True), frame[in_test].reset_index(drop=True)
    return _plain(train), _plain(test), _truth(train, test, floats)


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.drop(columns=["flipped", "wild", "gone", "family"])


def _truth(train: pd.DataFrame, test: pd.DataFrame, floats: list[str]) -> dict[str, Any]:
    def where(frame: pd.DataFrame, column: str) -> list[int]:
        return [int(i) for i in np.flatnonzero(frame[column])]

    first = ~train["family"].duplicated()
    return {
        "flipped": {"train": where(train, "flipped"), "test": where(test, "flipped")},
        "outliers": {"train": where(train, "wild"), "test": where(test, "wild")},
        "nulls": {"train": where(train, "gone"), "test": where(test, "gone")},
        "copies_in_train": [int(i) for i in np.flatnonzero(~first)],
        "copies_in_test": [int(i) for i in np.flatnonzero(test["family"].duplicated())],
        "leaked_test_rows": [int(i) for i in np.flatnonzero(test["family"].isin(set(train["family"])))],
        "floats": floats,
    }


def write(folder: Path, seed: int) -> dict[str, Any]:
    """train.parquet, test.parquet and truth.json in the folder."""
    train, test, truth = make(seed)
    train.to_parquet(folder / "train.parquet")
    test.to_parquet(folder / "test.parquet")
    (folder / "truth.json").write_text(json.dumps(truth))
    return truth


def hits(found: set[Any], true: set[Any]) -> tuple[float, float]:
    """(precision, recall)."""
    both = len(found & true)
    return both / max(1, len(found)), both / max(1, len(true))


def audit(folder: Path) -> dict[str, Any]:
    """Runs the command as a user would, and returns exit code, CPU-seconds, wall seconds and peak memory in MB."""
    command = [sys.executable, "-m", "auditor", "check", str(folder / "train.parquet"), "--test", str(folder / "test.parquet")]
    command += ["--label", "label", "--id", "key", "--preview", "-o", f"json={folder}/audit.json"]
    command += ["-o", f"html={folder}/audit.html", "-o", f"rows={folder}/rows.parquet", "--quiet", "--isolated"]
    environment = {**__import__("os").environ, "AUDITOR_CACHE": str(folder / "cache")}
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return {
        "exit": done.returncode,
        "stderr": done.stderr.strip(),
        "cpu_seconds": after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
        "wall_seconds": time.perf_counter() - begun,
        "peak_mb": after.ru_maxrss / 1024,
    }


def score(folder: Path, truth: dict[str, Any]) -> list[tuple[str, str]]:
    """Lines of the table: what was planted, what was found."""
    rows = pd.read_parquet(folder / "rows.parquet")
    told = json.loads((folder / "audit.json").read_text())

    def positions(code: str, split: str) -> set[int]:
        return set(rows.loc[(rows.code == code) & (rows.split == split), "row"])

    lines = [("verdict", f"{told['verdict']}, {len(told['findings'])} findings")]
    for code, name in (("NOI203", "outliers, one column"), ("NOI204", "outliers, all columns")):
        for split in ("train", "test"):
            p, r = hits(positions(code, split), set(truth["outliers"][split]))
            lines.append((f"{code} {name}, {split}", f"precision {p:.3f}, recall {r:.3f}"))
    p, r = hits(positions("DUP101", "train"), set(truth["copies_in_train"]))
    lines.append(("DUP101 copies inside train", f"precision {p:.3f}, recall {r:.3f}"))
    p, r = hits(positions("LEK101", "test"), set(truth["leaked_test_rows"]))
    lines.append((f"LEK101 leaked test rows ({len(truth['leaked_test_rows'])})", f"precision {p:.3f}, recall {r:.3f}"))
    for finding in told["findings"]:
        if finding["code"] in ("VAL118", "NOI301", "NOI307"):
            e = finding["effect"]
            where = " ".join([finding["where"]["split"], *finding["where"]["columns"]])
            lines.append((f"{finding['code']} {where}", f"{e['name']} {e['value']:.4f} ({e['low']:.4f}-{e['high']:.4f})"))
    for split in ("train", "test"):
        p, r = hits(positions("NOI301", split), set(truth["flipped"][split]))
        lines.append((f"NOI301 wrong labels, {split}", f"precision {p:.3f}, recall {r:.3f}"))
    return lines


def main() -> None:
    """Prints the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seed", type=int, default=100)
    options.add_argument("--keep", type=Path)
    given = options.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder = given.keep or Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        truth = write(folder, given.seed)
        run = audit(folder)
        print(f"seed {given.seed}: exit {run['exit']}, {run['cpu_seconds']:.1f} CPU-seconds, "
              f"{run['wall_seconds']:.1f} s, peak {run['peak_mb']:.0f} MB {run['stderr']}")  # fmt: skip
        if (folder / "audit.json").exists():
            for name, figure in score(folder, truth):
                print(f"{name:45s} {figure}")


if __name__ == "__main__":
    main()
