"""auditor.toml, or [tool.auditor] of pyproject.toml: the nearest one wins and nothing is merged."""

from __future__ import annotations

import difflib
import os
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from auditor import conditions, find
from auditor.check import WEIGHED
from auditor.rows import InputError, Roles, Task

NAME = "auditor.toml"
Words = tuple[str, ...]


class Part(BaseModel):
    """A table of the file. An unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class RolesPart(Part):
    """[data.NAME.roles]: which column plays which part."""

    text: str | Words = ()
    label: str | None = None
    sensitive: str | Words = ()
    annotators: str | Words = ()
    group: str | None = None
    time: str | None = None
    id: str | None = None
    weight: str | None = None
    prediction: str | None = None
    probabilities: str | None = None
    messages: str | None = None
    prompt: str | None = None
    response: str | None = None
    chosen: str | None = None
    rejected: str | None = None
    image: str | None = None
    audio: str | None = None

    def roles(self) -> Roles:
        return Roles(**self.model_dump())


class DataPart(Part):
    """[data.NAME]: the files of one data set, relative to the config file."""

    train: str | None = None
    validation: str | None = None
    test: str | None = None
    reference: dict[str, str] = Field(default_factory=dict)
    format: Literal["csv", "tsv", "jsonl", "json", "parquet", "arrow"] | None = None
    task: Task | None = None
    positive: str | int | float | bool | None = None
    model: str | None = None
    expectations: str | None = None
    reference_group: dict[str, str] = Field(default_factory=dict)  # sensitive column -> the group compared with
    cuts: dict[str, tuple[float, ...]] = Field(default_factory=dict)  # sensitive column of numbers -> its bands
    population: dict[str, dict[str, float]] = Field(default_factory=dict)  # sensitive column -> group -> share it should have
    mitigate: bool = False  # try mitigations of group gaps on held-out rows
    roles: RolesPart = Field(default_factory=RolesPart)


class SelectPart(Part):
    """[select]: codes or prefixes."""

    rules: Words = ()
    extend: Words = ()
    ignore: Words = ()
    preview: bool = False


class GatePart(Part):
    """[gate]: what fails the audit."""

    policy: Literal["default", "strict", "exploratory"] = "default"
    fail_on: Literal["error", "warning", "never"] | None = None
    require: Words = ()
    max_waiver_days: Annotated[int, Field(ge=1)] | None = None
    new_only: bool = False
    waivers: str | None = None
    baseline: str | None = None


class TunePart(Part):
    """[tune]: the recipe of `auditor train`; paths relative to the config file."""

    base: str | None = None
    output: str | None = None
    epochs: float | None = None
    batch_size: int | None = None
    learning_rate: float | None = None
    max_length: int | None = None
    freeze: Literal["none", "auto"] | int | None = None
    lora: bool | None = None
    on_overfit: Literal["record", "stop", "restore-best", "raise"] | None = None
    probe_size: int | None = None
    every: int | None = None
    seeds: int | None = None
    retain: str | None = None
    accept_audit: bool | None = None
    seed: int | None = None


class ReportPart(Part):
    """[report]: files to write, relative to the config file, and what they quote."""

    json_: Annotated[str | None, Field(alias="json")] = None
    html: str | None = None
    rows: str | None = None
    sarif: str | None = None
    junit: str | None = None
    github: str | None = None
    gitlab: str | None = None
    markdown: str | None = None
    ll144: str | None = None
    evidence: Literal["none", "masked", "full"] | None = None
    clauses: Words = ()


class Config(Part):
    """The whole file."""

    version: Literal[1] = 1
    data: dict[str, DataPart] = Field(default_factory=dict)
    select: SelectPart = Field(default_factory=SelectPart)
    rules: dict[str, dict[str, Any]] = Field(default_factory=dict)
    gate: GatePart = Field(default_factory=GatePart)
    report: ReportPart = Field(default_factory=ReportPart)
    tune: TunePart = Field(default_factory=TunePart)


PLACES: dict[tuple[str, ...], type[Part]] = {
    (): Config,
    ("data", "*"): DataPart,
    ("data", "*", "roles"): RolesPart,
    ("select",): SelectPart,
    ("gate",): GatePart,
    ("report",): ReportPart,
    ("tune",): TunePart,
}
"""Where each table stands in the file; `*` is a name of the user's."""


def nearest(start: Path) -> Path | None:
    """The config file of the folder or of the nearest one above it, or None."""
    for folder in (start, *start.parents):
        if (folder / NAME).is_file():
            return folder / NAME
        project = folder / "pyproject.toml"
        if project.is_file() and "auditor" in _toml(project).get("tool", {}):
            return project
    return None


