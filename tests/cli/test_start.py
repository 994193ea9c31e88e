"""The first words: help, version, a mistyped command, and what is not imported for them."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from auditor.cli import COMMANDS

HEAVY = (
    "pandas",
    "pyarrow",
    "scipy",
    "sklearn",
    "fairlearn",
    "torch",
    "transformers",
    "vl_convert",
    "great_expectations",
    "dask",
)


def loaded(code: str) -> set[str]:
    """Modules that a fresh Python has loaded after the code."""
    said = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys; sys.stderr.write(' '.join(sys.modules))"],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(said.stderr.split())


def test_importing_auditor_loads_nothing_heavy() -> None:
    assert not loaded("import auditor") & {*HEAVY, "numpy", "pydantic", "typer", "rich"}


def test_help_loads_neither_data_libraries_nor_checks() -> None:
    found = loaded("from auditor.cli import main; main(['--help'])")
    assert not found & {*HEAVY, "numpy", "pydantic", "typer", "rich"}
    assert not any(name.startswith("auditor.checks") for name in found)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_a_command_loads_no_data_library(command: str) -> None:
    assert not loaded(f"from auditor.cli import main; main([{command!r}, '--help'])") & set(HEAVY)


def test_auditor_alone_says_what_to_type_next(auditor: Any) -> None:
    ended = auditor()
    assert ended.code == 0
    assert "auditor demo" in ended.out
    assert "auditor init" in ended.out


def test_help_names_every_command_and_exit_code(auditor: Any) -> None:
    said = auditor("--help").out
    assert all(f"  {name} " in said for name in COMMANDS)
    assert "Exit codes" in said


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(auditor: Any, command: str) -> None:
    ended = auditor(command, "--help")
    assert ended.code == 0
    assert ended.out.startswith(f"Usage: auditor {command}")


def test_every_module_of_a_command_is_listed() -> None:
    import importlib
    import pkgutil

    import auditor.cli

    apps = set()
    for module in pkgutil.iter_modules(auditor.cli.__path__):
        if hasattr(importlib.import_module(f"auditor.cli.{module.name}"), "app"):
            apps.add(module.name)
    assert apps == set(COMMANDS)


@pytest.mark.parametrize(("word", "near"), [("chek", "auditor check"), ("demmo", "auditor demo"), ("zzz", "auditor --help")])
def test_a_mistyped_command_is_met_with_the_nearest(auditor: Any, word: str, near: str) -> None:
    ended = auditor(word)
    assert ended.code == 2
    assert near in ended.err


def test_version_is_one_line(auditor: Any) -> None:
    assert auditor("--version").out.startswith("auditor 0.")


def test_a_reader_that_goes_away_leaves_no_traceback() -> None:
    for words in ("rules", "--help", "explain IMB101"):
        run = f"{sys.executable} -c 'import sys; from auditor.cli import main; sys.exit(main())' {words} | true"
        said = subprocess.run(["bash", "-c", f"set -o pipefail; {run}"], capture_output=True, text=True)
        assert said.stderr == ""


def test_colour_goes_to_a_terminal_and_obeys_its_switches(monkeypatch: pytest.MonkeyPatch) -> None:
    import io

    from auditor.cli.summary import colored

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    assert colored(Terminal(), False)
    assert not colored(Terminal(), True)
    assert not colored(io.StringIO(), False)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert colored(io.StringIO(), False)
    monkeypatch.setenv("NO_COLOR", "1")
    assert not colored(Terminal(), False)


def test_a_full_disk_behind_standard_output_is_2_and_one_line() -> None:
    words = f"{sys.executable} -c 'import sys; from auditor.cli import main; sys.exit(main())' rules --json > /dev/full"
    said = subprocess.run(["bash", "-c", words], capture_output=True, text=True)
    assert said.returncode == 2
    assert "Traceback" not in said.stderr
