"""Debris of markup against quoted code and plain signs."""

from __future__ import annotations

import pyarrow as pa
import pytest

from auditor.tallies.markup import debris


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("fish &amp; chips", "HTML entity"),
        ("&#39;tis", "HTML entity"),
        ("&#x27;tis", "HTML entity"),
        ("<p class='x'>Hello", "HTML tag"),
        ("line<br/>line", "HTML tag"),
        ("end</DIV>", "HTML tag"),
        ("<!-- note -->", "HTML tag"),
        ("[b]bold[/b]", "BBCode"),
        ("[url=http://x.y]z", "BBCode"),
        ("Dear {{ name }},", "template"),
        ("{% if x %}", "template"),
        ("Hello ${user.name}", "template"),
        ("Hello %(name)s", "template"),
        ("call [YOUR NUMBER]", "template"),
    ],
)
@pytest.mark.parametrize("type", [pa.string(), pa.large_string()])
def test_debris_is_found_by_kind(text: str, kind: str, type: pa.DataType) -> None:
    assert {k: m.tolist() for k, m in debris(pa.array(["plain", text, None], type)).items()} == {kind: [False, True, False]}


@pytest.mark.parametrize(
    "text",
    [
        "a < b && c > d",
        "AT&T; really",
        "x & y;",
        "see [1] and [i]",
        "{a: 1}",
        "<3 you",
        "5 % (of)s",
        "use `<b>`",
        "```html\n<p>&amp;</p>\n```",
        "<unk>",
    ],
)
def test_plain_signs_and_quoted_code_are_no_debris(text: str) -> None:
    assert debris(pa.array([text])) == {}
