"""Texts that are nearly all of one length do not make a slightly shorter one extreme."""

from __future__ import annotations

import auditor
from auditor.rows import Roles


def found(texts: list[str]) -> int:
    return len(auditor.check({"text": texts}, roles=Roles(text="text"), select=("TXT102",)).findings)


def test_only_texts_beyond_twice_the_usual_length_are_extreme() -> None:
    alike = ["w" * 10 + f" {i:08d} end" for i in range(300)]
    assert found([*alike, "w" * 14, "w" * 15, "w" * 16]) == 0
    assert found([*alike, "w" * 60, "w" * 61, "w" * 62]) == 1
