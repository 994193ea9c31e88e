"""Reads the log files of trainers: trainer_state.json, CSV, JSON lines, TensorBoard events, or a run's folder."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from auditor.guard.trace import tfevents
from auditor.guard.trace.log import Log, merged
from auditor.rows import InputError

WANTED = "want a trainer_state.json, a CSV or JSONL of metrics, TensorBoard event files, or a run folder that holds one"
CHECKPOINT = re.compile(r"checkpoint-(\d+)$")


def read(path: Path) -> Log:
    """The log at a path. Raises InputError for what holds none."""
    if not path.exists():
        raise InputError(f"{path}: no such file or folder; {WANTED}")
    if path.is_dir():
        return _folder(path)
    try:
        if "tfevents" in path.name:
            return _events([path])
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as cause:
        raise InputError(f"{path}: cannot be read ({cause.strerror}); {WANTED}") from None
    head = text.lstrip("\ufeff \t\r\n")[:1]
    if not head:
        raise InputError(f"{path}: is empty; {WANTED}")
    if path.suffix == ".jsonl" or (head == "{" and "\n{" in text.rstrip() and '"log_history"' not in text):
        return _lines(path, text)
    return _state(path, text) if head in "{[" else _table(path, text)


def _folder(path: Path) -> Log:
    """The likeliest log in a run's folder: the trainer's own state, the newest checkpoint's, metrics, events."""
    checkpoints = sorted(
        (p for p in path.glob("checkpoint-*") if CHECKPOINT.search(p.name)), key=lambda p: int(p.name.rpartition("-")[2])
    )
    states = [path / "trainer_state.json", *(p / "trainer_state.json" for p in reversed(checkpoints))]
    if CHECKPOINT.search(path.name):
        states = [path / "trainer_state.json"]
    tables = sorted(path.glob("metrics.csv")) + sorted(path.glob("**/version_*/metrics.csv"), key=_version)[-1:]
    tables += sorted(path.glob("*.csv")) + sorted(path.glob("*.jsonl"))
    for candidate in [*states, *tables]:
        if candidate.is_file() and candidate.stat().st_size and candidate.name != "holdout_ledger.jsonl":
            log = read(candidate)
            return _in_folder(log, path.parent if CHECKPOINT.search(path.name) else path)
    events = sorted(path.glob("**/*tfevents*"))
    if events:
        return _in_folder(_events(events), path)
    raise InputError(f"{path}: holds no log; {WANTED}")


def _version(path: Path) -> int:
    digits = re.sub(r"\D", "", path.parent.name)
    return int(digits) if digits else -1


def _in_folder(log: Log, folder: Path) -> Log:
    return Log(path=log.path, source=log.source, rows=log.rows, facts=log.facts, notes=log.notes, folder=folder)


def _beside(path: Path) -> Path:
    """The run's folder of a file: a checkpoint's log belongs to the folder above."""
    return path.parent.parent if CHECKPOINT.search(path.parent.name) else path.parent


def _state(path: Path, text: str) -> Log:
    """trainer_state.json, with NaN and Infinity literals; a file cut off is read up to the cut."""
    notes = []
    try:
        document = json.loads(text)
    except ValueError:
        document, said = _rescued(text)
        if document is None:
            raise InputError(f"{path}: is not JSON and holds no readable log_history; {WANTED}") from None
        notes.append(said)
    if isinstance(document, list):
        document = {"log_history": document}
    history = document.get("log_history") if isinstance(document, dict) else None
    if not isinstance(history, list):
        raise InputError(f"{path}: has no log_history; {WANTED}")
    entries = [row for row in history if isinstance(row, dict)]
    summary = next((row for row in reversed(entries) if "train_runtime" in row), {})
    rows, said_again = merged(row for row in entries if "train_runtime" not in row)
    facts = {k: v for k, v in document.items() if k != "log_history" and isinstance(v, (str, int, float, bool, type(None)))}
    facts |= {k: summary[k] for k in ("train_runtime",) if k in summary}
    return Log(path=path, source="trainer_state", rows=rows, facts=facts, notes=(*notes, *said_again), folder=_beside(path))


