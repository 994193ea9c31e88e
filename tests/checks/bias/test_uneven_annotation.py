"""BIA210 on planted disagreement, on real annotations, and on annotators that cannot be compared."""

from __future__ import annotations

import itertools
import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import auditor
from auditor.checks.bias import uneven_annotation
from auditor.model import Table
from auditor.rows import InputError
from auditor.tallies import annotators, groups

CIFAR = Path(os.environ.get("AUDITOR_DATA", "../shared/data")) / "cifar10n_part" / "labels.csv"
ERRORS = (0.05, 0.15, 0.40)
NAMES = ("r0", "r1", "r2")


def planted(seed: int, usual: tuple[float, ...], rows: int = 2_000) -> pd.DataFrame:
    """Three annotators who err as in `usual`, and in group f by .05, .15 and .40."""
    rng = np.random.default_rng(seed)
    g, truth = rng.choice(["f", "m"], rows, p=[0.3, 0.7]), rng.integers(0, 4, rows)
    frame = pd.DataFrame({"g": g, "x": rng.normal(size=rows)})
    for name, there, often in zip(NAMES, ERRORS, usual, strict=True):
        slip = rng.random(rows) < np.where(g == "f", there, often)
        frame[name] = np.where(rng.random(rows) < 0.1, np.nan, (truth + slip * rng.integers(1, 4, rows)) % 4)
    return frame


def audited(data: Any, names: tuple[str, ...] = NAMES, **more: Any) -> auditor.Audit:
    return auditor.check(data, roles=auditor.Roles(sensitive="g", annotators=names), select=("BIA210",), **more)


def evidence(audit: auditor.Audit) -> dict[str, tuple[Any, ...]]:
    (table,) = (e for e in audit.findings[0].evidence if isinstance(e, Table))
    return {str(line[0]): line[1:] for line in table.rows}


def by_hand(frame: pd.DataFrame) -> tuple[int, int, float]:
    """Rows with two annotations, those not unanimous, and alpha by pairs, one row after the other."""
    units = [[v for v in row if not np.isnan(v)] for row in frame[list(NAMES)].to_numpy()]
    kept = [u for u in units if len(u) > 1]
    every = [v for u in kept for v in u]
    counts = np.unique(every, return_counts=True)[1]
    apart = sum(sum(a != b for a, b in itertools.permutations(u, 2)) / (len(u) - 1) for u in kept)
    chance = (len(every) ** 2 - int((counts**2).sum())) / (len(every) - 1)
    return len(kept), sum(len(set(u)) > 1 for u in kept), 1 - apart / chance


def test_planted_errors_of_one_group_are_found_and_counted_as_by_hand() -> None:
    frame = planted(10, (0.05, 0.05, 0.05))
    audit = audited(frame)
    (found,) = audit.findings
    assert (found.where.group, found.where.reference, found.level) == ("f", "m", "warning")
    shown = evidence(audit)
    for group in "fm":
        rows, divided, alpha = by_hand(frame[frame.g == group])
        assert shown[group][:3] == (rows, divided, pytest.approx(divided / rows))
        assert shown[group][3] == pytest.approx(alpha, abs=1e-12)
    (entry,) = (audit.bias or {})["comparisons"]
    assert entry["value"] == pytest.approx(shown["f"][2] - shown["m"][2])
    assert (entry["verdict"], entry["n"], entry["n_reference"]) == ("fail", shown["f"][0], shown["m"][0])


def test_annotators_equally_bad_in_both_groups_are_not_found() -> None:
    assert [f for seed in range(20, 30) for f in audited(planted(seed, ERRORS)).findings] == []


