"""The user's Great Expectations suite, run over a bounded sample in a context that lives in memory alone.

One Derived a split: `rows` are the positions of unexpected values (one entry an expectation), `values` the number of the
expectation, `info["results"]` one dict an expectation. No analytics, no network, no file is written.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from auditor.derive import Sample
from auditor.rows import Derived, InputError, Setting

CAP = 200_000
"""Rows of one split that the suite is run on at most: Great Expectations holds them in memory as a pandas frame."""
SHOWN = 5  # unexpected values quoted an expectation
needs = ("option:expectations",)


def lacks(setting: Setting) -> str | None:
    """Why the suite cannot be run, or None. Raises InputError for a suite that cannot be read."""
    suite(setting)
    if importlib.util.find_spec("great_expectations") is None:
        return "auditor.derive.expectations needs great-expectations: pip install 'tune-auditor[gx]'"
    return None


def suite(setting: Setting) -> Mapping[str, Any]:
    """The suite as plain JSON: an object with a list `expectations`. Raises InputError for anything else."""
    given = setting.options.get("expectations")
    if isinstance(given, Mapping):
        found: Any = given
    else:
        path = Path(str(given))
        try:
            found = json.loads(path.read_text("utf-8"))
        except OSError as cause:
            raise InputError(
                f"--expectations {path}: {cause.strerror}; give the JSON file of a Great Expectations suite"
            ) from None
        except ValueError as cause:
            raise InputError(f"--expectations {path}: got no JSON ({cause}), want a Great Expectations suite") from None
    listed = found.get("expectations") if isinstance(found, Mapping) else None
    if not isinstance(listed, list) or not all(
        isinstance(e, Mapping) and ("type" in e or "expectation_type" in e) for e in listed
    ):
        raise InputError("--expectations: got no suite, want an object with a list `expectations` of objects with a `type`")
    if not listed:
        raise InputError("--expectations: the suite has no expectation; add one, or leave the option out")
    return dict(found)


def derive(setting: Setting, sample: Sample) -> Iterator[Derived]:
    """Runs every expectation by itself, so that one that cannot be run does not hide the others."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    import great_expectations as gx

    wanted = suite(setting)
    with contextlib.redirect_stderr(io.StringIO()):  # its progress bars
        context = gx.get_context(mode="ephemeral")
        asset = context.data_sources.add_pandas("auditor").add_dataframe_asset("split")
        whole = asset.add_batch_definition_whole_dataframe("whole")
        for split, (table, positions) in sorted(sample.tables.items()):
            batch = whole.get_batch(batch_parameters={"dataframe": table.to_pandas()})
            results, rows, values = [], [np.empty(0, np.int64)], [np.empty(0, np.int64)]
            for number, configuration in enumerate(wanted["expectations"]):
                result, unexpected = _run(batch, configuration, set(table.column_names))
                results.append(result)
                rows.append(positions[unexpected])
                values.append(np.full(len(unexpected), number, np.int64))
            every, which = np.concatenate(rows), np.concatenate(values)
            order = np.argsort(every, kind="stable")
            info = {
                "suite": str(wanted.get("name", "")),
                "results": results,
                "rows": len(positions),
                "sampled": split in sample.capped,
            }
            yield Derived(name="expectations", split=split, rows=every[order], values=which[order], info=info)


def _run(batch: Any, configuration: Mapping[str, Any], columns: set[str]) -> tuple[dict[str, Any], Any]:
    """One expectation -> its result as plain values, and the places of its unexpected values in the frame."""
    from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
    from great_expectations.expectations.metadata_types import FailureSeverity

    kind = str(configuration.get("type", configuration.get("expectation_type")))
    kwargs = {k: v for k, v in dict(configuration.get("kwargs", {})).items() if k not in ("batch_id", "result_format")}
    names = [kwargs[k] for k in ("column", "column_A", "column_B") if k in kwargs] + list(kwargs.get("column_list", ()))
    severity = str(configuration.get("severity", "critical")).lower()
    said: dict[str, Any] = {"type": kind, "kwargs": kwargs, "columns": [str(n) for n in names], "severity": severity}
    nowhere = np.empty(0, np.int64)
    absent = [n for n in names if n not in columns]
    if absent and kind != "expect_column_to_exist":
        return said | {"error": f"column {absent[0]!r} is not in this split"}, nowhere
    try:
        expectation = ExpectationConfiguration(type=kind, kwargs=kwargs, severity=FailureSeverity(severity)).to_domain_obj()
        outcome = batch.validate(expectation, result_format={"result_format": "COMPLETE"}).to_json_dict()
    except Exception as cause:  # whatever a suite can hold, the other expectations go on
        return said | {"error": f"{type(cause).__name__}: {' '.join(str(cause).split())[:300]}"}, nowhere
    raised = [e for e in _exceptions(outcome.get("exception_info") or {}) if e]
    if raised:
        return said | {"error": raised[0][:300]}, nowhere
    result = outcome.get("result") or {}
    said |= {"success": bool(outcome["success"]), "mostly": float(kwargs.get("mostly", 1.0))}
    counts = {k: result[k] for k in ("element_count", "unexpected_count", "missing_count") if result.get(k) is not None}
    observed = {"observed": str(result["observed_value"])[:200]} if "observed_value" in result else {}
    examples = {"examples": [str(v)[:80] for v in result.get("partial_unexpected_list", ())[:SHOWN]]}
    places = np.array([i for i in result.get("unexpected_index_list") or () if isinstance(i, int)], np.int64)
    return said | counts | observed | examples, places


def _exceptions(info: Mapping[str, Any]) -> Iterator[str]:
    """Messages of what was raised; the record is flat, or one such record a metric."""
    if "raised_exception" in info:
        if info["raised_exception"]:
            yield str(info.get("exception_message") or "an exception was raised")
    else:
        for value in info.values():
            if isinstance(value, Mapping):
                yield from _exceptions(value)
