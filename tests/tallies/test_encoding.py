"""Mojibake is told by its way back; correct texts stay alone."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.tallies.encoding import BYTES, broken, repaired

READS_AS = {b: c for c, b in BYTES.items()}


def misread(text: str) -> str:
    """UTF-8 read as Windows-1252."""
    return "".join(READS_AS[b] for b in text.encode())


def test_the_table_is_windows_1252_where_that_is_defined() -> None:
    defined = [b for b in range(256) if b not in (0x81, 0x8D, 0x8F, 0x90, 0x9D)]
    assert all(bytes([b]).decode("cp1252") == READS_AS[b] for b in defined)
    assert len(BYTES) == 256


@settings(deadline=None)
@given(st.text("abc éßñüçœ€“”–…", min_size=1))
def test_misread_latin_text_is_found_and_goes_back(text: str) -> None:
    assert repaired(misread(text)) == (None if text.isascii() else text)


@settings(deadline=None)
@given(st.text("abcdefghijklmnopqrstuvwxyz éßñüçœäöåøàâêîôû.,", min_size=1))
def test_lower_case_western_text_is_never_mojibake(text: str) -> None:
    assert repaired(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "AMANHÃ…",
        "AMANHÃ” disse",
        "„Spaß“",
        "Spaß”",
        "déjà»…",
        "il a dit allé”…",
        "naïve",
        "Ångström",
        "PÃO",
        "Tŷ gŵr",
        "IRMÃ – casa",
    ],
)
def test_correct_texts_stay_alone(text: str) -> None:
    assert repaired(text) is None


@pytest.mark.parametrize("text", ["привет", "Ελλάδα", "日本", "it’s", "£100", "😀", "Île"])
def test_other_scripts_and_signs_are_found(text: str) -> None:
    assert repaired(misread(text)) == text


@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_every_kind_of_damage_is_told_apart(kind: pa.DataType) -> None:
    texts = pa.array(["fine", None, "lost \ufffd", "gone\x92t", "zero\x00", "cafÃ©", "café"], kind)
    assert {k: m.tolist().index(True) for k, m in broken(texts).items()} == {
        "NUL": 4,
        "replacement character": 2,
        "C1 control": 3,
        "mojibake": 5,
    }
