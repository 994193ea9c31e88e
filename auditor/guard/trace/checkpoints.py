"""Which checkpoints of a run still exist and could be loaded, without loading them or opening a pickle."""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

from auditor.guard.trace.formats import CHECKPOINT

LONGEST_HEADER = 100_000_000  # bytes; the limit of the safetensors format


def loadable(folder: Path) -> bool:
    """Whether weights lie in the folder whole: one safetensors file, every shard of an index, or an adapter."""
    for name in ("model.safetensors", "adapter_model.safetensors"):
        if (folder / name).is_file():
            return whole(folder / name)
    index = folder / "model.safetensors.index.json"
    if not index.is_file():
        return False
    try:
        named: dict[str, Any] = json.loads(index.read_bytes())["weight_map"]
    except (ValueError, KeyError, TypeError):
        return False
    shards = {str(name) for name in named.values()}
    return bool(shards) and all("/" not in s and whole(folder / s) for s in shards)


def whole(path: Path) -> bool:
    """Whether the header of a safetensors file is sound and the file as long as it says."""
    try:
        size = path.stat().st_size
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > min(LONGEST_HEADER, size - 8):
                return False
            header = json.loads(file.read(length))
        ends = [entry["data_offsets"][1] for name, entry in header.items() if name != "__metadata__"]
        return bool(size == 8 + length + max(ends, default=0))
    except (OSError, struct.error, ValueError, KeyError, TypeError, IndexError, AttributeError):
        return False


def existing(folder: Path | None) -> dict[int, Path]:
    """Step -> checkpoint folder that could be loaded."""
    if folder is None or not folder.is_dir():
        return {}
    found = {int(m[1]): p for p in folder.glob("checkpoint-*") if p.is_dir() and (m := CHECKPOINT.search(p.name))}
    return {step: found[step] for step in sorted(found) if loadable(found[step])}
