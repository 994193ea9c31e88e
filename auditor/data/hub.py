"""Objects of the `datasets` library, taken as they are: nothing of it is imported here."""

from __future__ import annotations

from typing import Any

from auditor.data.folders import splits_of
from auditor.data.frames import TableSource
from auditor.rows import InputError, Part, Source


def is_hub(what: Any) -> bool:
    """True for a Dataset, a DatasetDict, or one of their streaming kinds."""
    return any(f"{kind.__module__}".startswith("datasets.") for kind in type(what).__mro__)


def open_hub(what: Any, split: str, part: Part) -> list[Source]:
    """One Source for a Dataset, one a split for a DatasetDict. Raises InputError for streams and for no rows."""
    kind = type(what).__name__
    if kind == "DatasetDict":
        found = splits_of(list(what), split, part, f"datasets {kind}")
        return [_open(what[name], own, role) for name, (own, role) in found.items()]
    if kind != "Dataset":
        raise InputError(
            f"{split}: got a datasets {kind}, want a Dataset that can be read more than once; load it without streaming"
        )
    return [_open(what, split, part)]


def _open(dataset: Any, split: str, part: Part) -> TableSource:
    if len(dataset) == 0 or not dataset.column_names:
        raise InputError(f"{split}: the datasets Dataset has no {'rows' if not len(dataset) else 'columns'}, want at least one")
    arrow = dataset.with_format("arrow")

    def cut(at: int, count: int, names: tuple[str, ...]) -> Any:
        return arrow.select_columns(list(names))[at : at + count]

    schema = dataset.features.arrow_schema
    return TableSource(split, part, "datasets Dataset", schema, len(dataset), int(dataset.data.nbytes), cut)
