"""What of the data gets into an audit."""

from __future__ import annotations

import pytest

from auditor.evidence import masked

KEY = "AKIA" + "ABCDEFGHIJKLMNOP"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("mail ann.b+x@mail.example.org now", "mail [e-mail] now"),
        ("from 192.168.10.4", "from [ip]"),
        ("thanks @ann_b", "thanks [handle]"),
        ("call 0800 123 4567", "call [digits]"),
        ("card 4111-1111-1111-1111", "card [digits]"),
        ("in 2024 I paid 1500", "in 2024 I paid 1500"),
        ("what is @ stake", "what is @ stake"),
    ],
)
def test_personal_data_is_masked(text: str, shown: str) -> None:
    assert masked(text, "masked") == shown


def test_full_shows_personal_data_but_never_a_secret() -> None:
    assert masked(f"call 0800 123 4567 with {KEY}", "full") == "call 0800 123 4567 with [secret]"
