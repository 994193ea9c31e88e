"""Words that stand for "missing", and the mask that other checks read."""

from __future__ import annotations

import pyarrow as pa
import pytest

from auditor import audit as steps
from auditor.rows import Column
from auditor.tallies.placeholders import is_missing, words


@pytest.mark.parametrize(
    ("value", "word"),
    [("?", "?"), (" Unknown ", "unknown"), ("<UNK>", "unk"), ("(missing)", "missing"), ("[ n/a ]", "n/a"), ("x" * 40, None)],
)
@pytest.mark.parametrize("kind", [pa.string(), pa.large_string()])
def test_a_word_is_read_without_case_blanks_and_brackets(value: str, word: str | None, kind: pa.DataType) -> None:
    assert words(pa.array([value], kind)).to_pylist() == [word]


def test_missing_are_nulls_certain_words_and_sentinels() -> None:
    texts = pa.array([None, "", "?", "none", "N/A", "Oslo", "unknown"])
    assert is_missing(texts, Column(name="c", kind="category", dtype="string"), {}).tolist() == [1, 1, 1, 0, 1, 0, 1]
    numbers = pa.array([1.0, None, -1.0, 0.0])
    found = is_missing(numbers, Column(name="n", kind="number", dtype="double"), {-1.0: "-1", 0.0: "0"})
    assert found.tolist() == [0, 1, 1, 0]


def test_a_category_none_is_at_most_a_note_and_a_null_spelling_a_warning() -> None:
    data = {"plan": ["none", "basic", "full"] * 40, "city": ["N/A", "Oslo", "Rome"] * 40, "job": ["?", "nurse", "cook"] * 40}
    audit = steps.run(steps.Request(train=data, data="x", select=("VAL117",)))
    assert {f.where.columns[0]: f.level for f in audit.findings} == {"plan": "note", "city": "warning", "job": "error"}
