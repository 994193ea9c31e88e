"""Cleaned copies of audited data: what the findings say is mended in new files, never in place."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from auditor import find
from auditor.audit import run
from auditor.data.open import open_source
from auditor.fix.additions import augmented, reweighed
from auditor.fix.copies import Changes, ending, write
from auditor.model import Audit, Finding
from auditor.request import Request
from auditor.rows import MANY, InputError, Source
from auditor.setting import as_roles
from auditor.writing import replace

MANIFEST = "manifest.json"
SPLITS = ("train", "validation", "test")


@dataclass(slots=True)
class Plan:
    """What will be done to each split, and what each finding had part in."""

    changes: dict[str, Changes] = field(default_factory=dict)
    done: list[dict[str, Any]] = field(default_factory=list)
    left: list[dict[str, str]] = field(default_factory=list)  # findings without a fix, or with one that was not asked for


def fix(
    audit: Audit,
    output: str | os.PathLike[str],
    *,
    select: Sequence[str] = (),
    unsafe: bool = False,
    weights: str | None = None,
    augment: str | None = None,
    format: str | None = None,
) -> dict[str, Any]:
    """Writes mended copies of the audited files to the new folder `output`, with a manifest, which is returned.

    Safe fixes lose nothing; `unsafe` also drops rows and takes suggested labels. `select`: codes or prefixes. `weights`: a
    column of groups; train gets the column `audit_weight`, by which label and group are independent. `augment`: "gender" or
    "religion"; train gets counterfactual copies of its texts, marked in `augmented`, each with the `augment_group` of its
    original, so that both can be kept in one split. Raises InputError where the files are not those that were audited, where
    the folder holds anything already, where a weight would not be defined, and for weights together with copies.
    """
    target = Path(output)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise InputError(f"--output: {target} is there already and is not empty; name a new folder")
    if weights and augment:
        raise InputError("--weights and --augment: copies would undo the balance of the weights; give one of the two")
    sources = _sources(audit, format)
    plan = Plan({s.split: Changes() for s in sources})
    _planned(plan, audit, sources, select, unsafe, format)
    first = next((s for s in sources if s.split == "train"), sources[0])
    if weights:
        plan.done.append(reweighed(plan.changes[first.split], first, audit, weights))
    if augment:
        plan.done.append(augmented(plan.changes[first.split], first, audit, augment))
    target.parent.mkdir(parents=True, exist_ok=True)
    made = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name[:40]}."))
    try:
        manifest = _written(plan, sources, made, format) | {"audit": audit.data, "seed": audit.provenance.get("seed")}
        replace(made / MANIFEST, (json.dumps(manifest, indent=1, ensure_ascii=False) + "\n").encode())
        made.chmod(0o755)
        if target.exists():
            target.rmdir()
        made.replace(target)
    except BaseException:
        shutil.rmtree(made, ignore_errors=True)
        raise
    return manifest


def _sources(audit: Audit, format: str | None) -> list[Source]:
    """The audited files, opened and proved by their digests; reference sets are not touched."""
    listed = [f for f in audit.provenance.get("files", ()) if f.get("split") in SPLITS]
    found = []
    for entry in listed:
        path = str(entry["source"])
        if not Path(path).is_file():
            raise InputError(f"{path!r} is no file here: fix mends files that were audited from where it is called")
        source = open_source(path, entry["split"], "train" if entry["split"] == "train" else "held-out", format)[0]
        if source.digest() != entry["sha256"]:
            raise InputError(f"{path!r} is not the file that was audited (its SHA-256 differs); run `auditor check` on it again")
        found.append(source)
    if not found:
        raise InputError("the audit names no data file; run `auditor check` on files and fix that audit")
    return found


def _planned(
    plan: Plan, audit: Audit, sources: Sequence[Source], select: Sequence[str], unsafe: bool, format: str | None
) -> None:
    """The changes of every finding whose check knows a remedy; rows come from running those checks once more."""
    checks = find.everything().checks
    wanted: list[Finding] = []
    for f in audit.findings:
        remedy = checks[f.code].remedy if f.code in checks else None
        if select and not f.code.startswith(tuple(select)):
            continue
        if f.waived:
            plan.left.append({"fingerprint": f.fingerprint, "code": f.code, "why": "waived"})
        elif remedy is None:
            plan.left.append({"fingerprint": f.fingerprint, "code": f.code, "why": "advice only: see its fix"})
        elif remedy[1] == "unsafe" and not unsafe:
            plan.left.append({"fingerprint": f.fingerprint, "code": f.code, "why": "unsafe: asked for with --unsafe"})
        else:
            wanted.append(f)
    if not wanted:
        return
    rows = run(_again(audit, sources, sorted({f.code for f in wanted}), format)).rows()
    for f in wanted:
        remedy = checks[f.code].remedy
        own = rows[rows["fingerprint"] == f.fingerprint]
        count = 0
        if remedy is not None and remedy[0] == "drop column":
            for changes in plan.changes.values():
                changes.dropped_columns.add(f.where.columns[-1])
            count = 1
        elif remedy is not None:
            for split, row, suggestion in zip(own["split"], own["row"], own["suggestion"], strict=True):
                if split in plan.changes:
                    count += plan.changes[split].of(remedy[0], int(row), f.where.columns, suggestion)
        said = {"fingerprint": f.fingerprint, "code": f.code, "remedy": remedy[0] if remedy else "", "changed": count}
        plan.done.append(said)


def _again(audit: Audit, sources: Sequence[Source], codes: Sequence[str], format: str | None) -> Request:
    """The request of the audit for these checks alone."""
    told: Mapping[str, Any] = audit.provenance
    roles = {k: (v if k in MANY else v[0]) for k, v in told.get("roles", {}).items()}
    paths: dict[str, Any] = {s.split: s.name for s in sources}
    others = {f["split"]: f["source"] for f in told.get("files", ()) if f["split"] not in SPLITS}
    return Request(
        train=paths.get("train"),
        validation=paths.get("validation"),
        test=paths.get("test"),
        references={k: v for k, v in others.items() if Path(str(v)).exists()},
        data=audit.data,
        format=format,
        roles=as_roles(roles),
        task=told.get("task"),
        positive=told.get("positive"),
        select=tuple(codes),
        limits=told.get("limits", {}),
        sample=told.get("sample"),
        seed=int(told.get("seed") or 0),
    )


def _written(plan: Plan, sources: Sequence[Source], folder: Path, format: str | None) -> dict[str, Any]:
    files = []
    for source, name in zip(sources, _names(sources), strict=True):
        counts = write(source, plan.changes[source.split], folder / name, format)
        after = open_source(folder / name, source.split, source.part, format)[0].digest() if counts["rows_after"] else None
        digests = {"sha256_before": source.digest(), "sha256_after": after}
        files.append({"split": source.split, "from": source.name, "to": name, **digests, **counts})
    return {"files": files, "done": plan.done, "left": plan.left}


def _names(sources: Sequence[Source]) -> list[str]:
    """A name a copy: its file's own; where another copy or the manifest has that, the split's, counted until it is free."""
    taken, names = {MANIFEST}, []
    for source in sources:
        own = Path(source.name)
        others = (f"{source.split}{'-' * bool(i)}{i or ''}{ending(own)}" for i in itertools.count())
        name = next(n for n in itertools.chain([own.name], others) if n.casefold() not in taken)
        taken.add(name.casefold())
        names.append(name)
    return names
