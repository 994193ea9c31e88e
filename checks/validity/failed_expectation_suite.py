"""VAL111."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np

from auditor.check import Check, Specimen, Tally
from auditor.model import Effect, Level, Reading, Table, Where
from auditor.rows import Batch, Setting
from auditor.statistics.proportions import share
from auditor.tallies.places import Places, joined

Result = Mapping[str, Any]
LEVELS: dict[str, Level] = {"critical": "error", "warning": "warning", "info": "note"}
"""Severity of Great Expectations -> level of a finding."""


@dataclass(frozen=True, slots=True)
class Expectations(Tally):
    """What the suite gave, by split, and where the unexpected values of each expectation stand."""

    derives = ("expectations",)
    results: dict[str, Mapping[str, Any]] = field(default_factory=dict)  # split -> info of the derivation
    by: dict[tuple[str, int], Places] = field(default_factory=dict)

    @classmethod
    def columns(cls, setting: Setting) -> Iterable[str]:
        return tuple(c.name for c in setting.columns[:1])  # the derivation has read what it needs

    @classmethod
    def of(cls, batch: Batch, *after: Any) -> Self:
        derived = batch.derived.get("expectations")
        if derived is None:
            return cls()
        numbers = np.unique(derived.values).tolist()
        by = {(batch.split, int(n)): Places.of(derived.values == n, derived.rows) for n in numbers}
        return cls({batch.split: derived.info}, by)

    def __add__(self, other: Self) -> Self:
        return type(self)({**self.results, **other.results}, joined(self.by, other.by))


class FailedExpectationSuite(Check[Expectations]):
    """The data does not meet the user's own Great Expectations suite.

    ## Why
    The suite says what the data must be like; a fine-tune on data that breaks it is a fine-tune on other data.

    ## Measured
    Unexpected values / values looked at, by split and expectation: share, 0 to 1, high is bad, against 1 - mostly.
    Expectations of an aggregate are met (0) or not (1). Great Expectations decides what is met; its severity gives the level:
    critical error, warning warning, info note. It runs in memory on at most 200,000 rows a split, a stated sample beyond.

    ## Fix
    Repair the rows that are listed, or change the expectation where it was written on a sample.

    ## Known limits
    An aggregate of a sample is not that of all rows. Columns have the types of the audit: spelled nulls in number columns are
    null. An expectation that cannot be run (unknown, wrong arguments, missing column) makes the outcome an error;
    the others count.

    ## Source
    Great Expectations 1.7 to 1.x (extra `gx`), analytics off, no file written. Limits and severities are the user's.
    """

    code = "VAL111"
    needs = ("option:expectations",)
    good = Specimen(
        train={"age": [20, 30, 40] * 10, "kind": ["a", "b", "c"] * 10},
        options={
            "expectations": {
                "name": "mine",
                "expectations": [
                    {"type": "expect_column_values_to_be_between", "kwargs": {"column": "age", "min_value": 0, "max_value": 120}},
                    {
                        "type": "expect_column_values_to_be_in_set",
                        "kwargs": {"column": "kind", "value_set": ["a", "b"], "mostly": 0.6},
                    },
                ],
            }
        },
    )
    bad = Specimen(
        train={"age": [20, 30, 400] * 10, "kind": ["a", "b", "c"] * 10},
        options={
            "expectations": {
                "name": "mine",
                "expectations": [
                    {"type": "expect_column_values_to_be_between", "kwargs": {"column": "age", "min_value": 0, "max_value": 120}},
                    {"type": "expect_table_row_count_to_be_between", "kwargs": {"min_value": 1000}, "severity": "warning"},
                ],
            }
        },
        found=2,
    )

    def judge(self, setting: Setting, found: Expectations) -> Iterator[Reading]:
        failed = []
        for split, info in sorted(found.results.items()):
            for number, result in enumerate(info["results"]):
                if "error" in result:
                    failed.append(f"{result['type']} on {split}: {result['error']}")
                else:
                    yield self._reading(split, number, result, info, found.by.get((split, number), Places()))
        if failed:
            raise ValueError(f"{len(failed)} expectation(s) could not be run: " + "; ".join(failed[:5]))

    def _reading(self, split: str, number: int, result: Result, info: Result, places: Places) -> Reading:
        rows, met = info["rows"], result["success"]
        counted = "unexpected_count" in result
        unexpected = int(result.get("unexpected_count", 0))
        looked = int(result.get("element_count", rows)) - (
            0 if "not_be_null" in result["type"] else int(result.get("missing_count", 0))
        )
        effect = share("unexpected_share", unexpected, looked) if counted else _unmet(met)
        detail = (
            f"{unexpected:,} of {looked:,} values are unexpected" if counted else f"observed {result.get('observed', 'nothing')}"
        )
        arguments = ", ".join(f"{k}={v!r}" for k, v in result["kwargs"].items() if k != "column")
        lines = tuple((str(k), str(v)[:200]) for k, v in result.items() if k not in ("columns",))
        drawn = " (sampled)" if info["sampled"] else ""
        return self.read(
            Where(split=split, columns=tuple(result["columns"]), group=f"{number + 1}: {result['type']}"),
            effect,
            f"{result['type']}({arguments}) is {'met' if met else 'not met'} in {rows:,} rows{drawn} of {split}: {detail}",
            affected=unexpected,
            examined=rows,
            rows=places.affected(split, result["type"]) if places.count else None,
            evidence=() if met else (Table(title=str(result["type"]), columns=("field", "value"), rows=lines),),
            level="clean" if met else LEVELS.get(result["severity"], "error"),
            limit=1.0 - float(result["mostly"]) if counted else 0.0,
        )


def _unmet(met: bool) -> Effect:
    return Effect(name="unmet", value=0.0 if met else 1.0, unit="expectations")
