"""Bundled lists carry where they come from; words are found as a plain reader would find them."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from auditor import lexicons
from auditor.lexicons import bundled
from auditor.tallies.normal import n1, n1_text

LISTS = sorted(p.name for p in bundled.FOLDER.iterdir() if p.suffix not in (".py", ".pyc") and p.is_file())


@pytest.mark.parametrize("name", LISTS)
def test_every_list_names_its_source_licence_version_and_digest(name: str) -> None:
    header = bundled.load(name).header
    assert all(header[field] for field in bundled.HEADER)
    assert header["licence"] in ("Apache-2.0", "MIT")


def test_a_list_that_was_changed_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = (bundled.FOLDER / "pronouns.tsv").read_text("utf-8")
    (tmp_path / "changed.tsv").write_text(text + "pronoun\tother\tze\n")
    (tmp_path / "bare.tsv").write_text(re.sub(r"# licence: .*\n", "", text))
    monkeypatch.setattr(bundled, "FOLDER", tmp_path)
    with pytest.raises(ValueError, match="sha256"):
        bundled.load("changed.tsv")
    with pytest.raises(ValueError, match="lacks licence"):
        bundled.load("bare.tsv")


def test_no_form_belongs_to_two_terms() -> None:
    forms = [form for term in lexicons.terms("identity_terms.tsv") for form in (*term.forms, *term.led)]
    assert len(forms) == len(set(forms)) > 500


def test_ambiguous_words_count_only_before_a_noun_of_persons() -> None:
    terms = {t.name: t for t in lexicons.terms("identity_terms.tsv")}
    assert "black" not in terms["black"].forms
    assert "black men" in terms["black"].led
    assert "gay" in terms["gay"].forms


def plain(text: str, forms: list[str]) -> set[int]:
    """The same by hand: forms longest first, each found word blanked before shorter ones are looked for."""
    words: list[str | None] = list(n1_text(text).split())
    found = set()
    for size in sorted({len(f.split()) for f in forms}, reverse=True):
        hits = [(i, j) for i in range(len(words) - size + 1) for j, f in enumerate(forms) if f.split() == words[i : i + size]]
        found |= {j for _, j in hits}
        for i, _ in hits:
            words[i : i + size] = [None] * size
    return found


def test_forms_are_found_longest_first_as_by_hand() -> None:
    forms = ["african american", "african", "american", "middle aged", "old", "straße"]
    rng = np.random.default_rng(1)
    words = ["African", "american", "AMERICAN!", "middle", "-aged", "old", "older", "STRASSE", "x"]
    texts = [" ".join(rng.choice(words, rng.integers(0, 8))) for _ in range(400)]
    forms = [n1_text(f) for f in forms]
    rows, held = lexicons.matches(n1(pa.array([*texts, None, ""])), lexicons.Forms.of(forms))
    wanted = {(i, j) for i, t in enumerate(texts) for j in plain(t, forms)}
    assert set(zip(rows.tolist(), held.tolist(), strict=True)) == wanted


def test_the_noun_behind_an_ambiguous_word_counts_too() -> None:
    _, held = lexicons.matches(pa.array(["a black woman", "a black cat"]), lexicons.Forms.of(["black woman", "woman"], [1, 1]))
    assert held.tolist() == [0, 1]


def test_a_word_without_a_letter_is_no_term() -> None:
    with pytest.raises(ValueError, match="want one with a letter"):
        lexicons.own_terms(["gay", "?!"])
