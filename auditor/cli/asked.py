"""From flags and config file to what an audit needs. Flags win over the file."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field, fields
from datetime import date
from pathlib import Path
from typing import Any

from auditor import baseline, conditions, config, waivers
from auditor.cli import outputs
from auditor.cli.options import Given, codes, one_of
from auditor.model import Audit
from auditor.policy import Policy, policy
from auditor.request import Request
from auditor.rows import InputError, Roles

TASKS = ("classification", "regression", "multilabel", "language-modeling", "chat", "preference")
FORMATS = ("csv", "tsv", "jsonl", "json", "parquet", "arrow")
SPLITS = ("train", "validation", "test")
SEEDS = 2**32  # seeds that numpy and scikit-learn take


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """A config file and where it stands."""

    file: Path | None = None
    config: config.Config = field(default_factory=config.Config)

    def path(self, written: str) -> str:
        """A path of the file as seen from here."""
        return config.beside(self.file, written) if self.file else written


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Everything that a check needs."""

    request: Request
    outputs: tuple[outputs.Output, ...]
    settings: Settings
    notes: tuple[str, ...] = ()  # what the user should know before the work begins


def settings(given: Given) -> Settings:
    """The config file that holds: --config, else the nearest one upward, else none."""
    named = given.get("config")
    if given.get("isolated"):
        if named:
            raise InputError("got --isolated and --config, want one of them: --isolated reads no config file")
        return Settings()
    file = Path(named) if named else config.nearest(Path.cwd())
    return Settings(file=file, config=config.load(file)) if file else Settings()


def asked(given: Given) -> Asked:
    """What the command line and the config file ask for. Raises InputError before any data is read."""
    found = settings(given)
    name, part, splits, notes = _data(given, found)
    select = found.config.select
    chosen = codes(given.get("select")) or select.rules
    extend = (*select.extend, *codes(given.get("extend_select")))
    options = _options(given, part, found)
    request = Request(
        train=splits.get("train"),
        validation=splits.get("validation"),
        test=splits.get("test"),
        references={k: v for k, v in splits.items() if k not in SPLITS},
        data=name,
        format=one_of("--format", given.get("format"), FORMATS) or part.format,
        roles=_roles(given, part),
        task=one_of("--task", given.get("task"), TASKS) or part.task,  # type: ignore[arg-type]  # one_of kept to TASKS
        positive=given.get("positive") or _spelled(part.positive),
        select=chosen,
        extend=extend,
        ignore=(*select.ignore, *codes(given.get("ignore"))),
        preview=bool(given.get("preview")) or select.preview,
        limits=config.limits(found.config),
        policy=gate(given, found, chosen + extend),
        options=options,
        evidence=one_of("--evidence", given.get("evidence"), ("none", "masked", "full"))
        or found.config.report.evidence
        or "masked",
        **_engine(given),
    )
    inputs: list[str | None] = [*splits.values(), options.get("expectations"), str(found.file) if found.file else None]
    written = outputs.parsed(_outputs(given, found), inputs)
    if found.config.report.clauses:
        notes = (*notes, "[report] clauses: the page has no map of clauses in this version; the audit is the same without")
    return Asked(request=request, outputs=written, settings=found, notes=notes)


