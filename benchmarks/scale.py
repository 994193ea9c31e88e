"""Size and speed: 10k x 15 and 1M x 15 tables without model-assisted checks, start-up times, page sizes.

Run: python -m benchmarks.scale [--rows 10000 1000000]
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd

from auditor import find
from auditor.check import Tally


def model_assisted() -> str:
    """The codes of all checks that read a derived column, as --ignore takes them."""

    def derives(kind: type[Tally]) -> bool:
        return bool(kind.derives) or any(derives(k) for k in kind.after)

    return ",".join(code for code, c in find.everything().checks.items() if any(derives(k) for k in c.tallies))


def make(rows: int, seed: int) -> pd.DataFrame:
    """A 15-column table: 8 numbers, 5 categories, an id and a label, with 1 % copies and 6 % missing in one column."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({f"n{j}": rng.normal(j, 1 + j, rows).round(3) for j in range(4)})
    frame["age"] = rng.integers(17, 91, rows)
    frame["hours"] = rng.poisson(40, rows)
    frame["gain"] = np.where(rng.random(rows) < 0.9, 0, rng.lognormal(8, 1, rows).round())
    frame["score"] = rng.beta(2, 5, rows).round(4)
    for j, levels in enumerate((2, 5, 9, 16, 42)):
        frame[f"c{j}"] = np.array([f"level {k}" for k in range(levels)])[rng.integers(0, levels, rows)]
    frame.loc[rng.random(rows) < 0.06, "n2"] = np.nan
    frame["label"] = np.where(frame.n0 + frame.score > 0.3, "yes", "no")
    copies = frame.sample(max(1, rows // 100), random_state=seed)
    frame = pd.concat([frame.iloc[: rows - len(copies)], copies], ignore_index=True)
    frame.insert(0, "row_id", np.arange(rows))
    return frame


def measured(command: list[str]) -> tuple[int, float, float, float, str]:
    """Exit code, CPU-seconds, wall seconds, peak MB (largest single process), standard error."""
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage.ru_utime + usage.ru_stime, time.perf_counter() - begun, usage.ru_maxrss / 1024, said


def start_up() -> None:
    """Medians of seven runs of the two start-up commands."""
    for name, command in (
        ("auditor --help", [str(Path(sys.executable).parent / "auditor"), "--help"]),
        ("import auditor", [sys.executable, "-c", "import auditor"]),
        ("import auditor; auditor.check", [sys.executable, "-c", "import auditor; auditor.check"]),
    ):
        walls = [measured(command)[2] for _ in range(7)]
        print(f"{name:32s} {statistics.median(walls):.2f} s (median of 7, {min(walls):.2f}-{max(walls):.2f})")


def main() -> None:
    """Prints the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rows", type=int, nargs="*", default=[10_000, 1_000_000])
    given = options.parse_args()
    start_up()
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        for rows in given.rows:
            frame = make(rows, 1)
            frame.iloc[: rows * 4 // 5].to_csv(folder / "train.csv", index=False)
            frame.iloc[rows * 4 // 5 :].to_csv(folder / "test.csv", index=False)
            command = [sys.executable, "-m", "auditor", "check", str(folder / "train.csv"), "--test", str(folder / "test.csv")]
            command += ["--label", "label", "--id", "row_id", "--sensitive", "c0", "--positive", "yes", "--isolated", "--quiet"]
            command += ["--ignore", model_assisted(), "-o", f"html={folder}/audit.html", "-o", f"json={folder}/audit.json"]
            code, cpu, wall, peak, said = measured(command)
            page = (folder / "audit.html").stat().st_size / 1000 if (folder / "audit.html").exists() else float("nan")
            figures = f"exit {code}, {cpu:.1f} CPU-seconds, {wall:.1f} s, peak {peak:.0f} MB, page {page:.0f} kB"
            print(f"{rows:9,d} x 15: {figures} {said.strip()}")
    print(f"largest child so far: {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
