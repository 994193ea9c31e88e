"""What is said of a check: its line in the table of rules, its page."""

from __future__ import annotations

import difflib
import textwrap
from typing import Any

from auditor import find
from auditor.check import Check
from auditor.policy import NAMES
from auditor.rows import InputError

FAMILIES = {
    "VAL": "validity", "DUP": "duplicates", "NOI": "noise", "IMB": "imbalance", "LEK": "leakage", "SHF": "shift",
    "BIA": "bias", "TXT": "text quality", "CNV": "conversations", "PRI": "privacy", "SAF": "safety",
    "FIT": "fit of base model and data", "TUN": "tuning", "IMG": "images", "AUD": "audio", "CFG": "config and waivers",
}  # fmt: skip
GATE = {
    "CFG101": "A waiver is malformed, or lasts longer than max_waiver_days; the audit is refused (exit 2).",
    "CFG102": "A waiver has ended, and what it covered is still there.",
    "CFG103": "A waiver covers no finding; take it out.",
    "CFG104": "A waived value is worse than the waiver accepts.",
}
"""What the gate says of waivers; no data is measured for it."""


def known() -> dict[str, type[Check[Any]]]:
    return dict(find.everything().checks)


def entry(check: type[Check[Any]]) -> dict[str, Any]:
    """The check in plain values."""
    return {
        "code": check.code,
        "name": check.name,
        "family": FAMILIES.get(check.code[:3], check.code[:3]),
        "fault": check.page()["fault"],
        "needs": list(check.needs),
        "preview": check.preview,
        "parameters": {k: list(v) if isinstance(v, tuple) else v for k, v in check.parameters().items()},
    }


def limits(check: type[Check[Any]]) -> str:
    """The limits in words: `warning above 10, error above 100`."""
    said = []
    for level, word in (("warn", "warning"), ("error", "error")):
        for side in ("above", "below"):
            value = getattr(check, f"{level}_{side}")
            if value is not None:
                said.append(f"{word} {side} {value:g}")
    return ", ".join(said) or "by a rule of its own"


def named(word: str) -> str:
    """The code that the word names, by code or by name. Raises InputError with the nearest."""
    checks = known()
    by_name = {c.name: code for code, c in checks.items()} | {name: code for code, name in NAMES.items()}
    code = word.upper()
    if code in checks or code in GATE:
        return code
    if word.lower() in by_name:
        return by_name[word.lower()]
    near = difflib.get_close_matches(code, [*checks, *GATE], 1, 0.6) or difflib.get_close_matches(word.lower(), by_name, 1, 0.5)
    hint = f"did you mean {near[0]}?" if near else "`auditor rules` lists them"
    raise InputError(f"no check has the code or name {word!r}; {hint}")


def page(code: str, width: int = 100) -> str:
    """The page of a check as text."""
    if code in GATE:
        return f"{code} {NAMES.get(code, 'malformed-waiver')}\n\n  {GATE[code]}\n"
    check = known()[code]
    parts = check.page()
    own = {k: v for k, v in check.parameters().items() if not k.startswith(("warn_", "error_"))}
    parts["Limits"] = limits(check)
    parts["Parameters"] = ", ".join(f"{k} = {v!r}" for k, v in own.items())
    parts["Needs"] = ", ".join(check.needs) or "nothing but rows"
    lines = [f"{code} {check.name}" + (" (preview)" if check.preview else ""), ""]
    lines += textwrap.wrap(parts.pop("fault"), width)
    for title in ("Why", "Measured", "Limits", "Parameters", "Needs", "Fix", "Known limits", "Source"):
        lines += ["", title, *textwrap.wrap(parts.get(title, ""), width, initial_indent="  ", subsequent_indent="  ")]
    return "\n".join(lines)


def document() -> str:
    """checks/README.md: every check of this package, by family."""
    own = {code: c for code, c in known().items() if c.__module__.startswith("auditor.checks.")}
    lines = [
        "# The checks",
        "",
        "Written by `make docs` from the checks themselves; `auditor explain CODE` prints one whole page.",
        "A check is one file; its folder is the harm.",
    ]
    for family in dict.fromkeys(code[:3] for code in own):
        lines += ["", f"## {family}: {FAMILIES.get(family, family)}", "", "| code | name | fault | limits | needs |"]
        lines.append("|---|---|---|---|---|")
        for code, check in own.items():
            if code.startswith(family):
                file = check.__module__.removeprefix("auditor.checks.").replace(".", "/")
                needs = ", ".join(check.needs) or "rows"
                fault = check.page()["fault"].replace("|", "\\|")
                lines.append(f"| {code} | [{check.name}]({file}.py) | {fault} | {limits(check)} | {needs} |")
    return "\n".join(lines) + "\n"
