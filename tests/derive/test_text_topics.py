"""Topics of texts: planted ones are told apart and named, hostile texts are inert, and what cannot be clustered says why."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from auditor.derive import text_topics
from auditor.derive.text_topics import named, topics
from auditor.tallies import slice_rows

SUBJECTS = {
    "refund": "refund shop item returned",
    "card": "card arrive post letter",
    "rate": "exchange rate currency euro",
    "pin": "pin blocked forgot code",
    "loan": "loan house mortgage interest",
    "phone": "phone stolen lost device",
    "salary": "salary employer payday month",
    "child": "child young parent school",
}


def made(rows: int, seed: int = 0) -> tuple[list[str], list[str]]:
    """Texts of three words of one subject each, in ordinary sentences, and their subjects."""
    rng = np.random.default_rng(seed)
    about = rng.choice(list(SUBJECTS), rows).tolist()
    return [f"What is it with the {' and the '.join(rng.permutation(SUBJECTS[a].split())[:3])}?" for a in about], about


def test_planted_subjects_are_topics_named_by_their_words() -> None:
    texts, about = made(800)
    names, places, why = topics(texts, 0)
    assert why == ""
    assert names == sorted(names)
    for subject, words in SUBJECTS.items():
        (place,) = {p for p, a in zip(places.tolist(), about, strict=True) if a == subject}
        assert set(names[place].split(", ")) <= set(words.split())


def test_the_same_texts_have_the_same_topics_in_any_order() -> None:
    texts, _ = made(800)
    names, places, _ = topics(texts, 0)
    assert topics(texts, 0)[0] == names
    order = np.random.default_rng(1).permutation(len(texts))
    others, again, _ = topics([texts[i] for i in order], 0)
    assert others == names
    assert again.tolist() == places[order].tolist()


@pytest.mark.parametrize(
    ("texts", "reason"),
    [
        ([], "0 texts"),
        ([""] * 1_000, "0 texts"),
        (made(100)[0], "100 texts, fewer than 240"),
        (["what is it and why is it so"] * 1_000, "0 texts have a word, besides stop words"),
        (["12 345 !!!"] * 1_000, "0 texts have a word"),
        ([f"w{chr(97 + i // 26 % 26)}{chr(97 + i % 26)}{chr(97 + i // 676)}" for i in range(1_000)], "0 texts have a word"),
        ([t for t in ("refund item", "card post", "pin code") for _ in range(200)], ""),
        (["same words again here"] * 1_000, "0 texts have a word"),
    ],
)
def test_texts_that_cannot_be_clustered_say_why(texts: list[str], reason: str) -> None:
    names, places, why = topics(texts, 0)
    assert why.startswith(reason)
    assert bool(names) == (not reason)
    assert len(places) == len(texts)
    assert reason == "" or set(places.tolist()) <= {-1}


def test_nothing_but_letters_comes_into_a_name() -> None:
    texts, _ = made(800)
    hostile = ["</script><script>alert(1)</script>", "\x1b[31mred", "\u202eevil", "=cmd|' /C calc'!A0", "x" * 5_000, "a@b.com"]
    names, _, _ = topics([f"{t} {hostile[i % len(hostile)]}" for i, t in enumerate(texts)], 0)
    assert names
    assert all(c.isalpha() or c in ", ()12" for n in names for c in n)
    assert max(map(len, names)) < 150


def test_a_word_of_few_texts_is_in_no_name() -> None:
    texts, _ = made(800)
    names, _, _ = topics([*texts, *["Jonathan"] * 4], 0)
    assert not any("jonathan" in n for n in names)


def test_topics_that_would_be_called_alike_are_told_apart() -> None:
    weights: Any = np.array([[1.0, 1.0, 1.0, 0.5, 0.0], [1.0, 1.0, 1.0, 0.0, 0.5], [0.0, 0.0, 0.0, 0.0, 0.0]])
    names = named(weights, list("abcde"), np.array([0, 1, 2]))
    assert names[:2] == ["a, b, c, d", "a, b, c, e"]


def test_every_row_that_is_searched_can_have_its_topic() -> None:
    assert text_topics.CAP >= slice_rows.CAP_ROWS