def _data(given: Given, found: Settings) -> tuple[str, config.DataPart, dict[str, str], tuple[str, ...]]:
    """Name, part of the config, path by split, and what to say about it.

    A [data.NAME] holds where it is named, where no path is given, or where a path given is one of its own files.
    """
    flags = _split_flags(given)
    notes: tuple[str, ...]
    parts, wanted = found.config.data, given.get("dataset")
    if wanted and parts and wanted not in parts:
        raise InputError(f"--dataset: got {wanted!r}, want one of {', '.join(parts)} ({found.file})")
    if not wanted and len(parts) > 1 and not flags:
        raise InputError(f"{found.file} has the data sets {', '.join(parts)}; name one: --dataset {next(iter(parts))}")
    name = wanted or (next(iter(parts)) if len(parts) == 1 else "")
    part = parts.get(name, config.DataPart())
    written = {s: found.path(p) for s in SPLITS if (p := getattr(part, s))}
    written |= {k: found.path(p) for k, p in part.reference.items()}
    if not flags and not written:
        raise InputError("got no data, want at least a training file: auditor check train.csv --test test.csv")
    if not flags or wanted:
        return name, part, {**written, **flags}, ()
    if {os.path.normpath(p) for p in flags.values()} & {os.path.normpath(p) for p in written.values()}:
        return name, part, flags, ()
    notes = ()
    if name:
        notes = (f"[data.{name}] of {found.file} is not used, since other files were given; --dataset {name} takes its roles",)
    return "", config.DataPart(), flags, notes


def _split_flags(given: Given) -> dict[str, str]:
    """Path by split, from the command line."""
    positional, named = given.get("train"), given.get("train_flag")
    if positional and named:
        raise InputError(f"got the training data twice, {positional!r} and --train {named!r}; give it once")
    flags = {"train": positional or named, "validation": given.get("validation"), "test": given.get("test")}
    found = {split: path for split, path in flags.items() if path}
    for word in given.get("reference") or ():
        name, equals, path = word.partition("=")
        if not (name and equals and path):
            raise InputError(f"--reference: got {word!r}, want NAME=PATH, for instance --reference mmlu=mmlu.jsonl")
        if name in SPLITS or name in found:
            raise InputError(f"--reference: the name {name!r} is taken; give another")
        found[name] = path
    for split, path in found.items():
        if not os.path.exists(path):  # noqa: PTH110  # the reader would say it too, but after the imports
            raise InputError(f"{split}: the file {path!r} does not exist; check the path")
    return found


def _roles(given: Given, part: config.DataPart) -> Roles:
    """Roles of the file, each replaced by a flag of its name."""
    written = part.roles.roles()
    return Roles(**{f.name: given.get(f.name) or getattr(written, f.name) for f in fields(Roles)})


def _spelled(value: object) -> str | None:
    return None if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def _options(given: Given, part: config.DataPart, found: Settings) -> dict[str, Any]:
    """Options that single checks read; one that no check reads is refused, never passed over."""
    from auditor import find

    asked_for: dict[str, Any] = {n: dict(v) for n in ("reference_group", "cuts", "population") if (v := getattr(part, n))}
    for name in ("model", "expectations"):
        written = getattr(part, name)
        value = given.get(name) or (found.path(written) if written else None)
        if value is None:
            continue
        if not any(f"option:{name}" in check.needs for check in find.everything().checks.values()):
            raise InputError(f"--{name}: got {value!r}, but no check of this version reads it; leave it out")
        if not os.path.exists(value):  # noqa: PTH110
            raise InputError(f"--{name}: the file {value!r} does not exist; check the path")
        asked_for[name] = value
    if given.get("mitigate") or part.mitigate:
        asked_for["mitigate"] = True
    if given.get("metric"):
        asked_for["metrics"] = {name: name for name in given["metric"]}
    return asked_for


def _engine(given: Given) -> dict[str, Any]:
    engine = one_of("--engine", given.get("engine"), ("local", "dask")) or "local"
    if given.get("scheduler") and engine != "dask":
        raise InputError("--scheduler: is the address of a Dask scheduler; want --engine dask with it")
    workers = given.get("workers")
    if workers is not None and workers < 1:
        raise InputError(f"--workers: got {workers}, want at least 1")
    seed = given.get("seed") or 0
    if not 0 <= seed < SEEDS:
        raise InputError(f"--seed: got {seed}, want a whole number from 0 to {SEEDS - 1}")
    said: dict[str, Any] = {"engine": engine, "scheduler": given.get("scheduler"), "workers": workers}
    return {**said, "seed": seed, "sample": _sample(given.get("sample") or "all")}


