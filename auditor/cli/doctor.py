"""auditor doctor: versions, extras, cores, memory."""

from __future__ import annotations

import os
import re
from importlib.metadata import PackageNotFoundError, requires, version

from typer import Typer

app = Typer(add_completion=False, rich_markup_mode=None)


@app.command()
def doctor() -> int:
    """Say versions, extras, cores and memory; 2 where something that every audit needs is missing."""
    import platform
    from pathlib import Path

    from auditor import config, find
    from auditor.cli import speak
    from auditor.derive import cache
    from auditor.engine.local import cores

    base, extras = needed()
    lacking = [name for name in base if installed(name) is None]
    found = find.everything()
    file = config.nearest(Path.cwd())
    lines = [
        f"auditor     {version('tune-auditor')}",
        f"python      {platform.python_version()} on {platform.system()} {platform.machine()}",
        f"checks      {len(found.checks)} loaded, {len(found.broken)} broken",
        *(f"            {module}: {cause}" for module, cause in found.broken.items()),
        f"cores       {cores()}",
        f"memory      {memory()}",
        f"cache       {cache.folder()}",
        f"config      {file or 'none from here upward (auditor init writes one)'}",
        "packages    " + ", ".join(f"{name} {installed(name) or 'MISSING'}" for name in base),
    ]
    for extra, names in extras.items():
        gone = [name for name in names if installed(name) is None]
        lines.append(f"{extra:<11} " + (f"missing {', '.join(gone)}: pip install 'tune-auditor[{extra}]'" if gone else "ready"))
    speak.out(speak.inert("\n".join(lines), lines=True))
    return 2 if lacking or found.broken else 0


def needed() -> tuple[list[str], dict[str, list[str]]]:
    """Names of the packages of the base, and of each extra that has any, as this installation states them."""
    base: list[str] = []
    extras: dict[str, list[str]] = {}
    for line in requires("tune-auditor") or ():
        match = re.match(r"([A-Za-z0-9._-]+)", line)
        extra = re.search(r"extra == [\"']([a-z]+)[\"']", line)
        if not match or match[1] == "tune-auditor":
            continue
        if extra is None:
            base.append(match[1])
        elif extra[1] not in ("dev", "all"):
            extras.setdefault(extra[1], []).append(match[1])
    return base, extras


def installed(name: str) -> str | None:
    """The version of a package, or None."""
    try:
        return version(name)
    except PackageNotFoundError:
        return None


def memory() -> str:
    """Physical memory, GB."""
    try:
        size = os.sysconf("SC_PAGE_SIZE")
        total, free = (size * os.sysconf(f"SC_{name}PHYS_PAGES") / 1e9 for name in ("", "AV"))
    except (ValueError, OSError, AttributeError):
        return "unknown"
    return f"{total:.1f} GB, {free:.1f} GB of it free"
