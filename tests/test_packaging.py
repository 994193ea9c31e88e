"""The package as it is installed: every folder named, data files in, links tracked, imports banned where they mislead."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import auditor
from auditor.cli import catalogue

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
SETUP = PROJECT["tool"]["setuptools"]


def on_disk() -> set[str]:
    """Packages as the folders tell them, through the links of auditor/checks and auditor/reports."""
    found = set()
    for top, name in (("auditor", "auditor"), ("checks", "auditor.checks"), ("reports", "auditor.reports")):
        for init in (ROOT / top).rglob("__init__.py"):
            inner = init.parent.relative_to(ROOT / top)
            if top == "auditor" and inner.parts[:1] in (("checks",), ("reports",)):
                continue
            found.add(".".join([name, *inner.parts]))
    return found


def test_the_package_list_is_the_folders_with_an_init() -> None:
    assert set(SETUP["packages"]) == on_disk()
    assert len(SETUP["packages"]) == len(set(SETUP["packages"]))


def found(place: Path, pattern: str) -> list[Path]:
    """What a pattern of package data takes in; `**` at its end means files at any depth, as setuptools reads it."""
    deep = pattern.endswith("/**")
    return list(place.glob(f"{pattern}/*" if deep else pattern)) + (list(place.glob(pattern[:-3] + "/*")) if deep else [])


def test_checks_and_reports_are_links_out_of_the_package() -> None:
    for name in ("checks", "reports"):
        assert (ROOT / "auditor" / name).is_symlink()
        assert (ROOT / "auditor" / name).readlink() == Path("..") / name


def test_every_file_that_is_no_python_is_package_data() -> None:
    """What lies in a package and is not code must be named, or it is missing from the wheel only."""
    roots = {"auditor": ROOT / "auditor", "auditor.reports": ROOT / "reports", "auditor.checks": ROOT / "checks"}
    named = SETUP["package-data"]
    for package, folder in roots.items():
        patterns = [p for name, ps in named.items() if name == package for p in ps]
        inner = {
            name.removeprefix(f"{package}.").replace(".", "/"): ps for name, ps in named.items() if name.startswith(f"{package}.")
        }
        places = [(folder, pattern) for pattern in patterns]
        places += [(folder / sub, pattern) for sub, given in inner.items() for pattern in given]
        known = {file for place, pattern in places for file in found(place, pattern)}
        for file in folder.rglob("*"):
            linked = package == "auditor" and file.relative_to(folder).parts[0] in ("checks", "reports")
            if file.is_dir() or linked or file.suffix in (".py", ".pyc") or file.name == "README.md":
                continue
            assert file in known, f"{file.relative_to(ROOT)} is not in [tool.setuptools.package-data]"


def test_the_demo_has_its_data_and_its_notice() -> None:
    names = {p.name for p in (ROOT / "auditor" / "demo").iterdir()}
    assert {"banking77_train.csv.gz", "banking77_test.csv.gz", "german_credit.csv.gz", "NOTICE.md"} <= names
    notice = (ROOT / "auditor" / "demo" / "NOTICE.md").read_text()
    assert notice.count("creativecommons.org/licenses/by/4.0") == 2
    assert "Casanueva" in notice
    assert "Hofmann" in notice


def test_a_bare_import_of_checks_is_refused_by_the_linter(tmp_path: Path) -> None:
    file = tmp_path / "x.py"
    file.write_text("import checks\nfrom reports import html\n")
    ruff = Path(sys.executable).with_name("ruff")
    if not ruff.exists():
        pytest.skip("ruff is not installed beside this Python")
    words = [str(ruff), "check", "--config", str(ROOT / "pyproject.toml"), "--select", "TID251", "--output-format", "concise"]
    said = subprocess.run([*words, "--no-cache", str(file)], capture_output=True, text=True)
    assert said.stdout.count("TID251") == 2


def test_the_public_names_are_at_most_twelve_and_all_there() -> None:
    assert len(auditor.__all__) <= 12
    assert auditor.__all__ == sorted(auditor.__all__)
    for name in auditor.__all__:
        assert getattr(auditor, name) is not None
    assert (ROOT / "auditor" / "py.typed").exists()


def test_every_base_dependency_is_constrained_for_ci() -> None:
    pinned = {line.partition("==")[0].lower().replace("_", "-") for line in (ROOT / "constraints.txt").read_text().splitlines()}
    wanted = {re.split(r"[<>=\[]", d)[0].lower() for d in PROJECT["project"]["dependencies"]}
    assert wanted <= pinned


def test_the_page_of_the_checks_is_the_one_they_write() -> None:
    assert (ROOT / "checks" / "README.md").read_text() == catalogue.document(), "run `make docs`"


def test_the_console_command_is_declared() -> None:
    assert PROJECT["project"]["scripts"] == {"auditor": "auditor.cli:main"}
    assert PROJECT["project"]["entry-points"]["auditor.checks"] == {"builtin": "auditor.checks"}
