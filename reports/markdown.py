"""Markdown for a job summary or a comment: the verdict first."""

from __future__ import annotations

import re

from auditor.model import Audit, Finding
from auditor.reports import wording
from auditor.reports.visible import cut, one_line

FINDINGS = 50  # findings listed; the rest is counted. GitHub takes 1 MiB a job summary
ROWS = 3  # row positions a finding
CELL = 400  # characters of a message
SPECIAL = re.compile(r"([\\`*_\[\]~|$!])")
REACHING = re.compile(r"[@#](?=\w)|:(?=//)|(?<=www)\.")
"""Mentions, issue numbers and bare links: an empty comment behind the sign makes them text."""


def write(audit: Audit) -> str:
    """Verdict, reasons, counts, findings as a table, what did not run."""
    word, sentence = wording.verdict(audit)
    sign = {"pass": "✅", "pass-with-waivers": "✅", "fail": "❌", "incomplete": "⚠️"}[audit.verdict]
    facts = " · ".join(escape(x) for x in (audit.data, wording.rows(audit), wording.when(audit)) if x)
    lines = [f"## {sign} {word}: {escape(sentence)}", "", facts, ""]
    for reason in wording.reasons(audit):
        limit = f", limit {reason.limit}" if reason.limit else ""
        measured = f" (measured {reason.measured}{limit})" if reason.measured else ""
        name = f" {escape(reason.name)}" if reason.name else ""
        lines.append(f"- **{escape(reason.code)}{name}**: {escape(cut(reason.text, CELL))}{escape(measured)}")
    lines += ["", _counts(audit), ""]
    if audit.findings:
        lines += ["| | check | where | what | rows |", "|---|---|---|---|---|", *(_line(f) for f in audit.findings[:FINDINGS])]
    if len(audit.findings) > FINDINGS:
        lines += ["", f"+{len(audit.findings) - FINDINGS:,} more in audit.html"]
    for status, said in (("error", "could not run"), ("inconclusive", "inconclusive"), ("skipped", "skipped")):
        for reason_text, codes in wording.skips(audit.outcomes, status):
            lines += ["", f"{said.capitalize()}: {', '.join(escape(c) for c in codes)} ({escape(cut(reason_text, CELL))})"]
    return "\n".join(lines).rstrip() + "\n"


def escape(text: str) -> str:
    """Text that Markdown shows as it is: no markup, no HTML, no mention, no link, one line."""
    text = SPECIAL.sub(r"\\\1", one_line(text))
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return REACHING.sub(lambda m: f"{m[0]}<!-- -->", text)


def _line(f: Finding) -> str:
    level = f"{wording.ICONS[f.level]} {f.level}" + (" (waived)" if f.waived is not None else "")
    rows = ", ".join(wording.position(r) for r in f.rows[:ROWS])
    more = f" +{f.affected - min(len(f.rows), ROWS):,}" if f.rows and f.affected > ROWS else ""
    cells = (level, f"{f.code} {f.name}", wording.place(f.where), cut(f.message, CELL), rows + more)
    return "| " + " | ".join(escape(c) for c in cells) + " |"


def _counts(audit: Audit) -> str:
    levels = [wording.plural(n, level) for level, n in wording.levels(audit.findings).items()]
    ended = wording.statuses(audit.outcomes)
    rest = [f"{ended['clean']} clean", f"{ended['inconclusive']} inconclusive", f"{ended['skipped']} skipped"]
    return " · ".join([*levels, *rest, f"{ended['error']} could not run"])
