import os
from pathlib import Path

import pytest

from auditor.lexicons.swaps import AXES, Swapped, Unswappable, swap, words

WINOBIAS = Path(os.environ.get("AUDITOR_DATA", "../shared/data")) / "winobias"


@pytest.mark.parametrize(
    ("text", "other"),
    [
        ("He gave the man his book.", "She gave the woman her book."),
        ("THE KING said it is his.", "THE QUEEN said it is hers."),
        ("Mr Smith's wife\u2019s sister", "Mrs Smith's husband\u2019s brother"),
        ("he's tall; they saw him", "she's tall; they saw her"),
        ("The fianc\u00e9e called", "The fianc\u00e9 called"),
        ("hers, himself", "his, herself"),
    ],
)
def test_words_are_swapped_in_their_case(text: str, other: str) -> None:
    found = swap(text)
    assert isinstance(found, Swapped) and found.text == other


def test_what_cannot_be_told_is_said_and_not_guessed() -> None:
    assert swap("I saw her dog") == Unswappable('"her" may stand for him or for his')
    assert swap("Mary said she would come") == Unswappable("the name 'Mary' stays with its gender")
    assert swap("mark the man") == Swapped("mark the woman", (("man", "woman"),))  # no name without its capital
    assert swap("a human mandate, manly") is None


def test_other_axes_leave_gender_alone() -> None:
    assert swap("She is a Christian", "religion") == Swapped("She is a Muslim", (("Christian", "Muslim"),))
    with pytest.raises(ValueError, match="got the axis 'age'"):
        swap("x", "age")


@pytest.mark.parametrize("axis", AXES)
def test_every_word_comes_back(axis: str) -> None:
    table = words(axis)
    assert all(table[other] == word for word, other in table.items())
    for word in table:
        there = swap(f"a {word} here", axis)
        assert isinstance(there, Swapped)
        back = swap(there.text, axis)
        assert isinstance(back, Swapped) and back.text == f"a {word} here"


@pytest.mark.skipif(not WINOBIAS.is_dir(), reason="the WinoBias sentences are not there; set AUDITOR_DATA")
def test_anti_stereotyped_winobias_sentences_are_the_swapped_ones() -> None:
    """Pro and anti sentences differ in the pronoun alone; where the swap is sure it gives the other sentence."""
    same = sure = 0
    for kind in ("type1.dev", "type2.dev", "type1.test", "type2.test"):
        pro, anti = ((WINOBIAS / f"{side}_{kind}.txt").read_text("utf-8").splitlines() for side in ("pro", "anti"))
        for one, other in zip(pro, anti, strict=True):
            found = swap(one.replace("[", "").replace("]", ""))
            if isinstance(found, Swapped):
                plain = other.replace("[", "").replace("]", "")
                sure += 1
                same += found.text.split()[1:] == plain.split()[1:]
    assert sure > 600 and same / sure > 0.98