def _sample(word: str) -> int | None:
    """Rows of --sample, None for all."""
    if word == "all":
        return None
    digits = word.replace("_", "").replace(",", "")
    if not digits.isdecimal() or int(digits) < 1:
        raise InputError(f"--sample: got {word!r}, want a number of rows from 1 on, or all")
    return int(digits)


def gate(given: Given, found: Settings, chosen: tuple[str, ...] = (), before: Any = None) -> Policy:
    """The policy that flags and [gate] ask for, with its waivers and its baseline.

    `before` is the policy of a saved audit: it holds where neither flags nor the file say otherwise.
    """
    part = found.config.gate
    if isinstance(before, dict):
        usual = {"policy": before.get("name"), "fail_on": before.get("fail_on"), "require": before.get("require")}
        kept = {key: value for key, value in usual.items() if value is not None}
        part = part.model_validate({**kept, **part.model_dump(exclude_unset=True)})
        if given.get("policy") or "policy" in found.config.gate.model_fields_set:  # another policy brings its own usual level
            part = part.model_copy(update={"fail_on": found.config.gate.fail_on})
    today = date.today()
    accepted = _file(given.get("waivers"), part.waivers, waivers.NAME, found)
    known = _file(given.get("baseline"), part.baseline, baseline.NAME if part.new_only else None, found)
    if part.new_only and known is None:
        raise InputError("[gate] new_only wants a baseline; `auditor baseline create AUDIT.json` writes one")
    return policy(
        one_of("--policy", given.get("policy"), ("default", "strict", "exploratory")) or part.policy,
        fail_on=one_of("--fail-on", given.get("fail_on"), ("error", "warning", "never")) or part.fail_on,
        require=part.require,
        named=tuple(c for c in chosen if len(c) == 6),
        waivers=waivers.load(accepted, today=today, max_days=part.max_waiver_days) if accepted else (),
        baseline=baseline.load(known) if known else None,
        today=today,
    )


def _file(flag: str | None, written: str | None, usual: str | None, found: Settings) -> Path | None:
    """A file that was asked for must be there; the usual one beside the config is taken where it exists."""
    if flag or written:
        return Path(flag) if flag else Path(found.path(written or ""))
    if usual and found.file and (found.file.parent / usual).is_file():
        return Path(found.path(usual))
    return None


def _outputs(given: Given, found: Settings) -> list[str]:
    """-o of the command line, and those of [report] whose format it does not name."""
    flags = list(given.get("output") or ())
    named = {word.partition("=")[0] for word in flags}
    written = found.config.report.model_dump(by_alias=True, exclude={"evidence", "clauses"}, exclude_none=True)
    return [*flags, *(f"{format}={found.path(path)}" for format, path in written.items() if format not in named)]


def compare_conditions(audit: Audit, found: Settings) -> None:
    """Raises InputError where [rules.CODE] limits a metric that the check does not measure."""
    measured = {o.code: sorted({m.effect.name for m in o.measured}) for o in audit.outcomes}
    for code, given in found.config.rules.items():
        names = measured.get(code)
        for key in ("error_if", "warn_if"):
            if key not in given or given[key] == "never" or not names:
                continue
            condition = conditions.parsed(given[key], key)
            if not any(condition.about(name) for name in names):
                raise InputError(
                    f"{found.file}: [rules.{code}] {key}: got the metric {condition.metric!r}, {code} measures {', '.join(names)}"
                )


def told(found: Settings, by: Policy) -> dict[str, Any]:
    """What the audit's provenance says of the command: its words, its config, its waivers, its baseline."""
    accepted = [{"rule": w.rule, "data": w.data, **w.said()} for w in by.waivers]
    known = None if by.baseline is None else len(by.baseline.known)
    return {"command": ["auditor", *sys.argv[1:]], "config": resolved(found), "waivers": accepted, "known_findings": known}


def resolved(found: Settings) -> dict[str, Any]:
    """The config as it was read, for the audit's provenance."""
    return {"file": str(found.file) if found.file else None, **found.config.model_dump(by_alias=True, exclude_defaults=True)}
