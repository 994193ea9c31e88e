"""The laws that hold for every check, built in or guest."""

from __future__ import annotations

import hashlib
import itertools
import pickle
import tempfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from auditor import audit as steps
from auditor import find
from auditor.check import Check, Specimen
from auditor.data import frames
from auditor.engine import local
from auditor.judging import conclude
from auditor.model import Audit, Finding
from auditor.rows import Roles
from auditor.tallies.look import Look

CHECKS = find.everything().checks
HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "</script><script>1</script>",
    "\x1b[31mred",
    "=cmd|' /C calc'!A0",
    "\u202eevil",
    "a|b",
    "",
    "x" * 5000,
]


def specimens(check: type[Check[Any]], which: str) -> list[Specimen]:
    value = getattr(check, which)
    return list(value) if isinstance(value, tuple) else [value]


def written(ending: str, content: str) -> Path:
    """The content as a file; its name tells its content, so that the same specimen is the same file."""
    path = Path(tempfile.gettempdir()) / f"specimen-{hashlib.sha256(content.encode()).hexdigest()[:16]}.{ending}"
    path.write_bytes(content.encode())
    return path


def audited(check: type[Check[Any]], specimen: Specimen, **more: Any) -> Audit:
    return steps.run(
        steps.Request(
            train=dict(specimen.train) if specimen.file is None else written(*specimen.file),
            test=None if specimen.test is None else dict(specimen.test),
            data="specimen",
            roles=specimen.roles,
            task=specimen.task,
            positive=specimen.positive,
            options=specimen.options,
            select=(check.code,),
            preview=True,
            **more,
        )
    )


def status(audit: Audit) -> str:
    return f"{audit.outcomes[0].status}: {audit.outcomes[0].reason}"


PAIRS = [pytest.param(c, s, id=f"{c.code}-{i}") for c in CHECKS.values() for i, s in enumerate(specimens(c, "bad"))]
CLEAN = [pytest.param(c, s, id=f"{c.code}-{i}") for c in CHECKS.values() for i, s in enumerate(specimens(c, "good"))]
BOTH = [*PAIRS, *CLEAN]


def test_no_built_in_check_fails_to_load() -> None:
    assert find.everything().broken == {}


@pytest.mark.parametrize(("check", "specimen"), PAIRS)
def test_the_fault_is_found(check: type[Check[Any]], specimen: Specimen) -> None:
    audit = audited(check, specimen)
    assert audit.outcomes[0].status == "found", status(audit)
    if specimen.found is not None:
        assert len(audit.findings) == specimen.found


@pytest.mark.parametrize(("check", "specimen"), CLEAN)
def test_the_clean_twin_is_not_found(check: type[Check[Any]], specimen: Specimen) -> None:
    audit = audited(check, specimen)
    assert audit.outcomes[0].status in ("clean", "inconclusive"), status(audit)


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
def test_the_page_has_every_section(check: type[Check[Any]]) -> None:
    page = check.page()
    assert list(page) == ["fault", "Why", "Measured", "Fix", "Known limits", "Source"]
    assert all(page.values())
    assert page["fault"].endswith(".")


@pytest.mark.parametrize(("check", "specimen"), PAIRS)
def test_every_finding_can_be_checked_by_hand(check: type[Check[Any]], specimen: Specimen) -> None:
    for finding in audited(check, specimen).findings:
        assert finding.effect.name
        assert finding.effect.unit
        assert finding.effect.value is not None or finding.effect.reason
        assert (finding.effect.low is None) or finding.effect.method
        assert finding.examined >= finding.affected >= 0
        assert finding.message
        assert len(finding.rows) <= 10


