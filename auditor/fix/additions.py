"""What a copy of the training data may gain: weights that undo a link of label and group, and counterfactual texts."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from auditor.fix.copies import AUGMENTED, GROUP, Changes
from auditor.groups import MISSING
from auditor.lexicons.swaps import AXES, Swapped, Unswappable, swap
from auditor.model import Audit
from auditor.rows import InputError, Source
from auditor.statistics.mitigation import weights

WEIGHT = "audit_weight"


def reweighed(changes: Changes, source: Source, audit: Audit, attribute: str) -> dict[str, Any]:
    """Adds the column of weights P(g) P(y) / P(g, y) to the rows that stay, as they are then; rows without a label keep 1.

    Kamiran & Calders 2012, doi:10.1007/s10115-011-0463-8. Raises InputError for a column that is not there, without a label
    role, with one group, and where a group never bears a label.
    """
    label = (audit.provenance.get("roles", {}).get("label") or [""])[0]
    if not label:
        raise InputError("--weights: the audit has no label; weights need a label and a group")
    for name in (attribute, label):
        if name not in source.columns:
            raise InputError(f"--weights: {name!r} is no column of {source.name} ({', '.join(list(source.columns)[:12])})")
    if WEIGHT in source.columns:
        raise InputError(f"--weights: {source.name} has a column {WEIGHT!r} already; drop or rename it")
    rows: list[np.ndarray[Any, Any]] = []
    cells: dict[str, list[str | None]] = {attribute: [], label: []}
    for raw in source.read((attribute, label)):
        rows.append(raw.rows)
        for name, values in cells.items():
            new = changes.values.get(name, {})
            told = raw.table.column(name).cast(pa.string()).to_pylist()
            values += [new.get(row, v.strip() if v else None) for row, v in zip(raw.rows.tolist(), told, strict=True)]
    positions = np.concatenate(rows).tolist()
    kept = [i for i, row in enumerate(positions) if row not in changes.dropped and cells[label][i] is not None]
    if not kept:
        raise InputError("--weights: no row with a label is left")
    groups, g = np.unique([cells[attribute][i] or MISSING for i in kept], return_inverse=True)
    if len(groups) < 2:
        raise InputError(f"--weights: {attribute!r} names one group only ({str(groups[0])!r}); weights need two groups or more")
    labels, y = np.unique([str(cells[label][i]) for i in kept], return_inverse=True)
    table = np.zeros((len(groups), len(labels)), int)
    np.add.at(table, (g, y), 1)
    if (table == 0).any():
        i, j = np.argwhere(table == 0)[0]
        raise InputError(
            f"--weights: no row of {attribute} {str(groups[i])!r} bears the label {str(labels[j])!r}: its weight is not defined; "
            "merge groups, or leave the group out"
        )
    found = weights(g.astype(np.int64), y.astype(np.int64))
    by = {positions[i]: float(w) for i, w in zip(kept, found, strict=True)}
    changes.added[WEIGHT] = lambda row: by.get(row, 1.0)
    effective = float(found.sum() ** 2 / (found**2).sum())
    return {
        "remedy": "weights",
        "column": WEIGHT,
        "by": attribute,
        "rows": len(kept),
        "largest": float(found.max()),
        "effective_rows": effective,
    }


def augmented(changes: Changes, source: Source, audit: Audit, axis: str) -> dict[str, Any]:
    """Adds a counterfactual copy of every row whose texts can be swapped. The result counts as the copies are written.

    Raises InputError for an unknown axis, where the audit has no column of texts, and where a column has the name of a new one.
    """
    roles = audit.provenance.get("roles", {})
    columns = tuple(c for role in ("text", "prompt", "response") for c in roles.get(role, ()))
    if axis not in AXES:
        raise InputError(f"--augment: got {axis!r}, want {' or '.join(AXES)}")
    if not columns:
        raise InputError("--augment: the audit has no column of texts (text, prompt or response)")
    for name in (AUGMENTED, GROUP):
        if name in source.columns:
            raise InputError(f"--augment: {source.name} has a column {name!r} already; drop or rename it")
    said: dict[str, Any] = {
        "remedy": "counterfactual copies",
        "axis": axis,
        "columns": list(columns),
        "unswappable": 0,
        "samples": [],
    }

    def copy(texts: dict[str, str | None]) -> dict[str, str] | None:
        made = {c: swap(t, axis) for c, t in texts.items() if t}
        if any(isinstance(m, Unswappable) for m in made.values()):
            said["unswappable"] += 1
            return None
        changed = {c: m.text for c, m in made.items() if isinstance(m, Swapped)}
        if changed and len(said["samples"]) < 20:
            said["samples"].append({c: [texts[c], t] for c, t in changed.items()})
        return changed or None

    changes.copies, changes.copied = copy, columns
    return said
