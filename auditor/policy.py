"""Limits, waivers and baseline make a verdict of an audit; nothing that was measured changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from auditor.model import Audit, Verdict


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What fails an audit and what must not be missing from it."""

    name: str = "default"  # default, strict or exploratory
    fail_on: str = "error"  # error, warning or never
    require: tuple[str, ...] = ()  # codes that must have run
    named: tuple[str, ...] = ()  # codes selected in full: skipped is then incomplete


def policy(
    name: str = "default", *, fail_on: str | None = None, require: Iterable[str] = (), named: Iterable[str] = ()
) -> Policy:
    """The policy of that name, with another `fail_on` where given. ValueError for an unknown name."""
    usual = {"default": "error", "strict": "warning", "exploratory": "never"}
    if name not in usual:
        raise ValueError(f"got policy {name!r}, want one of {', '.join(usual)}")
    return Policy(name=name, fail_on=fail_on or usual[name], require=tuple(require), named=tuple(named))


def verdict(audit: Audit, by: Policy) -> tuple[Verdict, tuple[str, ...]]:
    """The verdict and its reasons: codes of checks that could not run, fingerprints of findings that fail."""
    missing = [o.code for o in audit.outcomes if _missing(o.code, o.status, by)]
    ran = {o.code for o in audit.outcomes}
    missing += [code for code in by.require if not any(c.startswith(code) for c in ran)]
    levels = {"error": ("error",), "warning": ("error", "warning"), "never": ()}[by.fail_on]
    failing = [f.fingerprint for f in audit.findings if f.level in levels and f.waived is None]
    if missing:
        return "incomplete", (*dict.fromkeys(missing), *failing)
    if failing:
        return "fail", tuple(failing)
    if any(f.waived is not None and f.level in levels for f in audit.findings):
        return "pass-with-waivers", ()
    return "pass", ()


def _missing(code: str, status: str, by: Policy) -> bool:
    required = code.startswith(by.require) if by.require else False
    if status == "error":
        return required or by.name != "exploratory"
    if status == "skipped":
        return required or (code in by.named and by.name != "exploratory")
    return status == "inconclusive" and required and by.name == "strict"
