"""The format of audit.json as models: what a saved audit may say; its JSON Schema is made from them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from auditor import model

SCHEMA = "tune-auditor/audit/1"
Number = float | None


class Saved(BaseModel):
    """Outside text: unknown fields are passed over, since a later minor version may add some."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Effect(Saved):
    name: str
    value: Number
    low: Number
    high: Number
    unit: str
    method: str
    reason: str = ""


class Where(Saved):
    split: str
    columns: tuple[str, ...]
    group: str
    reference: str


class Row(Saved):
    split: str
    row: int
    id: str
    score: Number
    detail: str
    note: str = ""
    twin_split: str = ""
    twin_row: int | None = None
    twin_detail: str = ""
    cluster: int | None = None
    suggestion: str = ""


class Table(Saved):
    shape: Literal["table"]
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | int | float | bool | None, ...], ...]
    note: str


class Series(Saved):
    name: str
    x: tuple[float | str | None, ...]
    y: tuple[Number, ...]
    low: tuple[Number, ...]
    high: tuple[Number, ...]


class Mark(Saved):
    axis: Literal["x", "y"]
    at: Number
    label: str


class Curve(Saved):
    shape: Literal["curve"]
    title: str
    x_label: str
    y_label: str
    series: tuple[Series, ...]
    marks: tuple[Mark, ...]


class Histogram(Saved):
    shape: Literal["histogram"]
    title: str
    x_label: str
    y_label: str
    series: tuple[Series, ...]
    marks: tuple[Mark, ...]
    width: Number


class Matrix(Saved):
    shape: Literal["matrix"]
    title: str
    row_label: str
    column_label: str
    row_names: tuple[str, ...]
    column_names: tuple[str, ...]
    values: tuple[tuple[Number, ...], ...]


Evidence = Annotated[Table | Histogram | Matrix | Curve, Field(discriminator="shape")]


class Finding(Saved):
    code: str
    name: str
    level: model.Level
    where: Where
    message: str
    effect: Effect
    limit: Number
    q: Number = None
    affected: int
    examined: int
    rows: Annotated[tuple[Row, ...], Field(max_length=10)]
    evidence: tuple[Evidence, ...]
    fix: str
    why: str = ""
    known_limits: str = ""
    fingerprint: str
    waived: dict[str, Any] | None


class Measured(Saved):
    where: Where
    effect: Effect
    limit: Number
    q: Number = None
    at_most: model.Level = "error"
    decided: Literal["limits", "check", "unsure"] = "check"  # an audit without the word cannot be weighed again


class Outcome(Saved):
    code: str
    name: str
    status: model.Status
    reason: str
    seconds: float
    measured: Annotated[tuple[Measured, ...], Field(max_length=10)]


class Value(Saved):
    value: Number
    low: Number = None
    high: Number = None
    status: str = "ok"
    reason: str | None = None


class Group(Saved):
    attribute: str
    group: str
    stage: str
    n: float
    metrics: dict[str, Value]


class Comparison(Saved):
    attribute: str
    group: str | None
    reference: str | None
    stage: str
    metric: str
    value: Number
    low: Number = None
    high: Number = None
    method: str | None = None
    simultaneous_low: Number = None
    simultaneous_high: Number = None
    n: Number = None
    n_reference: Number = None
    minimum_detectable: Number = None
    status: str = "ok"
    reason: str | None = None
    verdict: Literal["pass", "fail", "inconclusive"] | None = None


class Slice(Saved):
    conditions: tuple[str, ...]
    n: int
    metric: str
    value: Number
    low: Number = None
    high: Number = None
    p_adjusted: Number = None


class Mitigation(Saved):
    attribute: str
    split: str
    mitigation: str
    metric: str
    before: Number
    after: Number
    change: Number = None
    low: Number = None
    high: Number = None
    verdict: Literal["better", "worse", "not told apart", "no direction", "undefined"]


class ImpactRatio(Saved):
    attribute: str
    group: str
    split: str
    outcome: Literal["prediction", "score", "label"]
    n: int
    selected: int
    rate: Number
    impact_ratio: Number
    reason: str | None = None
    unknown: int = 0


class Preference(Saved):
    """How often the stereotyped sentence of a pair is ahead, of the pairs that are no tie, with 95 % limits."""

    name: str  # "all pairs" or the bias type; one of that name is "all pairs (bias type)"
    pairs: int
    templates: int
    left_out: int | None = None  # of older audits unknown
    base: Number
    base_low: Number
    base_high: Number
    base_ties: int
    tuned: Number
    tuned_low: Number
    tuned_high: Number
    tuned_ties: int
    base_reason: str | None = None  # why the base model has no share, or no limits
    reason: str | None = None  # the same of the tuned model


class Bias(Saved):
    groups: tuple[Group, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    slices: tuple[Slice, ...] = ()
    probes: tuple[dict[str, Any], ...] = ()
    preferences: tuple[Preference, ...] = ()
    mitigations: tuple[Mitigation, ...] = ()
    impact_ratios: tuple[ImpactRatio, ...] = ()


class Guard(Saved):
    code: str
    status: Literal["ok", "warning", "alarm", "cannot-tell"]
    first_step: int | None = None
    statistic: Any = None
    limit: Any = None
    reason: str | None = None


class Tuning(Saved):
    evaluations: tuple[dict[str, Any], ...] = ()
    best_step: int | None = None
    stop_step: int | None = None
    action: str | None = None
    selected_checkpoint: str | None = None
    guards: tuple[Guard, ...] = ()


class SavedAudit(Saved):
    """An audit of tune-auditor, format 1."""

    schema_: Annotated[str, Field(alias="schema", pattern=r"^tune-auditor/audit/1(\.|$)")]
    data: str
    verdict: model.Verdict
    reasons: tuple[str, ...]
    findings: tuple[Finding, ...]
    outcomes: tuple[Outcome, ...]
    bias: Bias | None = None
    tuning: Tuning | None = None
    profile: dict[str, Any]
    assumed: tuple[str, ...]
    provenance: dict[str, Any]


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of audit.json."""
    said = SavedAudit.model_json_schema(by_alias=True)
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **said, "title": SCHEMA}
