"""Real files give the rows that their publishers count."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from auditor.data.open import open_source
from auditor.rows import InputError, Raw, Source

DATA = Path(os.environ.get("AUDITOR_DATA", Path(__file__).parents[2] / ".." / "shared" / "data")).resolve()
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason=f"real data is not at {DATA}")

KNOWN = {
    "adult/adult.data": ("csv", 32_561, 15),
    "adult/adult.test": ("csv", 16_281, 15),
    "bank_marketing/bank-full.csv": (None, 40_004, 17),
    "german_credit/german.data": ("csv", 1_000, 21),
    "banking77/train.csv": (None, 10_003, 2),
    "banking77/test.csv": (None, 3_080, 2),
    "sms_spam/SMSSpamCollection.tsv": (None, 5_574, 2),
    "crows_pairs/crows_pairs_anonymized.csv": (None, 1_508, 8),
    "dixon_madlibs/en_sentence_templates.csv": (None, 76_564, 3),
    "cifar10n_part/labels.csv": (None, 1_500, 8),
    "gpteacher_toolformer/toolformer-similarity-0.6-dataset.json": (None, 2_396, 4),
    "gpteacher_toolformer/toolformer-similarity-0.9-dataset.json": (None, 5_959, 4),
    "chat_llamafactory/alpaca_en_demo.json": (None, 999, 3),
    "chat_llamafactory/dpo_en_demo.json": (None, 300, 3),
    "chat_llamafactory/glaive_toolcall_en_demo.json": (None, 300, 2),
    "chat_llamafactory/identity.json": (None, 91, 3),
    "chat_llamafactory/kto_en_demo.json": (None, 300, 2),
    "chat_llamafactory/v1_sft_demo.jsonl": (None, 500, 1),
    "presidio_pii/synth_dataset_v2.json": (None, 1_500, 5),
}


def opened(name: str) -> Source:
    return open_source(DATA / name, "train", "train", KNOWN[name][0])[0]


def parts(name: str) -> list[Raw]:
    return list(opened(name).read())


@pytest.mark.parametrize("name", KNOWN)
def test_a_real_file_has_its_rows_and_columns_and_no_fault(name: str) -> None:
    _, rows, columns = KNOWN[name]
    read = parts(name)
    assert sum(len(p.rows) for p in read) == rows
    assert len(opened(name).columns) == columns
    assert [f for p in read for f in p.faults] == []


def test_adult_is_read_without_the_blanks_after_its_commas() -> None:
    row = parts("adult/adult.data")[0].table.slice(0, 1).to_pylist()[0]
    assert (row["workclass"], row["sex"], row["classification"]) == ("State-gov", "Male", "<=50K")


def test_german_and_sms_have_no_header() -> None:
    assert list(opened("german_credit/german.data").columns)[-1] == "column_21"
    labels = [x for p in parts("sms_spam/SMSSpamCollection.tsv") for x in p.table.column("column_1").to_pylist()]
    assert (labels.count("ham"), labels.count("spam")) == (4_827, 747)


def test_the_object_of_lists_of_clinc_is_refused_with_its_keys() -> None:
    with pytest.raises(InputError, match=r"one JSON object with the keys 'oos_val', 'val', 'train'.*save each of its lists"):
        open_source(DATA / "clinc_oos" / "data_small.json", "train", "train")


def test_a_folder_of_train_and_test_is_refused() -> None:
    with pytest.raises(InputError, match="several formats"):
        open_source(DATA / "banking77", "train", "train")