def load(path: Path) -> Config:
    """The config of a file, its rules compared with the checks. Raises InputError, naming the key and the nearest good one."""
    raw = _toml(path)
    if path.name == "pyproject.toml":
        raw = raw.get("tool", {}).get("auditor", {})
    try:
        config = Config.model_validate(raw)
    except ValidationError as cause:
        raise InputError(f"{path}: {_complaint(cause)}") from None
    try:
        limits(config)
    except InputError as cause:
        raise InputError(f"{path}: {cause}") from None
    return config


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as cause:
        raise InputError(f"{path}: cannot be read ({cause.strerror}); want a config file, `auditor init` writes one") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as cause:
        raise InputError(f"{path}: is not TOML: {cause}") from None


def _complaint(cause: ValidationError) -> str:
    first = cause.errors()[0]
    *where, key = [str(part) for part in first["loc"]]
    table = ".".join(where)
    if first["type"] == "extra_forbidden":
        place = tuple("*" if i == 1 and where[0] == "data" else word for i, word in enumerate(where))
        good = [field.alias or name for name, field in PLACES[place].model_fields.items()]
        return f"got the key {key!r} in {f'[{table}]' if table else 'the file'}, {_want(key, good)}"
    return f"{'.'.join([*where, key])}: got {first['input']!r}, {first['msg'][0].lower()}{first['msg'][1:]}"


def _want(got: str, good: list[str]) -> str:
    near = difflib.get_close_matches(got, good, 1, 0.5)
    return f"want one of {', '.join(good)}" + (f"; did you mean {near[0]!r}?" if near else "")


def limits(config: Config) -> dict[str, dict[str, Any]]:
    """Code -> fields of the check, from [rules.CODE]. Raises InputError for an unknown code or key, or a wrong value."""
    known = find.everything().checks if config.rules else {}
    changes: dict[str, dict[str, Any]] = {}
    for code, given in config.rules.items():
        if code not in known:
            near = difflib.get_close_matches(code, known, 1, 0.5)
            hint = f"did you mean {near[0]}?" if near else "`auditor rules` lists them"
            raise InputError(f"[rules.{code}]: no check has this code; {hint}")
        parameters = known[code].parameters()
        fields: dict[str, Any] = {}
        for key, value in given.items():
            place = f"[rules.{code}] {key}"
            if key in ("error_if", "warn_if"):
                fields |= _limit(key.removesuffix("_if"), value, parameters, place)
            elif key in parameters:
                fields[key] = _fitting(value, parameters[key], place)
            else:
                raise InputError(f"[rules.{code}]: got the key {key!r}, {_want(key, ['error_if', 'warn_if', *parameters])}")
        changes[code] = fields
    return changes


def _limit(level: str, text: object, parameters: dict[str, Any], place: str) -> dict[str, Any]:
    """The fields that a condition sets; "never" takes the limits of that level away."""
    if text == "never":
        return {f"{level}_above": None, f"{level}_below": None}
    condition = conditions.parsed(text, place)
    if "=" in condition.comparison:
        raise InputError(f"{place}: got {text!r}, want < or >: a limit is broken by what is strictly beyond it")
    side, other = ("above", "below") if condition.comparison == ">" else ("below", "above")
    of = f"{condition.metric}_{level}_{side}"
    if of in parameters:
        return {of: condition.number}
    usual = {s: any(parameters.get(f"{lev}_{s}") is not None for lev in ("warn", "error")) for s in (side, other)}
    if not usual[side]:
        turned = ">" if side == "below" else "<"
        want = f"want {turned}: too much of it is the fault" if side == "below" else f"want {turned}: too little is the fault"
        if not usual[other]:
            own = [k for k in parameters if k not in WEIGHED]
            want = "but this check weighs by its own rule" + (f"; it has {', '.join(own)}" if own else "")
        raise InputError(f"{place}: got {text!r}, {want}")
    return {f"{level}_{side}": condition.number}


def _fitting(value: object, default: object, place: str) -> Any:
    """The value as the parameter takes it. Raises InputError for another kind of value."""
    if isinstance(default, tuple) and isinstance(value, list | tuple):
        return tuple(value)
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if default is None or isinstance(default, float):
        fits = number
    elif isinstance(default, bool):
        fits = isinstance(value, bool)
    elif isinstance(default, int):
        fits = number and value == int(value)  # type: ignore[call-overload]  # `number` says that it is one
    else:
        fits = isinstance(value, type(default))
    if place.endswith(" bound") and value not in ("favourable", "point", "unfavourable"):
        raise InputError(f"{place}: got {value!r}, want favourable, point or unfavourable")
    if not fits:
        kind = "a number" if default is None else f"such a value as {default!r}"
        raise InputError(f"{place}: got {value!r}, want {kind}")
    return value


def beside(file: Path, path: str) -> str:
    """A path of the file as seen from here: relative where it lies below the working folder."""
    whole = os.path.normpath(file.parent / path)
    try:
        return str(Path(whole).relative_to(Path.cwd()))
    except ValueError:
        return whole


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of the file."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **Config.model_json_schema(), "title": NAME}
