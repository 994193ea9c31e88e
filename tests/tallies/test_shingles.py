"""Shingles, exact similarity, MinHash bands and families, against plain Python."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auditor.rows import Column, Roles, Setting, Split
from auditor.tallies import families as near_families
from auditor.tallies import shingles as cutting
from auditor.tallies.families import families
from auditor.tallies.hashing import hashed
from auditor.tallies.minhash import bands
from auditor.tallies.near import Texts
from auditor.tallies.nearest import Index
from auditor.tallies.normal import n1
from auditor.tallies.shingles import Unit, jaccard, shingled, unit

WORDS = st.lists(st.sampled_from(["a", "bb", "ccc", "dé", "日本", "e" * 9]), min_size=1, max_size=14).map(" ".join)


def plain(text: str, by: Unit) -> set[object]:
    units = text.split(" ") if by == "words" else list(text)
    return {tuple(units[i : i + 5]) for i in range(max(1, len(units) - 4))}


def similarity(one: str, other: str, by: Unit) -> float:
    a, b = plain(one, by), plain(other, by)
    return len(a & b) / len(a | b)


def array(texts: list[str]) -> pa.Array:
    return pa.array(texts, pa.large_string())


def stored(texts: list[str], by: Unit, rows: list[int] | None = None) -> Texts:
    values = array(texts)
    at = np.arange(len(texts)) if rows is None else np.array(rows)
    sizes = np.array([len(t.encode()) for t in texts])
    return Texts(rows=at.astype(np.int64), keys=hashed(values), bands=bands(values, by), sizes=sizes, pieces=(values,))


@pytest.mark.parametrize("by", ["words", "characters"])
@given(texts=st.lists(WORDS, min_size=1, max_size=6))
@settings(max_examples=40, deadline=None)
def test_jaccard_is_that_of_python_sets(by: Unit, texts: list[str]) -> None:
    sets = shingled(array(texts), by).sets()
    assert sets.sizes.tolist() == [len(plain(t, by)) for t in texts]
    left, right = np.divmod(np.arange(len(texts) ** 2), len(texts))
    expected = [similarity(texts[i], texts[j], by) for i, j in zip(left.tolist(), right.tolist(), strict=True)]
    assert jaccard(sets, sets, left, right).tolist() == pytest.approx(expected, abs=1e-15)


def test_chunks_do_not_change_the_bands(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = array([f"text number {i} of a few and {i * 7} more" for i in range(50)])
    whole = bands(texts, "characters")
    monkeypatch.setattr(cutting, "CHUNK_BYTES", 64)
    assert np.array_equal(bands(texts, "characters"), whole)


def edited(seed: int, texts: int) -> list[str]:
    """Texts of 60 words, each followed by a copy with a few words changed."""
    draw = np.random.default_rng(seed)
    words = np.array([f"w{i}" for i in range(3000)])
    made = []
    for _ in range(texts):
        text = words[draw.integers(0, 3000, 60)]
        copy = text.copy()
        copy[draw.integers(0, 60, draw.integers(0, 3))] = "changed"
        made += [" ".join(text), " ".join(copy)]
    return made


def test_families_are_those_of_all_pairs() -> None:
    texts = edited(3, 150)
    near = {(i, i + 1) for i in range(0, 300, 2) if similarity(texts[i], texts[i + 1], "words") >= 0.8}
    found = families(stored(texts, "words"), "words", 0.8)
    assert set(zip(found.twin.tolist(), found.row.tolist(), strict=True)) == near
    for twin, row, value in zip(found.twin.tolist(), found.row.tolist(), found.similarity.tolist(), strict=True):
        assert value == pytest.approx(similarity(texts[twin], texts[row], "words"))


def test_families_do_not_depend_on_the_order_of_the_parts() -> None:
    texts = edited(4, 60) + edited(4, 5)
    one = families(stored(texts, "words"), "words", 0.8)
    order = np.random.default_rng(0).permutation(len(texts)).tolist()
    other = families(stored([texts[i] for i in order], "words", order), "words", 0.8)
    assert one.row.tolist() == other.row.tolist()
    assert one.centre.tolist() == other.centre.tolist()
    assert one.twin.tolist() == other.twin.tolist()
    assert one.copies == other.copies == len(texts) - len(set(texts))


def test_a_chain_is_one_family_centred_on_its_first_row() -> None:
    words = [f"w{i}" for i in range(100)]
    chain = [" ".join(words[i : i + 60]) for i in (0, 3, 6)]
    assert similarity(chain[0], chain[2], "words") < 0.85
    found = families(stored(chain, "words", [5, 9, 2]), "words", 0.85)
    assert found.row.tolist() == [5, 9]
    assert found.centre.tolist() == [2, 2]


def test_a_crowded_bucket_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(near_families, "CAP", 5)
    texts = [" ".join([f"w{i}" for i in range(80)] + [f"end{j}"]) for j in range(20)]
    found = families(stored(texts, "words"), "words", 0.8)
    assert found.crowded == 20
    assert found.row.tolist() == list(range(1, 20))


def test_the_nearest_is_the_first_of_the_most_similar() -> None:
    held, train = edited(5, 40)[::2], edited(5, 40)[1::2]
    found = Index.of(stored(held, "words")).near(stored(train + train, "words"), "words")
    assert found.row.tolist() == [i for i in range(40) if similarity(held[i], train[i], "words") >= 0.7]
    assert found.twin.tolist() == found.row.tolist()


def test_texts_in_a_file_are_taken_as_those_in_memory() -> None:
    texts = stored(edited(6, 20), "words")
    which = np.array([3, 0, 39, 3])
    assert texts.mapped().take(which).to_pylist() == texts.take(which).to_pylist()


@pytest.mark.parametrize(("median", "expected"), [(49.0, "characters"), (50.0, "words")])
def test_the_unit_is_one_for_a_column(median: float, expected: str) -> None:
    column = Column(name="text", kind="text", dtype="string", median_words=median)
    setting = Setting(
        data="x", roles=Roles(text="text"), columns=(column,), splits=(Split(name="train", part="train", source="x"),)
    )
    assert unit(setting, ("text",)) == expected


def test_normalised_texts_of_one_letter_have_one_shingle() -> None:
    assert shingled(n1(array(["A!", "abcd", "abcde", "abcdef"])), "characters").sizes.tolist() == [1, 1, 1, 2]
