"""A file larger than memory should be: a 15-column CSV and a JSONL of texts, made on the spot and audited, with peak memory.

Run: python -m benchmarks.large [--gb N] [--only csv jsonl] [--folder DIR] [-- further flags of `auditor check`]
Without --gb: the largest that the disk allows, up to 5. Peak memory is sampled five times a second over the audit's
process and its children: proportional set size (pages shared by k processes count 1/k), and the largest resident set.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from pyarrow import csv

from benchmarks.scale import model_assisted

ROWS = 100_000  # rows made at a time
WORDS = 50_000
SHARE_LEFT = 0.5  # of the free disk, at most this share is filled
TEST_SHARE = 0.01  # bytes of the test file beside those of the training file
PLANTED = 500  # test rows that are copies of training rows


def table(seed: int) -> pa.Table:
    """8 numbers, 5 categories, an id and a label."""
    rng = np.random.default_rng(seed)
    columns: dict[str, pa.Array] = {"row_id": pa.array(np.arange(seed * ROWS, (seed + 1) * ROWS))}
    for j in range(8):
        columns[f"n{j}"] = pa.array(rng.normal(j, 1 + j, ROWS).round(6))
    for j, levels in enumerate((2, 5, 9, 16, 42)):
        columns[f"c{j}"] = pa.array([f"level {k}" for k in range(levels)]).take(pa.array(rng.integers(0, levels, ROWS)))
    columns["label"] = pa.array(["no", "yes"]).take(pa.array((columns["n0"].to_numpy() > 0.3).astype(int)))
    return pa.table(columns)


def texts(seed: int) -> NDArray[np.object_]:
    """Texts of 40 to 120 words, drawn by Zipf's law from 50,000 made-up words."""
    rng = np.random.default_rng(seed)
    letters = np.random.default_rng(0).integers(97, 123, (WORDS, 9), np.uint8)
    words = pa.array([bytes(row[: 3 + i % 7]).decode() for i, row in enumerate(letters)])
    lengths = rng.integers(40, 121, ROWS)
    ranks = np.minimum(rng.zipf(1.3, int(lengths.sum())), WORDS) - 1
    offsets = pa.array(np.concatenate([[0], np.cumsum(lengths)]), pa.int32())
    joined: NDArray[np.object_] = pc.binary_join(pa.ListArray.from_arrays(offsets, words.take(pa.array(ranks))), " ").to_numpy(
        False
    )
    return joined


def lines(seed: int) -> pa.Table:
    """Texts and one of twenty labels."""
    rng = np.random.default_rng(seed + 10**6)
    labels = pa.array([f"intent {k}" for k in range(20)]).take(pa.array(rng.integers(0, 20, ROWS)))
    return pa.table({"id": pa.array(np.arange(seed * ROWS, (seed + 1) * ROWS)), "text": pa.array(texts(seed)), "label": labels})


def written_csv(part: pa.Table, *, first: bool) -> bytes:
    """The rows as CSV."""
    sink = pa.BufferOutputStream()
    csv.write_csv(part, sink, csv.WriteOptions(include_header=first))
    return bytes(sink.getvalue())


def written_jsonl(part: pa.Table, *, first: bool) -> bytes:
    """The rows as JSON lines: the words are plain letters, so that nothing needs an escape."""
    sign = pa.scalar("")
    found = pc.binary_join_element_wise(
        '{"id": ', part["id"].cast(pa.string()), ', "text": "', part["text"], '", "label": "', part["label"], '"}\n', sign
    )
    return "".join(found.to_pylist()).encode()


@dataclass(frozen=True, slots=True)
class Case:
    """One of the two runs."""

    name: str
    make: Callable[[int], pa.Table]
    write: Callable[..., bytes]
    flags: tuple[str, ...]
    leaks: str  # the check that must find the planted copies


CASES = (
    Case(
        "csv",
        table,
        written_csv,
        ("--label", "label", "--id", "row_id", "--sensitive", "c0", "--positive", "yes"),
        "LEK101",
    ),
    Case("jsonl", lines, written_jsonl, ("--text", "text", "--label", "label", "--id", "id"), "LEK101"),
)


