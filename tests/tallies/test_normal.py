"""N1 over whole arrays against its plain definition, character by character."""

from __future__ import annotations

import unicodedata

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.tallies.normal import n1, n1_text


def plain(text: str) -> str:
    """The definition, spelled out."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    kept = [c if unicodedata.category(c)[0] in "LM" or unicodedata.category(c) == "Nd" else " " for c in folded]
    words = "".join(kept).split(" ")
    return " ".join(w for w in words if w)


TEXTS = st.lists(st.none() | st.text(max_size=12) | st.text("aB z9_-.\t", max_size=12), max_size=12)


@settings(deadline=None)
@given(TEXTS)
@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_arrays_get_the_plain_definition(kind: pa.DataType, texts: list[str | None]) -> None:
    form = n1(pa.array(texts, kind))
    assert form.type == kind
    assert form.to_pylist() == [None if t is None else plain(t) for t in texts]


@settings(deadline=None)
@given(TEXTS, st.integers(0, 4))
def test_a_slice_gets_what_its_rows_get_alone(texts: list[str | None], start: int) -> None:
    values = pa.array(texts, pa.string())
    assert n1(values[start:]).equals(n1(values)[start:])


@settings(deadline=None)
@given(st.text(max_size=20))
def test_one_text_gets_the_plain_definition(text: str) -> None:
    assert n1_text(text) == plain(text)


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("  Hello,   WORLD! ", "hello world"),
        ("Straße", "strasse"),
        ("ﬁne", "fine"),
        ("Ａ１", "a1"),
        ("e\u0301te\u0301", "été"),
        ("...", ""),
        ("snake_case", "snake case"),
    ],
)
def test_known_forms(text: str, form: str) -> None:
    assert n1(pa.array([text, "x"])).to_pylist()[0] == form
