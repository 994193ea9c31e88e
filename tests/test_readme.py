"""Every code block of the README runs, in its order, on tiny data."""

from __future__ import annotations

import csv
import random
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from auditor.cli import COMMANDS, main

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "README.md").read_text()
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", TEXT, re.DOTALL)


def written(path: Path, columns: dict[str, list[str]]) -> None:
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))


def models(path: Path, words: list[str]) -> None:
    """A base model without a head that knows the words, and a language model with its tuned twin."""
    transformers = pytest.importorskip("transformers", reason="the extra `train` is not installed")
    from probe_specimens import saved, tiny, whole_words

    known = whole_words(words)
    sizes: dict[str, Any] = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    saved(path / "base-model", transformers.BertModel(transformers.BertConfig(vocab_size=len(known), **sizes)), known)
    for name in ("base-lm", "tuned-lm"):
        saved(path / name, tiny("causal"))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("readme")
    syllables = ("ba", "de", "fi", "go", "hu", "ka", "le", "mi", "no", "pu", "ra", "se", "ti", "vo")
    words = [a + b for a in syllables for b in syllables]
    draw = random.Random(1)
    draw.shuffle(words)
    own, intents = {"lost": words[:10], "late": words[10:20]}, ["lost", "late"] * 280
    asked = [" ".join(draw.sample([*draw.sample(words[20:], 7), *draw.sample(own[intent], 3)], 10)) for intent in intents]
    asked[100:110] = asked[:10]  # copies that are found, and are too few to stop a tuning
    written(path / "train.csv", {"text": asked[:440], "intent": intents[:440]})
    written(path / "test.csv", {"text": asked[440:], "intent": intents[440:]})
    models(path, words)
    people = {
        "sex": ["f", "m"] * 60,
        "skill": [str(i % 7) for i in range(120)],
        "hired": (["yes", "no"] * 30 + ["no", "yes"] * 30),
    }
    written(path / "people.csv", people)
    return path


def test_the_blocks_run_in_their_order(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(folder)
    ran = 0
    for language, block in BLOCKS:
        if language == "sh":
            for line in block.splitlines():
                words = shlex.split(line, comments=True)
                if not words or words[0] == "make":
                    continue
                assert words[0] == "auditor", line
                code = main(words[1:])
                assert code in (0, 1), f"{line}: {capsys.readouterr().err}"
                ran += 1
        elif language == "toml":
            assert block.startswith("# auditor.toml\n")
            Path("auditor.toml").write_text(block)
        elif language == "python":
            exec(compile(block, "README.md", "exec"), {})
            ran += 1
        else:
            raise AssertionError(f"a block of {language} is not run by any test")
    assert ran >= 10
    for name in (
        "audit.html",
        "people.html",
        "probe.html",
        "tuned/audit.html",
        "audit.json",
        "audit.sarif",
        "audit.xml",
        "auditor-baseline.json",
    ):
        assert (folder / name).stat().st_size > 100, name


def test_the_targets_of_make_are_there() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = {word for _, block in BLOCKS for word in re.findall(r"^make ([a-z-]+)", block, re.MULTILINE)}
    assert named >= {"demo", "test"}
    assert named <= targets


def test_every_link_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", TEXT):
        assert (ROOT / target).exists(), target


def test_the_commands_named_are_commands() -> None:
    assert set(re.findall(r"`auditor ([a-z]+)", TEXT)) <= set(COMMANDS)


def test_the_start_is_quick_enough_to_be_typed() -> None:
    """No timing: what would make it slow is not loaded (tests/cli/test_start.py); here it only has to run as a module."""
    said = subprocess.run([sys.executable, "-m", "auditor", "--version"], capture_output=True, text=True, check=True)
    assert said.stdout.startswith("auditor ")
