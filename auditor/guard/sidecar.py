"""guard_state.json beside each checkpoint: written whole or not at all, read with suspicion."""

from __future__ import annotations

import hashlib
import io
import json
import math
import os
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from auditor.guard import vectors
from auditor.guard.state import GuardState
from auditor.rows import InputError
from auditor.runcheck import RunCheck, Seen

if TYPE_CHECKING:
    from auditor.guard.core import Guard

FILE = "guard_state.json"
SCHEMA = "tune-auditor/guard-state/1"
FINGERPRINTS = ("train", "validation")
PLAIN = ("run_id", "first", "shown", "events", "facts", "checkpoints", "culprit", "stop_step", "stop_code", "action", "selected")


def run_id(seed: int) -> str:
    """A name for a run that survives its resume: random, so that two runs of one seed are two."""
    return hashlib.sha256(f"{seed}".encode() + os.urandom(16)).hexdigest()[:16]


def write_whole(path: Path, content: bytes) -> None:
    """Writes a temporary file, syncs it, renames it: a reader sees the old content or the new. OSError as it comes."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def config(check: RunCheck) -> dict[str, Any]:
    """The parameters of a check as it runs."""
    return {name: getattr(check, name) for name in sorted(check.parameters())}


def write(directory: Path, guard: Guard) -> Path:
    """Writes the sidecar and its vectors into a checkpoint; entries of other guards there stay as they are."""
    directory.mkdir(parents=True, exist_ok=True)
    path, state = directory / FILE, guard.state
    document = _document(path) or {"schema": SCHEMA, "guards": {}, "histories": {}}
    packed = vectors.pack(state.run)
    stored = f"guard_vectors_{guard.number}.npz"
    write_whole(directory / stored, packed)
    vector = {"file": stored, "sha256": hashlib.sha256(packed).hexdigest()}
    last = state.run.last if state.run.by_step else None
    best = state.run.best
    for check in guard.checks:
        warned = {e["step"] for e in state.events.get(check.code, ()) if e["status"] in ("warning", "alarm")}
        document["guards"][f"{check.name}#{guard.number}"] = {
            "code": check.code,
            "config": config(check),
            "best_step": state.best_step,
            "best_mean": best.loss if best else None,
            "best_vector": vector,
            "recent_warn": [s in warned for s in sorted(state.run.by_step)[-3:]],
            "events": state.events.get(check.code, []),
            "held": asdict(state.held[check.code]) if check.code in state.held else None,
            "skipped": state.skipped.get(check.code),
        }
    document["histories"][str(guard.number)] = {name: getattr(state, name) for name in PLAIN} | {"vectors": vector}
    document |= {
        "run_id": state.run_id,
        "global_step": last.step if last else 0,
        "epoch": last.epoch if last else None,
        "world_size": state.data.get("world_size", 1),
        "grad_accum": state.data.get("accumulation", 1),
        "data": {**state.data, "probe_seed": guard.seed, "probe_n": last.probe.n if last and last.probe else None},
        "ledger_head": guard.ledger.head,
        "meta": {"written_at": datetime.now(UTC).isoformat(timespec="seconds"), "versions": _versions()},
    }
    write_whole(path, json.dumps(_plain(document), sort_keys=True, indent=1, allow_nan=False).encode())
    return path


def _document(path: Path) -> dict[str, Any] | None:
    if not path.exists():
        return None
    try:
        document = json.loads(path.read_bytes())
    except ValueError:
        raise InputError(f"{path}: is not JSON (half written?); resume from an earlier checkpoint, or delete the file") from None
    schema = document.get("schema", "") if isinstance(document, dict) else ""
    if schema.rpartition("/")[0] != SCHEMA.rpartition("/")[0] or schema.rpartition("/")[2].split(".")[0] != "1":
        raise InputError(f"{path}: got the schema {schema!r}, want {SCHEMA!r}; it was written by another version")
    return dict(document)


def read(directory: Path, guard: Guard) -> bool:
    """Takes the state of a checkpoint over; False where it holds none for this guard.

    A check whose parameters changed starts anew; rows that changed make a fact that TUN106 reads. Raises InputError for an
    unknown schema, and for vectors whose hash is wrong.
    """
    path = directory / FILE
    document = _document(path)
    history = (document or {}).get("histories", {}).get(str(guard.number))
    if document is None or history is None:
        return False
    stored = directory / history["vectors"]["file"]
    content = stored.read_bytes() if stored.exists() else b""
    if hashlib.sha256(content).hexdigest() != history["vectors"]["sha256"]:
        raise InputError(f"{stored}: is not the file that {path.name} names (hash differs); resume from an earlier checkpoint")
    state = GuardState(**{name: history[name] for name in PLAIN})
    state.checkpoints = {int(k): v for k, v in state.checkpoints.items()}
    state.run = vectors.unpack(io.BytesIO(content))
    changed = [
        k for k in FINGERPRINTS if k in guard.state.data and guard.state.data[k] != document["data"].get(k, guard.state.data[k])
    ]
    state.data = {**document["data"], **guard.state.data}
    for check in guard.checks:
        entry = document["guards"].get(f"{check.name}#{guard.number}")
        if entry is None:
            continue
        if entry["config"] != json.loads(json.dumps(_plain(config(check)))):
            guard.notes.append(f"{check.code} starts anew: its limits are not those of the run that was interrupted")
            state.events.pop(check.code, None)
            state.first.pop(check.code, None)
            continue
        if entry["held"] is not None:
            state.held[check.code] = _seen(entry["held"])
        if entry["skipped"] is not None:
            state.skipped[check.code] = entry["skipped"]
    if changed:
        state.facts["held_out_changed"] = float("validation" in changed)
        state.facts["train_changed"] = float("train" in changed)
        if "validation" in changed:
            state.run = type(state.run)()
    guard.state = state
    return True


def _seen(stored: Mapping[str, Any]) -> Seen:
    from auditor.model import Effect, Reading, Where

    reading = dict(stored["reading"])
    where = dict(reading.pop("where"))
    where["columns"] = tuple(where["columns"])
    effect = Effect(**reading.pop("effect"))
    evidence = reading.pop("evidence", ())
    assert not evidence  # a guard's readings carry none: the curves are drawn at the end
    rest = {k: v for k, v in reading.items() if k != "rows"}
    seen = Reading(where=Where(**where), effect=effect, **rest)
    return Seen(**{**stored, "reading": seen})


def _plain(value: Any) -> Any:
    """Plain JSON values; numbers that are none become null."""
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(v) for v in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value if isinstance(value, (str, int, float, bool, type(None))) else str(value)


def _versions() -> dict[str, str]:
    from importlib.metadata import PackageNotFoundError, version

    said = {}
    for key, name in (("auditor", "tune-auditor"), ("torch", "torch"), ("numpy", "numpy")):
        try:
            said[key] = version(name)
        except PackageNotFoundError:
            continue
    return said
