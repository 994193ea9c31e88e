"""The recipe of `auditor train`: [tune] of the config file, and flags that win over it."""

from __future__ import annotations

from pathlib import Path

import pytest

from auditor import config
from auditor.cli.asked import Settings
from auditor.cli.train import recipe
from auditor.rows import InputError


def written(folder: Path, text: str) -> Settings:
    (folder / "auditor.toml").write_text(text)
    return Settings(file=folder / "auditor.toml", config=config.load(folder / "auditor.toml"))


def test_flags_win_over_the_file_and_paths_are_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = written(tmp_path, '[tune]\nbase = "models/base"\nepochs = 2\nlora = true\nfreeze = 3\n')
    made = recipe({"epochs": 5.0, "folder": "here", "lora": False, "output": ["json=x.json"]}, found)
    assert made == {"base": "models/base", "epochs": 5.0, "lora": True, "freeze": 3, "output": "here"}


def test_an_unknown_key_of_the_recipe_is_named_with_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="did you mean 'epochs'"):
        written(tmp_path, "[tune]\nepoch = 2\n")
