"""auditor waive: accepts one finding until a date, with owner and reason."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

from typer import Argument, Option, Typer

from auditor.model import Finding
from auditor.rows import InputError

app = Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def waive(
    audit: Annotated[str, Argument(help="A file that `auditor check -o json=` wrote.", metavar="AUDIT.json")],
    fingerprint: Annotated[str, Argument(help="Beginning of the finding's fingerprint.", metavar="FINGERPRINT")],
    owner: Annotated[str, Option("--owner", help="Who answers for it.", metavar="WHO")],
    reason: Annotated[str, Option("--reason", help="Why it is accepted.", metavar="TEXT")],
    expires: Annotated[str, Option("--expires", help="Last day on which it holds.", metavar="YYYY-MM-DD")],
    accept: Annotated[
        str, Option("--accept", help="What the value may be (default: no worse than it is now).", metavar="CONDITION")
    ] = "",
    waivers: Annotated[str, Option("--waivers", help="File to add it to.", metavar="FILE")] = "auditor-waivers.toml",
) -> int:
    """Accept one finding until a date, with owner and reason."""
    from auditor import conditions, saved
    from auditor import waivers as kept
    from auditor.cli import speak
    from auditor.writing import replace

    today = date.today()
    try:
        last = date.fromisoformat(expires)
    except ValueError:
        raise InputError(f"--expires: got {expires!r}, want a day such as {today + timedelta(days=90)}") from None
    if last < today:
        raise InputError(f"--expires: got {expires}, which is past; want a day from {today} on")
    if not owner.strip() or not reason.strip():
        raise InputError("--owner and --reason want a text each")
    read = saved.read(audit)
    fits = [f for f in read.findings if f.fingerprint.startswith(fingerprint)]
    if len(fits) != 1:
        raise InputError(f"{len(fits)} findings of {audit} have a fingerprint that begins with {fingerprint!r}, want one")
    path = Path(waivers)
    before = path.read_text(encoding="utf-8") if path.exists() else ""
    if before:
        kept.load(path, today=today)
    condition = accept or as_it_is(fits[0])
    conditions.parsed(condition, "--accept")
    entry = written(fits[0], read.data, owner, reason, last, condition)
    replace(path, (before.rstrip("\n") + "\n\n" * bool(before) + entry).encode())
    speak.out(speak.inert(f"{path}: {fits[0].code} accepted while {condition}, until {last}; have it reviewed like code"))
    return 0


def as_it_is(finding: Finding) -> str:
    """The ratchet that holds for the value of today and nothing worse."""
    value = finding.effect.value
    if value is None:
        raise InputError(f"{finding.code}: its value is undefined, so no condition can hold for it; mend it instead")
    high_is_bad = finding.limit is None or value >= finding.limit
    return f"{finding.effect.name} {'<=' if high_is_bad else '>='} {value!r}"


def written(finding: Finding, data: str, owner: str, reason: str, expires: date, accept: str) -> str:
    """The entry as TOML."""
    from auditor.cli.init import quoted

    where = finding.where
    place = [f"split = {quoted(where.split)}", f"columns = [{', '.join(map(quoted, where.columns))}]"]
    place += [f"group = {quoted(where.group)}", f"reference = {quoted(where.reference)}"]
    return "\n".join(
        [
            "[[waiver]]",
            f"rule = {quoted(finding.code)}",
            f"data = {quoted(data)}",
            f"where = {{ {', '.join(place)} }}",
            f"owner = {quoted(owner)}",
            f"reason = {quoted(reason)}",
            f"expires = {expires.isoformat()}",
            f"accept = {quoted(accept)}",
            "",
        ]
    )