@pytest.mark.parametrize(("check", "specimen"), BOTH)
def test_parts_in_any_cutting_judge_as_the_whole(
    check: type[Check[Any]], specimen: Specimen, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = stripped(audited(check, specimen))
    for rows in (cut(specimen, 300), cut(specimen, 100)):
        monkeypatch.setattr(frames, "BATCH_ROWS", rows)
        assert close(stripped(audited(check, specimen)), whole), f"batches of {rows}"


@pytest.mark.parametrize(("check", "specimen"), PAIRS)
def test_parts_in_any_order_judge_as_the_whole(
    check: type[Check[Any]], specimen: Specimen, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = stripped(audited(check, specimen))
    monkeypatch.setattr(frames, "BATCH_ROWS", max(4, cut(specimen, 75)))
    inner = local.fold

    def shuffled(kinds: local.Kinds, batches: Any, done: Any = None, *, workers: int = 1) -> local.Totals:
        listed = list(batches)
        np.random.default_rng(3).shuffle(listed)
        return inner(kinds, listed, done, workers=workers)

    monkeypatch.setattr(local, "fold", shuffled)
    assert close(stripped(audited(check, specimen)), whole)


@pytest.mark.parametrize(("check", "specimen"), PAIRS)
def test_worker_processes_find_the_same(check: type[Check[Any]], specimen: Specimen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames, "BATCH_ROWS", max(7, cut(specimen, 40)))
    assert stripped(audited(check, specimen)) == stripped(audited(check, specimen, workers=2))


@pytest.mark.parametrize(("check", "specimen"), PAIRS)
def test_the_same_input_gives_the_same_audit(check: type[Check[Any]], specimen: Specimen) -> None:
    assert stripped(audited(check, specimen)) == stripped(audited(check, specimen))


@pytest.mark.parametrize("check", CHECKS.values(), ids=CHECKS)
def test_tallies_pickle(check: type[Check[Any]]) -> None:
    for kind in check.tallies:
        assert isinstance(pickle.loads(pickle.dumps(kind())), kind)


@pytest.mark.parametrize(("check", "specimen"), PAIRS)
def test_hostile_values_crash_nothing(check: type[Check[Any]], specimen: Specimen) -> None:
    def spoiled(columns: Any) -> dict[str, list[Any]]:
        again = itertools.cycle(HOSTILE)
        return {name: [next(again) if isinstance(v, str) else v for v in values] for name, values in columns.items()}

    hostile = replace(specimen, train=spoiled(specimen.train), test=specimen.test and spoiled(specimen.test), positive=None)
    assert audited(check, hostile).outcomes[0].status != "error", status(audited(check, hostile))


EDGES: dict[str, dict[str, list[Any]]] = {
    "one row": {"text": ["a b c d e"], "label": ["x"], "n": [1.0], "sex": ["f"]},
    "all null": {"text": [None] * 3, "label": [None] * 3, "n": [None] * 3, "sex": [None] * 3},
    "all equal": {"text": ["same words again here"] * 40, "label": ["x"] * 40, "n": [1.0] * 40, "sex": ["f"] * 40},
    "mixed objects": {
        "text": ["a", 1, None, 2.5] * 10,
        "label": ["x", 1, True, None] * 10,
        "n": [1, "2", None, 4] * 10,
        "sex": [1, None, "m", "f"] * 10,
    },
}


@pytest.mark.parametrize("edge", EDGES)
def test_odd_data_ends_in_no_error(edge: str) -> None:
    roles = Roles(text="text", label="label", sensitive="sex")
    audit = steps.run(steps.Request(train=EDGES[edge], test=EDGES[edge], data="edge", roles=roles))
    assert [(o.code, o.reason) for o in audit.outcomes if o.status == "error"] == []


def test_a_check_that_cannot_run_is_skipped_with_its_reason() -> None:
    audit = steps.run(steps.Request(train={"n": [1.0, 2.0, 3.0]}, data="bare"))
    skipped = [o for o in audit.outcomes if o.status == "skipped"]
    assert skipped
    assert all(o.reason for o in skipped)


def cut(specimen: Specimen, parts: int) -> int:
    """Rows a batch for about so many batches: one row where the specimen is small."""
    return max(1, max((len(v) for v in specimen.train.values()), default=1) // parts)


def stripped(audit: Audit) -> Audit:
    """Without the clock."""
    outcomes = tuple(replace(o, seconds=0.0) for o in audit.outcomes)
    return replace(audit, outcomes=outcomes, provenance={})


def close(one: Audit, other: Audit) -> bool:
    """Same findings to the letter, with numbers within 1e-9: float sums do not associate."""

    def numbers(finding: Finding) -> Iterator[float]:
        for x in (finding.effect.value, finding.effect.low, finding.effect.high):
            yield float("nan") if x is None else x

    if [(f.fingerprint, f.level, f.affected, f.examined) for f in one.findings] != [
        (f.fingerprint, f.level, f.affected, f.examined) for f in other.findings
    ]:
        return False
    if [(r.split, r.row) for f in one.findings for r in f.rows] != [(r.split, r.row) for f in other.findings for r in f.rows]:
        return False
    if [o.status for o in one.outcomes] != [o.status for o in other.outcomes]:
        return False
    a = np.array([x for f in one.findings for x in numbers(f)])
    b = np.array([x for f in other.findings for x in numbers(f)])
    return bool(np.allclose(a, b, rtol=1e-9, atol=1e-12, equal_nan=True))


def test_conclude_of_nothing_is_nothing() -> None:
    assert conclude([], "x") == ((), ())
    assert Look().rows.total() == 0
    assert pa.table({"a": [1]}).num_rows == 1
