"""GitHub workflow commands: annotations of a job."""

from __future__ import annotations

from auditor.model import Audit, Finding
from auditor.reports import places, wording
from auditor.reports.visible import one_line

MOST = 10  # annotations of a level that GitHub shows a step
COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}


def write(audit: Audit) -> str:
    """One command a line: the ten largest of each level, then how many more there are. Waived findings are left out."""
    lines = []
    could_not = [r for r in wording.reasons(audit) if r.link.startswith("outcome-") or not r.link]
    for reason in could_not[:MOST]:
        lines.append(command("error", {"title": f"{reason.code} could not be judged"}, f"{reason.name} {reason.text}".strip()))
    left = 0
    for level, word in COMMANDS.items():
        own = [f for f in audit.findings if f.level == level and f.waived is None]
        room = MOST - (len(lines) if level == "error" else 0)
        lines += [_annotation(audit, f, word) for f in own[: max(room, 0)]]
        left += max(len(own) - max(room, 0), 0)
    if left:
        lines.append(f"+{left:,} more in audit.html")
    word, sentence = wording.verdict(audit)
    return "\n".join([*lines, plain(f"{word}: {sentence}")]) + "\n"


def command(word: str, properties: dict[str, str], message: str) -> str:
    """`::error file=a.csv,line=3,title=x::message`, escaped as the runner unescapes it."""
    said = ",".join(f"{k}={_property(v)}" for k, v in properties.items())
    return f"::{word} {said}::{_data(message)}"


def plain(text: str) -> str:
    """A line that no runner takes for a command."""
    text = one_line(text)
    return f" {text}" if text.startswith(("::", "##[")) else text


def _annotation(audit: Audit, f: Finding, word: str) -> str:
    at = places.place(audit, f)
    where = wording.place(f.where)
    message = f"{f.message}" + (f" ({where})" if where else "")
    return command(word, {"file": at.path, "line": str(at.line), "title": f"{f.code} {f.name}"}, message)


def _data(text: str) -> str:
    text = one_line(text)
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
