"""BIA312 on planted slices of classes and numbers, and on errors that belong to no slice."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

import auditor
from auditor.derive import text_topics
from auditor.rows import Roles

ROLES = Roles(label="y", prediction="said", sensitive="sex")


def table(seed: int, bad: float, n: int = 5_000) -> dict[str, list[Any]]:
    rng = np.random.default_rng(seed)
    sex, city = rng.choice(["f", "m"], n), rng.choice(["x", "y", "z"], n)
    age = rng.integers(18, 80, n)
    weak = (sex == "f") & (age >= 68)
    y = rng.integers(0, 2, n)
    slip = rng.random(n) < np.where(weak, bad, 0.1)
    said = np.where(slip, 1 - y, y)
    return {"sex": sex.tolist(), "city": city.tolist(), "age": age.tolist(), "y": y.tolist(), "said": said.tolist()}


def audited(data: Any, roles: Roles = ROLES, **more: Any) -> auditor.Audit:
    return auditor.check(data, roles=roles, select=("BIA312",), **more)


@pytest.mark.parametrize("seed", (500, 501, 502))
def test_the_planted_slice_is_found_with_its_conditions_and_rows(seed: int) -> None:
    data = table(seed, 0.5)
    audit = audited(data)
    (finding,) = audit.findings
    assert "sex=f" in finding.where.group
    assert "age=[" in finding.where.group
    (one,) = [s for s in (audit.bias or {})["slices"] if s["value"] > 0]
    assert one["low"] < 0.4 < one["high"]
    assert one["p_adjusted"] < 0.05
    rows = finding.all_rows
    assert rows is not None
    assert len(rows) == finding.affected
    assert all(data["y"][i] != data["said"][i] and data["sex"][i] == "f" for i in rows.row.tolist())


def test_even_errors_are_clean() -> None:
    audits = [audited(table(seed, 0.1)) for seed in range(600, 605)]
    assert [a.outcomes[0].status for a in audits] == ["clean"] * 5


def test_a_slice_of_large_errors_of_numbers_is_found() -> None:
    rng = np.random.default_rng(1)
    kind = rng.choice(["a", "b", "c", "d"], 3_000)
    y = rng.normal(0, 10, 3_000)
    said = y + rng.normal(0, np.where(kind == "c", 3.0, 1.0))
    (finding,) = audited({"kind": kind, "y": y, "said": said}, Roles(label="y", prediction="said")).findings
    assert finding.where.group == "kind=c"
    assert finding.effect.name == "absolute_error_gap"


def test_numbers_spelled_otherwise_are_the_same_class() -> None:
    data = table(1, 0.1)
    audit = audited({**data, "said": [float(x) for x in data["said"]]})
    assert audit.outcomes[0].status == "clean"


def test_a_model_that_is_hardly_ever_wrong_cannot_be_told() -> None:
    data = table(2, 0.1, 400)
    audit = audited({**data, "said": data["y"]})
    assert audit.outcomes[0].status == "inconclusive"
    assert "0 of 400" in audit.outcomes[0].reason


def test_declared_cuts_name_the_bins() -> None:
    audit = audited(table(503, 0.6), options={"cuts": {"age": [68]}})
    assert "age=[68, inf)" in audit.findings[0].where.group


TEXTS = Roles(text="text", label="y", prediction="said")
SUBJECTS = ("refund item shop", "card post letter", "exchange rate euro", "pin code blocked", "loan house interest")
MORE = ("phone stolen device", "salary payday month", "child parent school", "atm cash machine", "transfer bank pending")


def spoken(seed: int, bad: float, rows: int = 4_000) -> dict[str, list[Any]]:
    """Texts of ten subjects; errors .10, and `bad` where they are about refunds."""
    rng = np.random.default_rng(seed)
    about = rng.integers(0, 10, rows)
    y = rng.integers(0, 2, rows)
    slip = rng.random(rows) < np.where(about == 0, bad, 0.1)
    words = [(*SUBJECTS, *MORE)[a].split() for a in about.tolist()]
    text = [f"what is it with the {' and the '.join(rng.permutation(w))}" for w in words]
    return {"text": text, "y": y.tolist(), "said": np.where(slip, 1 - y, y).tolist()}


def test_texts_about_one_thing_are_a_slice() -> None:
    data = spoken(700, 0.4)
    (finding,) = audited(data, TEXTS).findings
    title, _, words = finding.where.group.partition("=")
    assert title == "topic of text"
    assert set(words.split(", ")) == {"refund", "item", "shop"}
    assert finding.where.columns == ("text",)
    assert finding.all_rows is not None
    assert all("refund" in data["text"][i] for i in finding.all_rows.row.tolist())


def test_errors_that_follow_no_topic_are_clean() -> None:
    audits = [audited(spoken(seed, 0.1), TEXTS) for seed in range(710, 715)]
    assert [a.outcomes[0].status for a in audits] == ["clean"] * 5


def long_ones(text: Callable[[int], str], rows: int = 3_000) -> dict[str, list[Any]]:
    """Errors in a half of the longest fifth of the texts."""
    rng = np.random.default_rng(3)
    length, y = rng.integers(1, 51, rows), rng.integers(0, 2, rows)
    slip = rng.random(rows) < np.where(length > 40, 0.5, 0.1)
    return {"text": [text(n) for n in length.tolist()], "y": y.tolist(), "said": np.where(slip, 1 - y, y).tolist()}


@pytest.mark.parametrize(
    ("text", "rows", "reason"),
    [
        (lambda n: " ".join(["the"] * n), 3_000, "0 texts have a word, besides stop words"),
        (lambda n: " ".join(["word"] * n), 220, "220 texts, fewer than 240"),
    ],
)
def test_without_topics_texts_are_sliced_by_length_and_the_reason_is_said(
    text: Callable[[int], str], rows: int, reason: str
) -> None:
    (finding,) = audited(long_ones(text, rows), TEXTS).findings
    assert finding.where.group.startswith("words of text=[")
    assert f"'text' by length only: {reason}" in finding.message


def test_a_derivation_that_falls_takes_no_check_away(monkeypatch: pytest.MonkeyPatch) -> None:
    def fall(*_: object) -> None:
        raise MemoryError("no room")

    monkeypatch.setattr(text_topics, "topics", fall)
    audit = audited(long_ones(lambda n: " ".join(["fallen"] * n)), TEXTS)
    assert audit.outcomes[0].status == "found"
    assert "texts by length only: MemoryError: no room" in audit.findings[0].message
    assert audit.provenance["derived"]["text_topics"] == {"reason": "MemoryError: no room"}


def test_a_table_without_texts_asks_for_no_topics() -> None:
    audit = audited(table(500, 0.5))
    assert audit.provenance["derived"]["text_topics"] == {"reason": "there is no column of texts"}
    assert "length" not in audit.findings[0].message


def test_a_sample_of_the_rows_is_sliced_by_topic_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auditor.tallies.slice_rows.CAP_ROWS", 3_000)
    monkeypatch.setattr(text_topics, "CAP", 3_000)
    (finding,) = audited(spoken(701, 0.5, 8_000), TEXTS).findings
    assert finding.where.group.startswith("topic of text=")
    assert 2_700 < finding.examined < 3_300
    assert "(no topic)" not in finding.message


def test_predictions_outside_the_labels_are_no_errors() -> None:
    data = table(500, 0.5)
    odd = {**data, "said": [7 if i % 5 == 0 else x for i, x in enumerate(data["said"])]}
    mine = audited(odd).outcomes[0]
    other = auditor.check(odd, roles=ROLES, positive="1", select=("BIA305",)).outcomes[0]
    assert (mine.status, mine.reason) == ("inconclusive", other.reason)
    assert "'said' predicts '7', want one of the labels '0', '1'" in mine.reason
    alone = audited(odd, Roles(label="y", prediction="said")).outcomes[0]  # no groups are needed to tell
    assert alone.reason == mine.reason


def test_a_label_that_is_never_predicted_is_no_reason_to_refuse() -> None:
    data = table(500, 0.5)
    frame = pd.DataFrame(data)
    frame.loc[:20, "y"] = 2
    assert audited(frame).outcomes[0].status == "found"


def test_texts_in_parts_and_by_workers_have_the_slices_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = audited(spoken(700, 0.4), TEXTS).findings
    monkeypatch.setattr("auditor.data.frames.BATCH_ROWS", 300)
    assert audited(spoken(700, 0.4), TEXTS).findings == whole
    assert audited(spoken(700, 0.4), TEXTS, workers=2).findings == whole
