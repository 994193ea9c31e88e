"""The evaluations that a guard still holds, as the bytes of one npz file: the same state gives the same bytes."""

from __future__ import annotations

import io
import json
from dataclasses import fields
from typing import IO, Any

import numpy as np

from auditor.tallies.evaluations import SETS, Evaluation, Evaluations, Losses

ARRAYS = ("steps", "step_loss", "gradient_norm", "skipped", "exposure", "repeats")
COLUMNS = ("ids", "loss", "label", "probabilities", "right", "cluster")
SUMS = ("excluded", "mean", "accuracy", "n")


def pack(run: Evaluations) -> bytes:
    """The run as bytes: arrays by name, everything else in one JSON text."""
    arrays: dict[str, Any] = {}
    listed = []
    for evaluation in run.all:
        step = evaluation.step
        plain: dict[str, Any] = {"step": step, "epoch": evaluation.epoch, "facts": dict(sorted(evaluation.facts.items()))}
        plain |= {name: getattr(evaluation, name) for name in ("train_loss", "held_out_loss")}
        arrays |= {f"{step}/{name}": value for name in ARRAYS if len(value := getattr(evaluation, name))}
        for name in SETS:
            part: Losses | None = getattr(evaluation, name)
            if part is None:
                continue
            plain[name] = {key: getattr(part, key) for key in SUMS} | {"groups": sorted(part.groups)}
            columns = {column: getattr(part, column) for column in COLUMNS}
            columns |= {f"group:{key}": part.groups[key] for key in part.groups}
            arrays |= {f"{step}/{name}/{k}": _plain(v) for k, v in columns.items() if v is not None and len(v)}
        listed.append(plain)
    text = json.dumps(listed, sort_keys=True).encode()
    file = io.BytesIO()
    np.savez(file, evaluations=np.frombuffer(text, np.uint8), **{k: arrays[k] for k in sorted(arrays)})
    return file.getvalue()


def _plain(values: Any) -> Any:
    """Objects as texts: an npz of ours never needs a pickle."""
    array = np.asarray(values)
    return array.astype(str) if array.dtype == object else array


def unpack(file: IO[bytes]) -> Evaluations:
    """The run of `pack`. ValueError for a file that holds pickled objects."""
    with np.load(file, allow_pickle=False) as stored:
        arrays = {name: stored[name] for name in stored.files}
    listed = json.loads(arrays["evaluations"].tobytes())
    run: dict[int, Evaluation] = {}
    for plain in listed:
        step = plain["step"]
        sets: dict[str, Any] = {name: _losses(plain[name], f"{step}/{name}/", arrays) for name in SETS if name in plain}
        lists: dict[str, Any] = {name: arrays[f"{step}/{name}"] for name in ARRAYS if f"{step}/{name}" in arrays}
        rest = {key: value for key, value in plain.items() if key not in SETS}
        run[step] = Evaluation(**rest, **sets, **lists)
    return Evaluations(run)


def _losses(plain: dict[str, Any], prefix: str, arrays: dict[str, Any]) -> Losses:
    known = {f.name for f in fields(Losses)} & set(COLUMNS)
    columns = {name: arrays[prefix + name] for name in known if prefix + name in arrays}
    groups = {key: arrays[f"{prefix}group:{key}"] for key in plain["groups"] if f"{prefix}group:{key}" in arrays}
    return Losses(groups=groups, **columns, **{key: plain[key] for key in SUMS})
