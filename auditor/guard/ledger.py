"""The holdout ledger: every look at a held-out split, appended, chained by hashes, so that reuse can be counted."""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from auditor.guard.verdicts import Refused
from auditor.rows import InputError

Purpose = Literal["eval", "select", "tune", "certify"]
FILE = "holdout_ledger.jsonl"
SAME = ("run", "step", "split", "purpose", "metric")  # with `value`: what makes an entry a replay


def digest(entry: Mapping[str, Any]) -> str:
    """SHA-256 of an entry without its time."""
    plain = {k: v for k, v in entry.items() if k != "ts"}
    return "sha256:" + hashlib.sha256(json.dumps(plain, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look at a split."""

    fingerprint: str  # of the split's rows
    split: str
    n: int
    purpose: Purpose
    metric: str
    value: float | None
    run: str
    step: int
    config_hash: str = ""


class Ledger:
    """An append-only file of looks; `Ledger(None)` lives in memory. Raises InputError for a broken chain.

    A half-written last line (a process that was killed) is cut, and `cut` says so.
    """

    def __init__(self, path: Path | None) -> None:
        self.path = path
        self.entries: list[dict[str, Any]] = []
        self.cut = False
        self.differing: list[dict[str, Any]] = []  # replayed looks whose value was another
        if path is not None and path.exists():
            self._read(path)

    def _read(self, path: Path) -> None:
        raw = path.read_bytes()
        whole = raw[: raw.rfind(b"\n") + 1]
        self.cut = len(whole) < len(raw)
        previous = ""
        for number, line in enumerate(whole.splitlines(), 1):
            try:
                entry = json.loads(line)
            except ValueError:
                raise InputError(
                    f"{path}: line {number} is not JSON; restore the file, or move it away to begin a new ledger"
                ) from None
            if not isinstance(entry, dict) or entry.get("prev_sha256") != previous:
                raise InputError(f"{path}: line {number} does not follow the line before it; the ledger was edited")
            previous = digest(entry)
            self.entries.append(entry)
        if self.cut:
            with path.open("r+b") as file:
                file.truncate(len(whole))

    @property
    def head(self) -> str:
        """Hash of the last entry; empty where there is none."""
        return digest(self.entries[-1]) if self.entries else ""

    def add(self, look: Look) -> bool:
        """Appends a look. False where it is a replay of one that stands here; one with another value is appended and kept in
        `differing`."""
        entry = {name: getattr(look, name) for name in Look.__dataclass_fields__}
        if entry["value"] is not None and not math.isfinite(entry["value"]):
            entry["value"] = None
        twins = [e for e in self.entries if all(e[k] == entry[k] for k in SAME)]
        if any(e["value"] == entry["value"] for e in twins):
            return False
        entry = {"ts": datetime.now(UTC).isoformat(timespec="seconds"), **entry, "prev_sha256": self.head}
        if twins:
            self.differing.append(entry)
        if self.path is not None:
            self._append(self.path, entry)
        self.entries.append(entry)
        return True

    @staticmethod
    def _append(path: Path, entry: Mapping[str, Any]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            file.write(json.dumps(entry, separators=(",", ":")).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())

    def looks(self, fingerprint: str) -> int:
        """How often the split was looked at."""
        return sum(e["fingerprint"] == fingerprint for e in self.entries)

    def chose_by(self, fingerprint: str) -> bool:
        """Whether a choice (of a checkpoint, of a setting) was made on this split."""
        return any(e["fingerprint"] == fingerprint and e["purpose"] in ("select", "tune") for e in self.entries)

    def certify(self, look: Look) -> None:
        """Records the final measurement on an untouched split. Raises Refused where choices were made on it."""
        if self.chose_by(look.fingerprint):
            raise Refused(
                f"the split {look.split!r} was used to choose a checkpoint or a setting, so it cannot certify the result; "
                "certify on rows that no choice has seen"
            )
        self.add(look)
