"""The summary on the terminal: what decides the verdict first, largest effect first, the next command last."""

from __future__ import annotations

import io
import shutil
from collections.abc import Sequence

from rich.console import Console
from rich.text import Text

from auditor.model import Audit, Finding
from auditor.reports import wording
from auditor.reports.visible import one_line

SHOWN = 20  # findings listed; the rest is counted
ROWS = 3  # row positions a finding
WIDTHS = (60, 140)  # columns that the summary makes use of
STYLES = {
    "error": "bold red", "warning": "yellow", "note": "blue", "fail": "bold red", "pass": "bold green",
    "pass-with-waivers": "bold green", "incomplete": "bold magenta",
}  # fmt: skip
MARGIN = 8  # columns of the level
WORDS = {"error": "error", "warning": "warn", "note": "note"}


def write(
    audit: Audit,
    *,
    written: Sequence[tuple[str, int]] = (),
    code: int | None = None,
    width: int | None = None,
    color: bool = False,
) -> str:
    """The summary as text. `written`: files and their bytes; `code`: the exit code; `width`: columns, default the terminal's."""
    columns = width or shutil.get_terminal_size((100, 24)).columns
    columns = min(max(columns, WIDTHS[0]), WIDTHS[1])
    console = Console(
        file=io.StringIO(), width=columns, force_terminal=color, no_color=not color, highlight=False, markup=False, emoji=False,
        color_system="standard" if color else None, legacy_windows=False,
    )  # fmt: skip
    for line in lines(audit, columns, written, code):
        for part in _wrapped(line, console, columns):
            console.print(part, soft_wrap=True)
    out: str = console.file.getvalue()  # type: ignore[attr-defined]  # the StringIO made above
    return out


def lines(audit: Audit, width: int, written: Sequence[tuple[str, int]], code: int | None) -> list[Text]:
    """The summary, line by line."""
    said = [_head(audit), Text()]
    ranked = sorted(audit.findings, key=lambda f: (f.fingerprint not in audit.reasons, f.waived is not None))
    for reason in wording.reasons(audit):
        if reason.link.startswith("outcome-") or not reason.link:
            said.append(
                Text.assemble(
                    (f"{'????':<{MARGIN}}", STYLES["incomplete"]),
                    (f"{_safe(reason.code)} {_safe(reason.name)}  ", "bold"),
                    _safe(reason.text),
                )
            )
    for f in ranked[:SHOWN]:
        said += _finding(f, audit, width)
    if len(ranked) > SHOWN:
        said.append(Text(f"+{len(ranked) - SHOWN:,} more findings in the page and in audit.json"))
    return [*said, Text(), _total(audit), *_end(audit, written, code)]


def _wrapped(line: Text, console: Console, width: int) -> list[Text]:
    """The line in pieces that fit, those after the first set in as far as the first."""
    indent = len(line.plain) - len(line.plain.lstrip())
    if indent == 0:
        return list(line.wrap(console, width))
    pieces = line[indent:].wrap(console, width - indent)
    return [Text(" " * indent) + piece for piece in pieces]


def _safe(text: str) -> str:
    return one_line(text)


def _head(audit: Audit) -> Text:
    columns = len(audit.profile.get("columns", ()))
    durations = audit.provenance.get("durations") or {}
    seconds = sum(v for v in durations.values() if isinstance(v, int | float)) if isinstance(durations, dict) else 0.0
    facts = [
        f"auditor {wording.version(audit)}".strip(),
        audit.data,
        wording.rows(audit),
        wording.plural(columns, "column") if columns else "",
        wording.plural(len(audit.outcomes), "rule"),
        f"{seconds:.1f} s" if seconds else "",
    ]
    return Text(_safe(" · ".join(f for f in facts if f)), style="dim")


def _finding(f: Finding, audit: Audit, width: int) -> list[Text]:
    blocking = f.fingerprint in audit.reasons
    word = "FAIL" if blocking else "waived" if f.waived is not None else WORDS[f.level]
    style = STYLES["fail" if blocking else f.level] if f.waived is None else "dim"
    head = Text.assemble(
        (f"{word:<{MARGIN}}", style), (f"{_safe(f.code)} {_safe(f.name)}  ", "bold"), _safe(wording.place(f.where))
    )
    known = (
        f.effect.value is not None and wording.measured(f.effect.value, "share" if f.effect.unit == "share" else "") in f.message
    )
    facts = [
        "" if known else wording.effect(f.effect),
        "" if f.limit is None else f"limit {wording.measured(f.limit, f.effect.unit)}",
    ]
    body = [head, _indented(f"{f.message} [{', '.join(x for x in facts if x)}]".removesuffix(" []"))]
    if f.rows and width >= WIDTHS[0]:
        positions = "   ".join(wording.position(r) for r in f.rows[:ROWS])
        left = f.affected - min(len(f.rows), ROWS)
        body.append(_indented(positions + (f"   +{left:,} more" if left > 0 else "")))
    if f.waived is None and (f.fix or f.why):
        key, text = ("fix", f.fix) if f.fix else ("why", f.why)
        body.append(_indented(f"{key}: {text}", "dim"))
    return body


def _indented(text: str, style: str = "") -> Text:
    return Text(" " * MARGIN + _safe(text), style=style)


def _total(audit: Audit) -> Text:
    word, sentence = wording.verdict(audit)
    levels, ended = wording.levels(audit.findings), wording.statuses(audit.outcomes)
    counts = [wording.plural(n, level) for level, n in levels.items() if n]
    counts += [f"{ended['clean']} clean"]
    counts += [f"{ended['inconclusive']} inconclusive"] if ended["inconclusive"] else []
    counts += [f"{ended['error']} could not run"] if ended["error"] else []
    if ended["skipped"]:
        why, codes = wording.skips(audit.outcomes)[0]
        others = "" if len(codes) == ended["skipped"] else ", ..."
        counts.append(f"{ended['skipped']} skipped ({_safe(', '.join(codes[:4]))}: {_safe(why)}{others})")
    return Text.assemble((word, STYLES[audit.verdict]), f" · {sentence}\n", " · ".join(counts))


def _end(audit: Audit, written: Sequence[tuple[str, int]], code: int | None) -> list[Text]:
    files = [f"{_safe(name)} ({size / 1000:,.0f} kB)" for name, size in written]
    first = next((f for f in audit.findings if f.fingerprint in audit.reasons), None)
    tips = []
    if first is not None:
        tips = [f"auditor explain {_safe(first.code)}", "not ready? auditor baseline create"]
    elif not written:
        tips = ["add -o html=audit.html for the page"]
    exit = [] if code is None else [f"exit {code}"]
    text = "   ".join([*files, *tips, *exit])
    return [Text(text, style="dim")] if text else []
