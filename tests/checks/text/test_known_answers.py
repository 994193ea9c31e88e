"""Known answers of the text checks on real texts."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from auditor import audit as steps
from auditor.model import Audit
from auditor.rows import Roles

DATA = Path(os.environ.get("AUDITOR_DATA", Path(__file__).resolve().parents[4] / "shared" / "data"))


def needed(name: str) -> Path:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"{path} is not there (AUDITOR_DATA names another folder)")
    return path


def audited(train: Any, **more: Any) -> Audit:
    return steps.run(steps.Request(train=train, data="known", select=("TXT101", "TXT102", "TXT103"), **more))


def statuses(audit: Audit) -> dict[str, str]:
    return {o.code: o.status for o in audit.outcomes}


@pytest.fixture(scope="module")
def sms() -> Audit:
    return audited(needed("sms_spam/SMSSpamCollection.tsv"), roles=Roles(label="column_1", text="column_2"))


def test_sms_spam_has_40_texts_under_two_words_and_2_without_any(sms: Audit) -> None:
    (finding,) = [f for f in sms.findings if f.code == "TXT101"]
    assert (finding.affected, finding.level) == (40, "warning")
    assert finding.all_rows is not None
    assert finding.all_rows.detail is not None
    assert (finding.all_rows.detail == "0 words").sum() == 2


def test_sms_spam_has_309_texts_with_html_entities(sms: Audit) -> None:
    (finding,) = [f for f in sms.findings if f.code == "TXT103"]
    assert finding.affected == 309


def test_banking77_is_clean() -> None:
    parts = [pd.read_csv(needed(f"banking77/{name}.csv")) for name in ("train", "test")]
    audit = audited(parts[0], test=parts[1], roles=Roles(label="category", text="text"))
    assert statuses(audit) == {"TXT101": "clean", "TXT102": "clean", "TXT103": "clean"}


def test_alpaca_has_no_empty_answer() -> None:
    rows = pd.DataFrame(json.loads(needed("chat_llamafactory/alpaca_en_demo.json").read_text("utf-8")))
    audit = audited(rows, roles=Roles(prompt="instruction", response="output"))
    assert statuses(audit)["TXT101"] == "clean"
