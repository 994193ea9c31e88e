"""A data set as numbered examples, whatever it came as: a map-style set, a pair (X, y) or a DataLoader."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from auditor.rows import InputError

HASHED = 200_000
"""Rows whose contents are hashed for the overlap of train and held-out; beyond it the first 200,000."""
BESIDE = frozenset(
    {"labels", "label", "label_ids", "attention_mask", "token_type_ids", "position_ids", "special_tokens_mask"}
) | {"ref_chosen_logps", "ref_rejected_logps", "seq_lengths"}
"""Fields of a row that say nothing of its content."""
ANSWERED = ("completion_mask", "assistant_masks")
"""Fields that say which tokens a loss counts, where a row has no labels of its own."""
MASKED = -100  # the label that a loss leaves out


@dataclass(frozen=True, slots=True)
class Examples:
    """Examples that can be asked for by number."""

    rows: Any  # has len() and [i]
    collate: Callable[[list[Any]], Any]
    at_once: int = 32

    def __len__(self) -> int:
        return len(self.rows)

    def batches(self, numbers: NDArray[np.int64]) -> Iterator[tuple[NDArray[np.int64], Any]]:
        """(numbers, collated batch)."""
        for start in range(0, len(numbers), self.at_once):
            some = numbers[start : start + self.at_once]
            yield some, self.collate([self.rows[int(i)] for i in some])

    def digests(self) -> list[str]:
        """A content hash of each of the first 200,000 rows, labels left out."""
        return [digest(self.rows[i]) for i in range(min(len(self), HASHED))]

    def labels(self) -> NDArray[Any] | None:
        """One plain label a row, to stratify by; None where rows have none or many."""
        found = []
        for i in range(min(len(self), HASHED)):
            label = label_of(self.rows[i])
            if label is None or np.ndim(label):
                return None
            found.append(label.item() if hasattr(label, "item") else label)
        return np.array(found) if found and len(found) == len(self) else None

    def labelled(self) -> int | None:
        """Rows with at least one label that is not masked; None where rows have no labels that can be masked."""
        if not len(self):
            return None
        if label_of(self.rows[0]) is not None:
            labels = (np.asarray(label_of(self.rows[i])) for i in range(min(len(self), HASHED)))
            return sum(bool(np.any(x != MASKED)) for x in labels)
        mask = next((k for k in ANSWERED if isinstance(self.rows[0], Mapping) and k in self.rows[0]), None)
        if mask is None:
            return None
        return sum(bool(np.any(np.asarray(self.rows[i][mask]))) for i in range(min(len(self), HASHED)))

    def only(self, fields: frozenset[str]) -> Examples:
        """The same rows with these fields alone: a Trainer drops the columns that its model does not take."""
        first = self.rows[0] if len(self) else None
        if not isinstance(first, Mapping) or set(first) <= fields:
            return self
        collate = self.collate
        return Examples(
            self.rows, lambda some: collate([{k: v for k, v in r.items() if k in fields} for r in some]), self.at_once
        )


@dataclass(frozen=True, slots=True)
class Pair:
    """(X, y) as a map-style data set."""

    x: Any
    y: Any

    def __len__(self) -> int:
        return len(self.y)

    def __getitem__(self, i: int) -> tuple[Any, Any]:
        return self.x[i], self.y[i]


def examples(data: Any, *, collate: Callable[[list[Any]], Any] | None = None, at_once: int = 32) -> Examples:
    """The examples of a map-style data set, a pair (X, y) or a DataLoader.

    Raises InputError for anything that has no length or cannot be asked for a row by number.
    """
    import torch
    from torch.utils.data import DataLoader, default_collate

    if isinstance(data, DataLoader):
        return examples(data.dataset, collate=collate or data.collate_fn, at_once=data.batch_size or at_once)
    if isinstance(data, tuple) and len(data) == 2 and len(data[0]) == len(data[1]):
        x, y = (torch.as_tensor(np.asarray(part)) if not torch.is_tensor(part) else part for part in data)
        data = Pair(x.float() if x.is_floating_point() else x, y)
    if not (hasattr(data, "__len__") and hasattr(data, "__getitem__")):
        raise InputError(
            f"got {type(data).__name__} as rows, want a map-style data set, a pair (X, y) or a DataLoader; "
            "an iterable stream has no fixed rows to compare"
        )
    return Examples(data, collate or default_collate, at_once)


def label_of(row: Any) -> Any:
    """The label of one row: the field of that name, or the second of a pair."""
    if isinstance(row, Mapping):
        return next((row[k] for k in ("labels", "label", "label_ids") if k in row), None)
    return row[1] if isinstance(row, Sequence) and len(row) == 2 and not isinstance(row, str) else None


def digest(row: Any) -> str:
    """SHA-256 of the content of a row without its label."""
    sha = hashlib.sha256()
    if isinstance(row, Mapping):
        for key in sorted(row):
            if key not in BESIDE:
                sha.update(str(key).encode() + b"\0" + _bytes(row[key]))
    else:
        sha.update(_bytes(row[0] if isinstance(row, (tuple, list)) and len(row) == 2 else row))
    return sha.hexdigest()


def _bytes(value: Any) -> bytes:
    if hasattr(value, "numpy"):
        value = value.detach().cpu().numpy()
    if isinstance(value, str):
        return value.encode("utf-8", "surrogatepass")
    if hasattr(value, "tobytes"):
        return bytes(value.tobytes())
    if isinstance(value, (list, tuple)) and value and isinstance(value[0], (int, float)):
        return np.asarray(value).tobytes()
    return repr(value).encode()
