"""auditor trace, from the command line to the exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from auditor.cli import main


def log(folder: Path, losses: list[float], *, evaluate: bool = True) -> Path:
    rows: list[dict[str, float]] = []
    for i, loss in enumerate(losses):
        rows.append({"loss": 1.0 / (1 + i), "step": 10 * (i + 1)})
        if evaluate:
            rows.append({"eval_loss": loss + 0.002 * (i % 2), "step": 10 * (i + 1)})
    path = folder / "trainer_state.json"
    path.write_text(json.dumps({"log_history": rows}))
    return path


RISING = [1.0, 0.8, 0.6, 0.5, 0.5, 0.55, 0.6, 0.7, 0.8, 0.9]


@pytest.mark.parametrize(
    ("losses", "evaluate", "code"), [(RISING, True, 1), ([1 / (1 + 0.1 * i) for i in range(10)], True, 0), (RISING, False, 2)]
)
def test_the_exit_code_says_how_the_run_was(tmp_path: Path, losses: list[float], evaluate: bool, code: int) -> None:
    assert main(["trace", str(log(tmp_path, losses, evaluate=evaluate)), "-q", "--isolated"]) == code


def test_a_path_that_is_not_there_is_one_line_and_two(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["trace", str(tmp_path / "gone"), "--isolated"]) == 2
    assert len(capsys.readouterr().err.strip().splitlines()) == 1


def test_the_saved_audit_is_judged_alike_by_the_gate(tmp_path: Path) -> None:
    for evaluate, code in ((True, 1), (False, 2)):
        written = tmp_path / f"{code}.json"
        assert main(["trace", str(log(tmp_path, RISING, evaluate=evaluate)), "-q", "--isolated", "-o", f"json={written}"]) == code
        assert main(["gate", str(written), "-q", "--isolated"]) == code


def test_the_page_shows_the_curves(tmp_path: Path) -> None:
    page = tmp_path / "audit.html"
    assert main(["trace", str(log(tmp_path, RISING)), "-q", "--isolated", "-o", f"html={page}"]) == 1
    text = page.read_text()
    assert "TUN201" in text
    assert "<svg" in text