@pytest.mark.skipif(not CIFAR.is_file(), reason="the CIFAR-10N labels are not there; set AUDITOR_DATA")
def test_real_annotations_are_counted_as_is_known_of_them() -> None:
    """612 of 1,500 not unanimous, Fleiss' kappa .675; alpha = 1 - (1 - kappa)(N - 1) / N for N annotations."""
    frame = pd.read_csv(CIFAR)
    labels = frame[[f"random_label{i}" for i in (1, 2, 3)]].set_axis(list(NAMES), axis=1)
    few = pd.DataFrame({"r0": ["x"] * 300, "r1": ["x"] * 300, "r2": ["x"] * 300, "g": "b"})
    audit = audited(pd.concat([labels.assign(g="a"), few], ignore_index=True))
    shown = evidence(audit)
    assert shown["a"][:2] == (1_500, 612)
    assert shown["a"][3] == pytest.approx(1 - (1 - 0.675) * 4_499 / 4_500, abs=5e-4)
    assert shown["b"] == (300, 0, 0.0, None, "only one value occurs")
    assert "alpha is undefined (only one value occurs) against" in audit.findings[0].message


def test_numbers_and_texts_of_one_value_are_one_and_blanks_are_none() -> None:
    g = ["a", "b"] * 200
    whole, spelled = [1, 2] * 200, ["1", "2"] * 200
    frame = pd.DataFrame({"g": g, "r0": whole, "r1": [float(x) for x in whole], "r2": [*spelled[:-2], " ", ""]})
    audit = audited(frame)
    assert audit.outcomes[0].status == "clean"
    assert audit.outcomes[0].measured[0].effect.value == 0.0
    frame["r3"] = [True, False] * 200  # of another kind, and never the same
    assert audited(frame, ("r2", "r3")).outcomes[0].measured[0].effect.value == 0.0


def test_columns_of_different_kinds_are_read_as_they_were_written(tmp_path: Path) -> None:
    """One column of True and False alone is of bools, the other is not: it says "unsure" in each third row of b."""
    said = [("ab"[i % 2], ("True", "False")[i % 4 > 1], i % 6 == 1) for i in range(600)]
    (tmp_path / "said.csv").write_text("\n".join(["g,r0,r1", *(f"{g},{x},{'unsure' if u else x}" for g, x, u in said)]))
    (found,) = audited(tmp_path / "said.csv", ("r0", "r1")).findings
    assert (found.where.group, found.where.reference, found.affected) == ("b", "a", 100)
    assert found.effect.value == pytest.approx(1 / 3)


def test_one_annotator_is_told_from_none() -> None:
    frame = planted(1, ERRORS, 200)
    (alone,) = audited(frame, ("r0",)).outcomes
    assert (alone.status, "'r0' is the only annotator" in alone.reason) == ("skipped", True)
    (none,) = audited(frame, ()).outcomes
    assert (none.status, none.reason) == ("skipped", "no column has the role annotators")
    (nested,) = audited({"g": ["a", "b"], "r0": [["x"], ["y"]], "r1": ["x", "y"]}, ("r0", "r1")).outcomes
    assert (nested.status, "want one value a row" in nested.reason) == ("skipped", True)


def test_an_annotator_that_is_no_column_is_one_line() -> None:
    with pytest.raises(InputError, match="annotators column 'r9' is not in the data; did you mean 'r2'"):
        audited(planted(1, ERRORS, 200), ("r0", "r9"))


def test_annotators_are_no_features_and_a_str_is_one_of_them() -> None:
    from auditor.audit import Request, look_at, open_sources

    roles = auditor.Roles(sensitive="g", annotators="r0")
    assert roles.annotators == ("r0",)
    request = Request(train=planted(1, ERRORS, 200), roles=auditor.Roles(sensitive="g", annotators=NAMES))
    setting, _, _ = look_at(open_sources(request), request.roles, request)
    assert [c.name for c in setting.features] == ["g", "x"]


def test_groups_too_small_are_shown_and_not_judged() -> None:
    audit = audited(planted(3, (0.05, 0.05, 0.05), 250))
    assert audit.outcomes[0].status == "inconclusive"
    assert "fewer than 100" in audit.outcomes[0].reason
    (entry,) = (audit.bias or {})["comparisons"]
    assert (entry["status"], entry["value"] is not None) == ("suppressed", True)


def test_beyond_the_cap_nothing_is_counted_and_the_reason_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for place in (annotators, uneven_annotation):
        monkeypatch.setattr(place, "CAP", 5)
    audit = audited(planted(4, ERRORS))
    assert audit.outcomes[0].status == "inconclusive"
    assert "more than 5 cells" in audit.outcomes[0].reason
    assert groups.CAP == 100_000
