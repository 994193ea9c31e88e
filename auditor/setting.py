"""From sources and a first look to the Setting: roles checked, kinds decided, what was assumed said."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

from auditor.rows import Column, InputError, Kind, Roles, Setting, Source, Split, Task
from auditor.tallies.look import ColumnLook, Look

CONVENTIONAL: dict[str, tuple[str, ...]] = {
    "text": ("text", "sentence", "content", "utterance"),
    "label": ("label", "labels", "intent", "category", "class", "target"),
    "messages": ("messages", "conversations"),
    "prompt": ("prompt", "instruction"),
    "response": ("response", "output", "completion"),
    "chosen": ("chosen",),
    "rejected": ("rejected",),
}
"""Column names that are taken for a role where the user named none; each assumption is stated."""


def raw_setting(data: str, sources: Sequence[Source], roles: Roles) -> Setting:
    """The Setting of the first look: every column, no kinds yet. Raises InputError for a role that names no column."""
    names = {name: str(kind) for source in sources for name, kind in source.columns.items()}
    for role, column in roles.items():
        if role == "probabilities" and any(c in column for c in "*?["):
            continue
        if column not in names:
            near = difflib.get_close_matches(column, names, 1, 0.5)
            hint = f"did you mean {near[0]!r}?" if near else "check the name"
            listed = ", ".join(list(names)[:12]) + (" ..." if len(names) > 12 else "")
            raise InputError(f"{role} column {column!r} is not in the data; {hint} (columns: {listed})")
    columns = tuple(Column(name=n, kind="null", dtype=d) for n, d in names.items())
    splits = tuple(Split(name=s.split, part=s.part, source=s.name) for s in sources)
    return Setting(data=data, roles=roles, columns=columns, splits=splits)


def assume(roles: Roles, names: Sequence[str]) -> tuple[Roles, tuple[str, ...]]:
    """Roles with conventional column names filled in, and a sentence for each that was."""
    taken = {column for _, column in roles.items()}
    changes: dict[str, Any] = {}
    said = []
    for role, words in CONVENTIONAL.items():
        if getattr(roles, role):
            continue
        found = next((w for w in words if w in names and w not in taken), None)
        if found:
            changes[role] = found
            taken.add(found)
            said.append(f"column {found!r} is the {role}: assumed from its name (--{role} to change)")
    return replace(roles, **changes), tuple(said)


def decide(
    raw: Setting, look: Look, task: Task | None, positive: str | None, seed: int, options: dict[str, Any]
) -> tuple[Setting, tuple[str, ...]]:
    """The Setting with kinds and rows, and what had to be assumed about the label."""
    columns = _alike(tuple(_column(c, look, raw) for c in raw.columns), raw.roles.annotators)
    splits = tuple(replace(s, rows=look.rows[s.name]) for s in raw.splits)
    assumed: list[str] = []
    label = raw.roles.label
    if label is not None:
        columns, said = _label_kind(columns, look.column(label), label, task)
        assumed += said
    if positive is not None and not (raw.roles.sensitive or options.get("model") or options.get("classifier")):
        assumed.append(f"--positive {positive!r} was not used: no column is sensitive")
    setting = Setting(
        data=raw.data,
        roles=raw.roles,
        columns=columns,
        splits=splits,
        task=task,
        positive=positive,
        seed=seed,
        options=options,
    )
    return setting, tuple(assumed)


def _label_kind(
    columns: tuple[Column, ...], look: ColumnLook, label: str, task: Task | None
) -> tuple[tuple[Column, ...], list[str]]:
    """Whole numbers of at most 20 values, and texts, are read as classes unless the task says otherwise."""
    column = next(c for c in columns if c.name == label)
    if column.kind == "number" and task is None and column.distinct <= 20 and look.integers == look.present:
        changed = replace(column, kind="category")
        said = [f"label {label!r} has {column.distinct} whole-number values: taken as classes (--task regression to change)"]
    elif (column.kind == "number" and task == "classification") or column.kind == "text":
        changed, said = replace(column, kind="category"), []
    else:
        return columns, []
    return tuple(changed if c.name == label else c for c in columns), said


def _column(column: Column, look: Look, raw: Setting) -> Column:
    total = look.column(column.name)
    in_splits = tuple(s.name for s in raw.splits if (s.name, column.name) in look.by)
    roles = raw.roles.of(column.name)
    kind = _kind(total, roles)
    plain = kind in ("number", "bool", "time") and total.spelled.total() > 0
    return Column(
        name=column.name,
        kind=kind,
        dtype=total.dtype or column.dtype,
        id_like="id" in roles or (not roles and _id_like([look.by[s, column.name] for s in in_splits])),
        distinct=total.distinct,
        splits=in_splits,
        spelled_nulls=tuple(sorted(total.spelled)) if plain else (),
        median_words=total.median_words,
    )


def _alike(columns: tuple[Column, ...], annotators: Sequence[str]) -> tuple[Column, ...]:
    """Annotators whose columns differ in kind are all read as they wrote: "true" of one is the "true" of another."""
    plain = ("number", "bool", "time", "category", "text")
    kinds = {c.kind for c in columns if c.name in annotators and c.kind in plain}
    if len(kinds) < 2:
        return columns
    return tuple(replace(c, kind="category") if c.name in annotators and c.kind in plain else c for c in columns)


def _id_like(looks: Sequence[ColumnLook]) -> bool:
    """What the split of most values says: in a small one the values of any column of numbers may all differ."""
    most = max((x.present for x in looks), default=0)
    return any(x.id_like for x in looks if x.present == most)


def _kind(look: ColumnLook, roles: tuple[str, ...]) -> Kind:
    n = look.present
    if {"text", "prompt", "response", "chosen", "rejected", "messages"} & set(roles):
        return "text"
    if look.kinds["other"]:
        return "struct" if look.dtype.startswith("struct") else "list" if "list" in look.dtype else "binary"
    if n == 0:
        return "null"
    if look.kinds["number"] == n and not look.zero_led:
        return "number"
    if look.kinds["bool"] == n:
        return "bool"
    if look.kinds["date"] == n:
        return "time"
    wordy = look.median_words >= 4 and look.distinct > 0.1 * n
    return "text" if wordy or (look.median_words >= 2 and look.distinct > 0.5 * n and look.characters > 15 * n) else "category"


def as_roles(roles: Roles | dict[str, Any] | None) -> Roles:
    """Roles, or a dict of them. Raises InputError for an unknown role."""
    if roles is None:
        return Roles()
    if isinstance(roles, Roles):
        return roles
    known = [f.name for f in fields(Roles)]
    for name in roles:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1, 0.5)
            raise InputError(
                f"got the role {name!r}, want one of {', '.join(known)}" + (f"; did you mean {near[0]!r}?" if near else "")
            )
    return Roles(**roles)