def make(case: Case, folder: Path, size: int) -> tuple[Path, Path, int]:
    """Training and test file, and the rows of the first. The last rows of the test file are copies of the first to train on."""
    train, test = folder / f"train.{case.name}", folder / f"test.{case.name}"
    seed = 0
    with train.open("wb") as file:
        while file.tell() < size:
            file.write(case.write(case.make(seed), first=seed == 0))
            seed += 1
    with test.open("wb") as file:
        fresh = case.make(10_000)
        each = max(1_000, round(size * TEST_SHARE / len(case.write(fresh, first=False)) * ROWS))
        leaked = case.make(0).slice(0, PLANTED)
        file.write(case.write(pa.concat_tables([fresh.slice(0, each), leaked]), first=True))
    return train, test, seed * ROWS


def processes(root: int) -> Iterator[int]:
    """The process and all that descend from it."""
    yield root
    try:
        below = Path(f"/proc/{root}/task/{root}/children").read_text().split()
    except OSError:
        return
    for child in below:
        yield from processes(int(child))


def memory(root: int) -> tuple[float, float]:
    """(proportional set size of all processes, resident set of the largest), MB."""
    total = largest = 0.0
    for process in processes(root):
        try:
            found = dict(line.split(":", 1) for line in Path(f"/proc/{process}/smaps_rollup").read_text().splitlines()[1:])
        except OSError:
            continue
        total += int(found["Pss"].split()[0]) / 1024
        largest = max(largest, int(found["Rss"].split()[0]) / 1024)
    return total, largest


def audited(command: list[str]) -> dict[str, float]:
    """Exit code, CPU-seconds, wall seconds and peaks of a command."""
    begun = time.perf_counter()
    peaks = np.zeros(2)
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    done = threading.Event()

    def watch() -> None:
        while not done.wait(0.2):
            np.maximum(peaks, memory(process.pid), out=peaks)

    watcher = threading.Thread(target=watch)
    watcher.start()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    done.set()
    watcher.join()
    wall = time.perf_counter() - begun
    return {
        "exit": process.returncode,
        "CPU-seconds": usage.ru_utime + usage.ru_stime,
        "seconds": wall,
        "peak MB, all processes": float(peaks[0]),
        "peak MB, largest process": max(float(peaks[1]), usage.ru_maxrss / 1024),
    }


def run(case: Case, folder: Path, size: int, more: list[str]) -> None:
    """Makes the files, audits them and prints one line of the table."""
    train, test, rows = make(case, folder, size)
    out = folder / f"{case.name}.json"
    command = [sys.executable, "-m", "auditor", "check", str(train), "--test", str(test), *case.flags]
    command += ["--ignore", model_assisted()]
    figures = audited([*command, "--isolated", "--quiet", "-o", f"json={out}", "-o", f"html={folder}/{case.name}.html", *more])
    gigabytes = train.stat().st_size / 1e9
    audit: dict[str, Any] = json.loads(out.read_text()) if out.exists() else {"findings": [], "outcomes": [], "verdict": "none"}
    broken = [f"{o['code']} ({o['reason'][:80]})" for o in audit["outcomes"] if o["status"] == "error"]
    leak = next((f["affected"] for f in audit["findings"] if f["code"] == case.leaks), 0)
    cells: list[str] = [
        f"{gigabytes:.2f}",
        f"{rows:,}",
        *(f"{v:,.0f}" for v in figures.values()),
        f"{leak} of {PLANTED}",
        audit["verdict"],
    ]
    print(f"| {case.name} | {' | '.join(cells)} | {'; '.join(broken) or 'none'} |", flush=True)
    train.unlink()
    test.unlink()


def main() -> None:
    """Prints the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--gb", type=float)
    options.add_argument("--only", nargs="*", choices=[case.name for case in CASES])
    options.add_argument("--folder", type=Path, help="where the files are made; default: the temporary folder")
    given, more = options.parse_known_args()
    with tempfile.TemporaryDirectory(dir=given.folder) as made:
        free = shutil.disk_usage(made).free / 1e9
        size = given.gb or min(5.0, free * SHARE_LEFT)
        print(
            "| file | GB | rows | exit | CPU-s | s | peak MB, all | peak MB, largest | copies found | verdict | checks in error |"
        )
        print("|---|---|---|---|---|---|---|---|---|---|---|")
        for case in CASES:
            if not given.only or case.name in given.only:
                run(case, Path(made), int(size * 1e9), [m for m in more if m != "--"])


if __name__ == "__main__":
    main()
