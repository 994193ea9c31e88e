"""open_source: a path or a frame becomes one Source a split."""

from __future__ import annotations

import difflib
import os
from pathlib import Path
from typing import Any

from auditor.data.columnar import open_arrow, open_parquet
from auditor.data.delimited import open_delimited
from auditor.data.folders import open_folder
from auditor.data.frames import open_frame
from auditor.data.hub import is_hub, open_hub
from auditor.data.jsonlines import open_json
from auditor.data.stream import Packing, open_text, shown
from auditor.rows import InputError, Part, Source

FORMATS = {
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "json",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".arrow": "arrow",
    ".arrows": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
}
PACKINGS: dict[str, Packing] = {".gz": "gzip", ".zst": "zstd"}
PICKLES = (".pkl", ".pickle", ".pt", ".pth", ".joblib", ".bin", ".ckpt")
WANTED = {"csv": "CSV", "tsv": "TSV", "jsonl": "JSON lines", "json": "a JSON array of objects"}


def open_source(what: Any, split: str, part: Part, format: str | None = None) -> list[Source]:
    """One Source; several where `what` is a DatasetDict or a folder of one. Raises InputError for what cannot be read."""
    if isinstance(what, (str, os.PathLike)):
        return open_path(Path(what), split, part, format)
    if is_hub(what):
        return open_hub(what, split, part)
    return [open_frame(what, split, part)]


def open_path(path: Path, split: str, part: Part, format: str | None) -> list[Source]:
    """A file, or a folder of files."""
    try:
        if not path.exists():
            raise _missing(path)
        if path.is_dir():
            return _folder(path, split, part, format)
        if not path.is_file():
            raise InputError(f"{shown(path)}: got no regular file, want one that can be read more than once; save it first")
    except OSError as cause:
        raise InputError(f"{shown(path)}: cannot be read ({cause.strerror}); check the path") from None
    return [open_file(path, split, part, format)]


def _folder(path: Path, split: str, part: Part, format: str | None) -> list[Source]:
    def kind_of(file: Path) -> str:
        kind, _ = by_ending(file)
        return kind if format is None or kind == format else ""

    return open_folder(path, split, part, open_file, kind_of)


def open_file(path: Path, split: str, part: Part, format: str | None = None) -> Source:
    """One file by its ending, or by the format given."""
    kind, packing = format_of(path, format)
    if kind == "parquet" or kind == "arrow":
        if packing:
            raise InputError(f"{shown(path)}: {kind} needs its end first and packs its columns itself; unpack the file")
        return open_parquet(path, split, part) if kind == "parquet" else open_arrow(path, split, part)
    text = open_text(path, packing, WANTED[kind])
    if kind in ("csv", "tsv"):
        return open_delimited(text, split, part, b"," if kind == "csv" else b"\t")
    return open_json(text, split, part, array=kind == "json")


def by_ending(path: Path) -> tuple[str, Packing]:
    """(format, packing) by the ending; the format is "" where it tells none."""
    endings = [s.lower() for s in path.suffixes]
    packing = PACKINGS.get(endings[-1], "") if endings else ""
    if packing:
        endings.pop()
    return FORMATS.get(endings[-1], "") if endings else "", packing


def format_of(path: Path, format: str | None) -> tuple[str, Packing]:
    """(format, packing). Raises InputError for an ending that tells nothing, or a pickle's, where no format is given."""
    kind, packing = by_ending(path)
    known = sorted(set(FORMATS.values()))
    if format is not None:
        if format not in known:
            near = difflib.get_close_matches(format, known, 1, 0.5)
            hint = f"; did you mean {near[0]!r}?" if near else ""
            raise InputError(f"got the format {format!r}, want one of {', '.join(known)}{hint}")
        return format, packing
    ending = path.suffix.lower()
    if ending in PICKLES:
        raise InputError(
            f"{shown(path)}: a {ending} file may be a pickle, which can run code, and is never opened; save the data as Parquet"
        )
    if not kind:
        got = f"the ending {ending!r}" if ending else "no ending"
        raise InputError(
            f"{shown(path)}: got {got}, want one of {' '.join(FORMATS)}; or say what it is: --format {'|'.join(known)}"
        )
    return kind, packing


def _missing(path: Path) -> InputError:
    """There is no such file: the folder's nearest name, if one is near."""
    folder = path.parent
    if not folder.is_dir():
        return InputError(f"{shown(path)}: there is no folder {shown(folder)}; check the path")
    near = difflib.get_close_matches(path.name, sorted(p.name for p in folder.iterdir()), 1, 0.5)
    hint = f"did you mean {shown(folder / near[0])}?" if near else "check the path"
    return InputError(f"{shown(path)}: there is no such file; {hint}")
