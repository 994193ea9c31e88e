"""Debris of markup in texts: HTML tags and entities, BBCode, placeholders of templates."""

from __future__ import annotations

import html.entities

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

TAGS = (
    "a|abbr|article|aside|b|blockquote|body|br|button|center|code|dd|div|dl|dt|em|figcaption|figure|font|footer|form|h[1-6]|head"
    "|header|hr|html|i|iframe|img|input|label|li|link|main|meta|nav|ol|option|p|pre|q|s|script|section|select|small|span|strike"
    "|strong|style|sub|sup|svg|table|tbody|td|textarea|tfoot|th|thead|title|tr|u|ul|video"
)
ENTITIES = sorted(html.entities.name2codepoint)
ATTRIBUTE = r"""[a-z][\w:-]*(?:\s*=\s*(?:"[^"<>]*"|'[^'<>]*'|[^\s"'<>]+))?"""
PATTERNS = {
    "HTML entity": rf"&(?:#\d{{1,7}}|#[xX][0-9a-fA-F]{{1,6}}|{'|'.join(ENTITIES)});",
    "HTML tag": rf"(?i)</(?:{TAGS})\s*>|<(?:{TAGS})(?:\s+{ATTRIBUTE})*\s*/?>|<!--",
    "BBCode": r"(?i)\[/(?:b|i|u|s|url|img|quote|code|size|color|font|list|center)\]"
    r"|\[(?:url|img|quote|size|color|font)=[^\]\n]{1,200}\]",
    "template": r"\{\{[^{}\n]{1,80}\}\}|\{%[^%\n]{1,80}%\}|<%[^%\n]{1,80}%>|\$\{[A-Za-z_][\w.]{0,60}\}|%\([a-z_]{1,40}\)s"
    r"|\[(?:INSERT|YOUR|ENTER)[ _][A-Z _]{1,60}\]",
}
"""Kind -> pattern. Entities: the 252 of HTML 4 and numeric ones. `[b]` alone may be an index: an end tag or a value counts."""
FENCED = r"(?s)```.*?(?:```|\z)|`[^`\n]+`"
"""Code in Markdown: what stands in it is quoted, not debris."""
MARKS = "[&<\\[{%$]"
"""No debris without one of these characters."""


def debris(values: pa.Array) -> dict[str, NDArray[np.bool_]]:
    """Kind -> whether each text has it outside fenced code. Null has nothing."""
    likely = np.asarray(pc.fill_null(pc.match_substring_regex(values, MARKS), False).to_numpy(zero_copy_only=False), np.bool_)
    if not likely.any():
        return {}
    some = pc.replace_substring_regex(values.filter(pa.array(likely)), FENCED, " ")
    found = {}
    for kind, pattern in PATTERNS.items():
        hits = pc.match_substring_regex(some, pattern).to_numpy(zero_copy_only=False)
        if hits.any():
            found[kind] = np.zeros(len(values), np.bool_)
            found[kind][likely] = hits
    return found
