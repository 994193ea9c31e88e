"""A folder: shards of one split, or what `datasets` wrote with save_to_disk."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from auditor.data.shards import ShardedSource
from auditor.data.stream import shown
from auditor.rows import InputError, Part, Source

Opener = Callable[[Path, str, Part], Source]
FormatOf = Callable[[Path], str]

ABOUT_DATA = ("dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json", "metadata.json")
SPLIT_WORD = re.compile(r"^(train|test|valid|validation|val|dev|eval)(?![a-z])", re.IGNORECASE)
SHOWN = 4


def open_folder(path: Path, split: str, part: Part, open_file: Opener, format_of: FormatOf) -> list[Source]:
    """One Source, or one a split where the folder holds a saved DatasetDict. `format_of` gives "" for what is no data.

    Raises InputError for a folder without data, and for one whose files are of several formats or splits.
    """
    if (path / "dataset_dict.json").is_file():
        names = _read(path / "dataset_dict.json", "splits")
        found = []
        for name, (own, role) in splits_of(names, split, part, shown(path)).items():
            found.append(_saved(path / name, own, role, open_file))
        return found
    if (path / "state.json").is_file():
        return [_saved(path, split, part, open_file)]
    files = sorted(f for f in path.iterdir() if f.is_file() and f.name[0] not in "._" and f.name not in ABOUT_DATA)
    kinds = {f: kind for f in files if (kind := format_of(f))}
    if not kinds:
        inside = sorted(d.name for d in path.iterdir() if d.is_dir() and any(format_of(f) for f in d.iterdir() if f.is_file()))
        hint = f"name a folder in it, such as {inside[0]!r}" if inside else "name a file of data"
        raise InputError(
            f"{shown(path)}: got a folder with {len(files)} files and no data, want CSV, JSON, Parquet or Arrow files; {hint}"
        )
    if len(set(kinds.values())) > 1:
        some = _some(next(f for f in kinds if kinds[f] == kind) for kind in sorted(set(kinds.values())))
        raise InputError(f"{shown(path)}: got files of several formats ({some}), want one; name a file, or choose with --format")
    words = {match[1].lower() for f in kinds if (match := SPLIT_WORD.match(f.name))}
    if len(words) > 1:
        raise InputError(f"{shown(path)}: got files of several splits ({_some(kinds)}), want one split a folder; name each file")
    sources = [open_file(f, split, part) for f in kinds]
    return [sources[0] if len(sources) == 1 else ShardedSource(path, split, part, sources)]


def splits_of(names: Sequence[str], split: str, part: Part, what: str) -> dict[str, tuple[str, Part]]:
    """Name in the data -> (split, part). Several splits can be given as training data only, and one of them must be it."""
    if len(names) == 1:
        return {names[0]: (split, part)}
    if part != "train" or "train" not in names:
        want = "one of them" if part != "train" else "one of them to be 'train'"
        raise InputError(f"{what}: given as {split}, has the splits {', '.join(map(repr, names))}, want {want}; pass it alone")
    return {name: ("train", "train") if name == "train" else (name, "held-out") for name in names}


def _saved(path: Path, split: str, part: Part, open_file: Opener) -> Source:
    """A folder written by Dataset.save_to_disk: Arrow files in the order that its state names."""
    files = [path / Path(one["filename"]).name for one in _read(path / "state.json", "_data_files")]
    gone = next((f for f in files if not f.is_file()), None)
    if gone is not None or not files:
        raise InputError(
            f"{shown(path)}: its state.json names {gone.name if gone else 'no file'}, which is not there; save the data set again"
        )
    sources = [open_file(f, split, part) for f in files]
    return sources[0] if len(sources) == 1 else ShardedSource(path, split, part, sources)


def _read(path: Path, key: str) -> list[Any]:
    try:
        value = json.loads(path.read_text("utf-8"))[key]
    except (OSError, ValueError, KeyError, TypeError) as cause:
        raise InputError(
            f"{shown(path)}: cannot be read ({type(cause).__name__}), want {key!r} as `datasets` writes it"
        ) from None
    if not isinstance(value, list):
        raise InputError(f"{shown(path)}: {key!r} is no list, want what `datasets` writes; save the data set again")
    return value


def _some(files: Iterable[Path]) -> str:
    names = [repr(f.name) for f in files]
    return ", ".join(names[:SHOWN]) + (" ..." if len(names) > SHOWN else "")
