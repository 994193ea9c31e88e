"""Copies, conflicts and overlaps on real data whose numbers are known."""

from __future__ import annotations

import csv
import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from auditor import audit as steps
from auditor.data import frames
from auditor.model import Audit, Finding
from auditor.rows import Roles
from auditor.tallies import records
from auditor.tallies.normal import n1_text

DATA = Path(os.environ.get("AUDITOR_DATA", Path(__file__).parents[4] / "shared" / "data"))
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"no data in {DATA}; set AUDITOR_DATA")
INTENT = Roles(text="text", label="category")
WORDS = Roles(text="text", label="label")
Texts = list[tuple[str, str]]


def audited(codes: str, train: Any, roles: Roles, **more: Any) -> Audit:
    return steps.run(steps.Request(train=train, roles=roles, select=tuple(codes.split()), data="known", **more))


def only(audit: Audit, code: str, split: str = "train", reference: str = "") -> Finding:
    return next(f for f in audit.findings if f.code == code and f.where.split == split and f.where.reference == reference)


def statuses(audit: Audit) -> dict[str, str]:
    return {o.code: o.status for o in audit.outcomes}


def banking(split: str) -> pd.DataFrame:
    return pd.read_csv(DATA / "banking77" / f"{split}.csv")


def adult(name: str) -> pd.DataFrame:
    return pd.read_csv(DATA / "adult" / name, skipinitialspace=True, keep_default_na=False)


def clinc(*names: str) -> pd.DataFrame:
    lists = json.loads((DATA / "clinc_oos" / "data_small.json").read_text("utf-8"))
    rows: list[list[str]] = [row for name in names for row in (*lists[name], *lists[f"oos_{name}"])]
    return pd.DataFrame(rows, columns=["text", "label"])


@needs_data
def test_banking_copies_are_those_of_its_source_page() -> None:
    train, test = banking("train"), banking("test")
    audit = audited("DUP101 DUP102 LEK101 LEK102 NOI101", train, INTENT, test=test)
    assert statuses(audit) | {"DUP101": "clean", "LEK101": "clean"} == statuses(audit)
    assert only(audit, "DUP102").affected == 31
    assert only(audit, "DUP102").level == "warning"
    overlap = only(audit, "LEK102", "test", "train")
    assert (overlap.affected, overlap.level) == (25, "error")
    assert "0 of them only with another label" in overlap.message
    known = {n1_text(t) for t in train.text}
    assert overlap.all_rows is not None
    assert overlap.all_rows.row.tolist() == [i for i, t in enumerate(test.text) if n1_text(t) in known]
    conflict = only(audit, "NOI101")
    assert (conflict.affected, conflict.level) == (2, "warning")
    assert {n1_text(train.text[r.row]) for r in conflict.rows} == {"has my top up gone through"}


def shingled(text: str) -> set[str]:
    text = n1_text(text)
    return {text[i : i + 5] for i in range(max(1, len(text) - 4))}


@needs_data
def test_banking_near_overlaps_are_exact_and_nearly_all_found() -> None:
    train, test = banking("train"), banking("test")
    finding = only(audited("LEK201", train, INTENT, test=test), "LEK201", "test", "train")
    assert 145 <= finding.affected <= 151
    assert finding.level == "error"
    rows = finding.all_rows
    assert rows is not None
    assert rows.twin_row is not None
    assert rows.score is not None
    for row, twin, score in zip(rows.row.tolist(), rows.twin_row.tolist(), rows.score.tolist(), strict=True):
        a, b = shingled(test.text[row]), shingled(train.text[twin])
        assert score == pytest.approx(len(a & b) / len(a | b))
        assert score >= 0.8
    assert int((rows.score >= 0.9).sum()) == 37