def _rescued(text: str) -> tuple[dict[str, Any] | None, str]:
    """The whole entries of a log_history whose end is missing."""
    start = text.find('"log_history"')
    start = text.find("[", start) + 1 if start >= 0 else 0
    if start <= 0:
        return None, ""
    decoder, entries, at = json.JSONDecoder(), [], start
    while (brace := text.find("{", at)) >= 0:
        try:
            entry, at = decoder.raw_decode(text, brace)
        except ValueError:
            break
        entries.append(entry)
    said = f"the file is cut off: read up to the cut, {len(entries)} log entries"
    return ({"log_history": entries}, said) if entries else (None, "")


def _lines(path: Path, text: str) -> Log:
    """One JSON object a line; a last line that is cut is left out and said."""
    entries: list[Mapping[str, Any]] = []
    notes = []
    lines = text.splitlines()
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            entry = json.loads(line)
        except ValueError:
            where = "the last line is cut off: read up to it" if number == len(lines) else f"line {number} is not JSON: left out"
            notes.append(where)
            continue
        if isinstance(entry, dict):
            entries.append(entry)
    if not entries:
        raise InputError(f"{path}: no line is a JSON object; {WANTED}")
    summary: Mapping[str, Any] = next((row for row in reversed(entries) if "train_runtime" in row), {})
    rows, said = merged(row for row in entries if "train_runtime" not in row)
    facts = {k: summary[k] for k in ("train_runtime",) if k in summary}
    return Log(path=path, source="jsonl", rows=rows, facts=facts, notes=(*notes, *said), folder=_beside(path))


def _table(path: Path, text: str) -> Log:
    """CSV with a header: Lightning's sparse rows, Keras, fastai, or any with a step or epoch column."""
    try:
        dialect: Any = csv.Sniffer().sniff(text[:4096], delimiters=",;\t")
    except csv.Error:
        dialect = csv.excel
    reader = csv.reader(io.StringIO(text), dialect)
    try:
        header = [name.strip() for name in next(reader)]
        lines = [line for line in reader if line]
    except (StopIteration, csv.Error) as cause:
        raise InputError(f"{path}: cannot be read as CSV ({cause}); {WANTED}") from None
    notes = []
    if lines and len(lines[-1]) < len(header):
        lines.pop()
        notes.append("the last line is cut off: read up to it")
    elif lines and not text.endswith(("\n", "\r")):
        notes.append("the last line has no line end: its last number may be cut")
    rows = [{k: x for k, v in zip(header, line, strict=False) if (x := _number(v)) is not None} for line in lines]
    named = {name.lower() for name in header}
    if not named & {"step", "epoch", "global_step"} and not any("loss" in name for name in named):
        raise InputError(f"{path}: has neither a step nor an epoch column, nor a loss; {WANTED}")
    kept, said = merged(row for row in rows if row)
    if not kept:
        raise InputError(f"{path}: has a header but no numbers; {WANTED}")
    return Log(path=path, source="csv", rows=kept, notes=(*notes, *said), folder=_beside(path))


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return {"nan": math.nan, "inf": math.inf}.get(text.strip().lower())


def _events(paths: list[Path]) -> Log:
    """TensorBoard event files of one run, merged in the order of their names."""
    rows: list[dict[str, float]] = []
    notes = []
    times: dict[int, float] = {}
    for path in paths:
        scalars, said = tfevents.scalars(path)
        notes += said
        for scalar in scalars:
            rows.append({"step": float(scalar.step), scalar.tag: scalar.value})
            times[scalar.step] = scalar.time
    if not rows:
        raise InputError(f"{paths[0]}: holds no scalar; {WANTED}")
    for row in rows:
        if "train/epoch" in row:
            row["epoch"] = row["train/epoch"]
    kept, again = merged(rows)
    runtime = max(times.values()) - min(times.values())
    facts = {"train_runtime": runtime} if runtime > 0 else {}
    return Log(path=paths[0], source="tensorboard", rows=kept, facts=facts, notes=(*notes, *again), folder=paths[0].parent)
