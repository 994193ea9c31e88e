"""Derived columns kept on disk by the digest of all that they depend on. Losing it costs time, nothing else."""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from auditor.rows import Derived

LIMIT = 512 * 2**20
"""Bytes that the cache may hold, about thirty audits of 100,000 rows; beyond it the entries unused for longest go."""


def folder() -> Path:
    """$AUDITOR_CACHE, else tune-auditor in the user's cache directory."""
    own = os.environ.get("AUDITOR_CACHE")
    if own:
        return Path(own)
    root = os.environ.get("XDG_CACHE_HOME")
    return (Path(root) if root else Path.home() / ".cache") / "tune-auditor"


def load(key: str) -> list[Derived] | None:
    """The derived columns stored under this key, or None where there are none or the entry is damaged."""
    try:
        path = folder() / f"{key}.npz"
        with np.load(path, allow_pickle=False) as kept:
            said = json.loads(kept["said"].tobytes().decode())
            found = [
                Derived(name=d["name"], split=d["split"], rows=kept[f"rows{i}"], values=kept[f"values{i}"], info=d["info"])
                for i, d in enumerate(said)
            ]
    except Exception:  # a damaged file can fail in any way that zip, numpy and json know
        return None
    with contextlib.suppress(OSError):
        os.utime(path)  # read now: the last to be dropped
    return found


def store(key: str, columns: Sequence[Derived]) -> None:
    """Writes an entry whole or not at all. Where the folder cannot be written, nothing is kept."""
    said = [{"name": d.name, "split": d.split, "info": dict(d.info)} for d in columns]
    arrays = {f"rows{i}": d.rows for i, d in enumerate(columns)} | {f"values{i}": d.values for i, d in enumerate(columns)}
    if sum(a.nbytes for a in arrays.values()) > LIMIT // 2 or any(a.dtype.hasobject for a in arrays.values()):
        return
    try:
        folder().mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder(), suffix=".part")
        try:
            with os.fdopen(handle, "wb") as file:
                np.savez(file, said=np.frombuffer(json.dumps(said).encode(), np.uint8), **arrays)
            Path(name).replace(folder() / f"{key}.npz")
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        trim()
    except OSError:
        return


def trim(limit: int = LIMIT) -> None:
    """Drops the entries unused for longest until the rest fits the limit (bytes)."""
    entries = sorted((p.stat().st_mtime, p.stat().st_size, p) for p in folder().glob("*.npz"))
    size = sum(s for _, s, _ in entries)
    for _, own, path in entries:
        if size <= limit:
            return
        path.unlink(missing_ok=True)
        size -= own