@needs_data
def test_clinc_texts_cross_its_splits() -> None:
    audit = audited("LEK101 LEK102 NOI101", clinc("train"), WORDS, validation=clinc("val"), test=clinc("test"))
    assert only(audit, "LEK101", "test", "train").affected == 1
    assert only(audit, "LEK101", "validation", "train").affected == 3
    assert only(audit, "LEK102", "test", "train").affected == 9 - 1
    assert only(audit, "LEK102", "validation", "train").affected == 10 - 3
    assert "(inputs: 3)" in only(audit, "NOI101", "").message


@needs_data
def test_clinc_lists_as_one_repeat_thirty_texts() -> None:
    audit = audited("DUP102 NOI101", clinc("train", "val", "test"), WORDS)
    assert "; 30 with those that are" in only(audit, "DUP102").message
    assert "(inputs: 3)" in only(audit, "NOI101").message


@needs_data
def test_adult_copies_are_no_chance() -> None:
    audit = audited("DUP101 LEK101 DUP104 NOI101", adult("adult.data"), Roles(label="classification"), test=adult("adult.test"))
    assert only(audit, "DUP101").affected == 24
    assert only(audit, "DUP101", "test").affected == 5
    overlap = only(audit, "LEK101", "test", "train")
    assert (overlap.affected, overlap.level) == (23, "error")
    assert "(26 on inputs alone)" in overlap.message
    assert only(audit, "NOI101").affected == 2
    assert [f.where.columns for f in audit.findings if f.code == "DUP104"] == [("education", "education-num")]


@needs_data
def test_adult_as_one_repeats_52_rows() -> None:
    both = pd.concat([adult("adult.data"), adult("adult.test")])
    assert only(audited("DUP101", both, Roles(label="classification")), "DUP101").affected == 52


@needs_data
def test_sms_repeats_403_rows() -> None:
    path = DATA / "sms_spam" / "SMSSpamCollection.tsv"
    frame = pd.read_csv(path, sep="\t", names=["label", "text"], quoting=csv.QUOTE_NONE, keep_default_na=False)
    audit = audited("DUP101 DUP102 NOI101", frame, WORDS)
    assert only(audit, "DUP101").affected == 403
    emptied = Counter(n1_text(t) for t in frame.text)[""]
    repeated = len(frame) - len({n1_text(t) for t in frame.text})
    assert repeated == 444
    assert f"; {repeated - (emptied - 1)} with those that are" in only(audit, "DUP102").message  # emptied texts: raw only
    assert statuses(audit)["NOI101"] == "clean"


@needs_data
@pytest.mark.parametrize(("file", "repeated"), [("0.9", 52), ("0.6", 3)])
def test_gpteacher_prompts_repeat(file: str, repeated: int) -> None:
    rows = json.loads((DATA / "gpteacher_toolformer" / f"toolformer-similarity-{file}-dataset.json").read_text("utf-8"))
    audit = audited("DUP102", pd.DataFrame(rows), Roles(text=("instruction", "input")))
    assert only(audit, "DUP102").affected == repeated


@needs_data
def test_alpaca_repeats_fourteen_texts() -> None:
    frame = pd.DataFrame(json.loads((DATA / "chat_llamafactory" / "alpaca_en_demo.json").read_text("utf-8")))
    audit = audited("DUP101 DUP102", frame, Roles(text="instruction"))
    repeated = len(frame) - frame.instruction.map(n1_text).nunique()
    assert repeated == 14
    assert only(audit, "DUP101").affected == 14


@pytest.mark.parametrize(("name", "rows"), [("iris", [142]), ("digits", []), ("wine", []), ("breast_cancer", [])])
def test_the_bundled_tables_repeat_what_is_known(name: str, rows: list[int]) -> None:
    from sklearn import datasets

    frame = getattr(datasets, f"load_{name}")(as_frame=True).frame
    findings = audited("DUP101", frame, Roles(label="target")).findings
    assert [r.row for f in findings for r in f.rows] == rows


