"""A folder with tiny data in it, and the command line run in this process."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from auditor.cli import main


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


Run = Callable[..., Ended]


def table(path: Path, columns: dict[str, list[Any]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))


def sentences(n: int, start: int = 0) -> list[str]:
    return [f"please tell me about account number {i * 7919 % 99991}" for i in range(start, start + n)]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder: even.csv is clean under IMB101, rare.csv is 30 to 1 and warns, skewed.csv 150 to 1 and fails."""
    monkeypatch.chdir(tmp_path)
    table(tmp_path / "even.csv", {"text": sentences(60), "label": ["a", "b"] * 30})
    table(tmp_path / "rare.csv", {"text": sentences(2480), "label": ["a"] * 2400 + ["b"] * 80})
    table(tmp_path / "skewed.csv", {"text": sentences(6040), "label": ["a"] * 6000 + ["b"] * 40})
    return tmp_path


@pytest.fixture
def auditor(folder: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """Runs the command line on the words given."""

    def run(*words: object) -> Ended:
        code = main([str(w) for w in words])
        said = capsys.readouterr()
        return Ended(code, said.out, said.err)

    return run


@pytest.fixture
def saved(folder: Path, auditor: Run) -> Callable[..., Path]:
    """Audits a file under IMB101 and returns the path of its audit.json."""

    def save(name: str, *words: object, to: str = "audit.json") -> Path:
        auditor("check", f"{name}.csv", "--select", "IMB101", "-q", "-o", f"json={to}", *words)
        return folder / to

    return save


def read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text())
    return found
