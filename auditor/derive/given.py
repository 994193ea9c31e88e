"""Class probabilities that the user gave: checked, never mended."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from auditor.derive import Sample
from auditor.rows import InputError, Setting

SUM_TOLERANCE = 0.01
"""A row of probabilities may miss 1 by so much: numbers rounded to three places in ten classes."""


def given(
    setting: Setting, sample: Sample, labels: dict[str, list[str | None]]
) -> tuple[list[str], dict[str, NDArray[np.float64]], dict[str, Any]]:
    """Classes, probabilities by split and how they were made.

    A list column holds K numbers in the sorted order of the labels of all splits; a glob names one column a class, the
    star standing for the class. Of two classes whose favourable one is clear, one column of its numbers will do. Raises
    InputError for a wrong number of classes, unknown labels, or rows that are no probabilities.
    """
    pattern = setting.roles.probabilities or ""
    known = sorted({x for texts in labels.values() for x in texts if x is not None})
    names = [c.name for c in setting.columns if fnmatchcase(c.name, pattern) and c.name != pattern]
    if names:
        columns = dict(sorted((_star(n, pattern), n) for n in names))
        classes = list(columns)
        strange = [x for x in known if x not in columns]
        if strange:
            listed = ", ".join(classes[:8])
            raise InputError(f"probabilities {pattern!r} name the classes {listed}; the label {strange[0]!r} is not among them")
        by = {s: np.stack([_numbers(sample.array(s, n), n) for n in columns.values()], axis=1) for s in sample.tables}
    else:
        if pattern not in {c.name for c in setting.columns}:
            raise InputError(f"probabilities {pattern!r} match no column; name a list column or a glob such as 'p_*'")
        classes = known
        arrays = {s: sample.array(s, pattern) for s in sample.tables}
        clear = len(classes) == 2 and setting.favourable(classes) is not None
        if clear and all(pa.types.is_floating(a.type) or pa.types.is_integer(a.type) for a in arrays.values()):
            by = {s: _pair(_numbers(a, pattern), classes, setting.positive) for s, a in arrays.items()}
        else:
            by = {s: _lists(a, s, pattern, classes) for s, a in arrays.items()}
    for split, values in by.items():
        _checked(values, sample.rows(split), split, pattern)
    return classes, by, {"model": f"given in {pattern}", "given": True, "folds": 0, "seed": None}


def _star(name: str, pattern: str) -> str:
    """What the star stands for."""
    head, _, tail = pattern.partition("*")
    return name[len(head) : len(name) - len(tail)]


def _pair(score: NDArray[np.float64], classes: list[str], positive: str | None) -> NDArray[np.float64]:
    """One number a row as the probability of the favourable of two classes: the declared one, else the last."""
    both = [1 - score, score]
    return np.stack(both[::-1] if positive == classes[0] else both, axis=1)


def _numbers(array: pa.Array, name: str) -> NDArray[np.float64]:
    try:
        return np.asarray(array.cast(pa.float64(), safe=False).to_numpy(zero_copy_only=False), np.float64)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        raise InputError(f"probabilities column {name!r} holds {array.type}, want numbers in 0..1") from None


def _lists(array: pa.Array, split: str, name: str, classes: list[str]) -> NDArray[np.float64]:
    if not (pa.types.is_list(array.type) or pa.types.is_large_list(array.type) or pa.types.is_fixed_size_list(array.type)):
        raise InputError(f"probabilities column {name!r} holds {array.type}, want a list of {len(classes)} numbers or a glob")
    sizes = np.array([-1 if x is None else len(x) for x in array.to_pylist()])
    wrong = np.flatnonzero(sizes != len(classes))
    if len(wrong):
        got = "no list" if sizes[wrong[0]] < 0 else f"{sizes[wrong[0]]} numbers"
        raise InputError(
            f"probabilities column {name!r}, {split} row {wrong[0]}: got {got}, want {len(classes)}, one for each label in"
            f" sorted order ({', '.join(classes[:5])}{' ...' if len(classes) > 5 else ''})"
        )
    return _numbers(pa.concat_arrays([array.flatten()]), name).reshape(len(array), len(classes))


def _checked(values: NDArray[np.float64], rows: NDArray[np.int64], split: str, name: str) -> None:
    outside = np.flatnonzero(~((values >= 0) & (values <= 1)).all(axis=1))
    if len(outside):
        raise InputError(
            f"probabilities {name!r}, {split} row {rows[outside[0]]}: got a number outside 0..1 (or none) in"
            f" {len(outside):,} rows; give probabilities, not scores or logits"
        )
    off = np.flatnonzero(np.abs(values.sum(axis=1) - 1) > SUM_TOLERANCE)
    if len(off):
        total = values[off[0]].sum()
        raise InputError(
            f"probabilities {name!r}, {split} row {rows[off[0]]}: they sum to {total:.3f} ({len(off):,} such rows), want 1"
        )