@needs_data
def test_templates_of_presidio_leak_through_a_random_split() -> None:
    rows = json.loads((DATA / "presidio_pii" / "synth_dataset_v2.json").read_text("utf-8"))
    frame = pd.DataFrame([{"text": r["full_text"], "template": str(r["template_id"])} for r in rows])
    frame = frame.sample(frac=1, random_state=5).reset_index(drop=True)
    train, test = frame[:1200], frame[1200:].reset_index(drop=True)
    finding = only(audited("LEK103", train, Roles(group="template"), test=test), "LEK103", "test", "train")
    assert finding.affected == int(test.template.isin(set(train.template)).sum())
    assert finding.level == "error"


@needs_data
def test_validation_and_test_of_multi30k_share_nothing() -> None:
    def lines(name: str) -> pd.DataFrame:
        return pd.DataFrame({"text": (DATA / "multi30k" / f"{name}.en.txt").read_text("utf-8").splitlines()})

    audit = audited("LEK101", lines("val"), Roles(text="text"), test=lines("test_2016_flickr"))
    assert statuses(audit) == {"LEK101": "clean"}


@needs_data
def test_records_on_disk_find_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    def run() -> list[tuple[str, str, list[int]]]:
        codes = "DUP101 DUP102 LEK101 LEK102 NOI101"
        audit = audited(codes, clinc("train"), WORDS, validation=clinc("val"), test=clinc("test"))
        return [(f.code, f.message, [] if f.all_rows is None else f.all_rows.row.tolist()) for f in audit.findings]

    whole = run()
    monkeypatch.setattr(records, "CAP_BYTES", 100_000)
    monkeypatch.setattr(frames, "BATCH_ROWS", 500)
    assert run() == whole


def test_few_categories_agree_by_chance_and_only_warn() -> None:
    draw = np.random.default_rng(12)
    columns = {name: draw.choice(list("abcdef"), 600).tolist() for name in ("one", "two", "three")}
    train = {k: v[:400] for k, v in columns.items()}
    test = {k: v[400:] for k, v in columns.items()}
    assert only(audited("LEK101", train, Roles(), test=test), "LEK101", "test", "train").level == "warning"


def test_reference_sets_are_compared_with_train_alone() -> None:
    texts = {"text": ["one small step", "for all of us"]}
    audit = audited(
        "LEK101", {"text": ["one small step"]}, Roles(text="text"), test={"text": ["for all of us"]}, references={"bench": texts}
    )
    assert [(f.where.split, f.where.reference) for f in audit.findings] == [("bench", "train")]


def test_splits_without_a_common_text_cannot_be_told() -> None:
    audit = audited("LEK101", {"text": ["a b"], "n": [1]}, Roles(text="text"), test={"n": [1]})
    assert statuses(audit) == {"LEK101": "inconclusive"}


def test_five_hundred_columns_are_compared_at_once() -> None:
    draw = np.random.default_rng(3)
    table = pd.DataFrame({f"c{i}": draw.normal(size=400) if i % 2 else draw.integers(0, 4, 400) for i in range(500)})
    table["c7"] = table["c9"]
    table["c10"] = table["c4"].map(dict(enumerate("wxyz")))
    found = {f.where.columns for f in audited("DUP104", table, Roles()).findings}
    assert found == {("c7", "c9"), ("c4", "c10")}


def test_two_flags_of_few_rows_are_no_finding() -> None:
    table = {"one": ["a", "b", "a"], "two": ["u", "v", "u"]}
    assert statuses(audited("DUP104", table, Roles())) == {"DUP104": "clean"}


def test_a_sampled_train_split_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    from auditor.tallies import near

    monkeypatch.setattr(near, "SAMPLED_ROWS", 100)
    texts = [f"this is the text of number {i // 2} and of nothing else at all, {i // 2}" for i in range(400)]
    audit = audited("DUP201", {"text": texts}, Roles(text="text"))
    finding = only(audit, "DUP201")
    assert "a sample of 0.25 of its 400 rows" in finding.message
    assert finding.examined < 150
