"""The second act of the demo, without its model: what it needs, and which rows it takes."""

from __future__ import annotations

from importlib.resources import as_file, files
from pathlib import Path

import pytest

from auditor.cli import demo
from auditor.tune import first_look


def test_a_missing_package_skips_the_second_act_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setattr(first_look, "NEEDED", ("json", "no_such_package"))
    monkeypatch.chdir(tmp_path)
    demo.second_act("unused.csv", quiet=False, no_color=True)
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "no_such_package" in said
    assert not list(tmp_path.iterdir())


def test_the_part_is_70_rows_of_each_of_ten_intents() -> None:
    with as_file(files("auditor") / "demo" / "banking77_train.csv.gz") as file:
        part = first_look.part(str(file))
    assert part["category"].value_counts().tolist() == [70] * 10
