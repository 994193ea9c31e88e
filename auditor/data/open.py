"""open_source: a path or a frame becomes one Source a split."""

from __future__ import annotations

import os
from typing import Any

from auditor.data.frames import open_frame
from auditor.rows import InputError, Part, Source


def open_source(what: Any, split: str, part: Part, format: str | None = None) -> list[Source]:
    """One Source; several where `what` is a DatasetDict. Raises InputError for what cannot be read."""
    if isinstance(what, (str, os.PathLike)):
        raise InputError(f"{os.fspath(what)}: files are not read yet")
    return [open_frame(what, split, part)]
