"""Run by `make wheel-test` with the Python of a fresh environment, outside the checkout: is everything in the wheel?

Usage: python installed.py CHECKOUT
"""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.resources import files
from pathlib import Path


def main() -> None:
    checkout = Path(sys.argv[1]).resolve()
    import auditor
    from auditor import find

    home = Path(auditor.__file__).parent
    assert checkout not in home.parents, f"auditor was imported from the checkout: {home}"
    found = find.everything()
    assert not found.broken, found.broken
    sources = [p for p in (checkout / "checks").rglob("*.py") if p.name != "__init__.py"]
    modules = {c.__module__.removeprefix("auditor.checks.").replace(".", "/") for c in found.checks.values()}
    declared = {str(p.relative_to(checkout / "checks").with_suffix("")) for p in sources if 'code = "' in p.read_text()}
    assert modules == declared, modules ^ declared
    for top, package in (("auditor/demo", "auditor"), ("reports/templates", "auditor.reports")):
        for file in (checkout / top).rglob("*"):
            if file.is_file() and "__pycache__" not in file.parts:
                inner = files(package) / file.relative_to(checkout / Path(top).parts[0]).as_posix()
                assert inner.is_file(), f"{file} is not in the wheel"
    again = [p for p in home.rglob("*") if p.is_symlink()]
    assert not again, again
    command = Path(sys.executable).with_name("auditor")
    said = subprocess.run(
        [command, "explain", "IMB101"], capture_output=True, text=True, check=True, env={**os.environ, "COLUMNS": "100"}
    )
    assert "rare-class" in said.stdout
    print(f"wheel: {len(modules)} checks, templates and demo data are in {home}")


if __name__ == "__main__":
    main()
