"""Cleaned copies: what is mended is gone at the next audit, what is not stays as it was written."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import auditor
from auditor.cli import main
from auditor.data.open import open_source
from auditor.fix import copies, fix
from auditor.fix.additions import reweighed
from auditor.rows import InputError

WORDS = ("amber", "basil", "cedar", "delta", "ember", "fjord", "grape", "hazel", "ivory", "jolly", "kayak", "lemon", "mango")


def texts(n: int, seed: int) -> list[str]:
    rng = np.random.default_rng(seed)
    return [" ".join(rng.choice(WORDS, 9)) + f" {seed}{i}" for i in range(n)]


def rows(seed: int = 1, n: int = 120) -> pd.DataFrame:
    """Texts with 10 copies inside, one of them hostile, a constant column and one spelling that differs by case."""
    said = texts(n, seed)
    said[0] = '=cmd("x"), <script>\n "quoted"'
    frame = pd.DataFrame({"text": said, "label": ["yes", "no"] * (n // 2), "town": ["Rome", "Oslo", "Oslo", "Rome"] * (n // 4)})
    frame["same"] = "k"
    frame.loc[5, "town"] = "rome"
    return pd.concat([frame, frame.iloc[:10]], ignore_index=True)


def write(frame: pd.DataFrame, path: Path) -> Path:
    if path.suffix == ".csv":
        frame.to_csv(path, index=False)
    elif path.suffix == ".jsonl":
        frame.to_json(path, orient="records", lines=True)
    elif path.suffix == ".json":
        frame.to_json(path, orient="records")
    elif path.suffix == ".parquet":
        pq.write_table(pa.Table.from_pandas(frame, preserve_index=False), path)
    else:
        frame.to_csv(path, index=False, compression="gzip")
    return path


def read(path: Path) -> pd.DataFrame:
    if path.suffix in (".json", ".jsonl"):
        return pd.read_json(path, lines=path.suffix == ".jsonl", dtype=False)
    return pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path)


ROLES = auditor.Roles(text="text", label="label")


@pytest.mark.parametrize("ending", [".csv", ".jsonl", ".json", ".parquet", ".csv.gz"])
def test_what_is_mended_is_gone_and_the_rest_is_as_it_was(tmp_path: Path, ending: str) -> None:
    train = write(rows(), tmp_path / f"train{ending}")
    test = write(pd.concat([rows(2, 40).iloc[:40], rows().iloc[20:25]]), tmp_path / f"test{ending}")
    before = (train.read_bytes(), test.read_bytes())
    audit = auditor.check(train, test=test, roles=ROLES)
    assert {"DUP101", "LEK101", "VAL112", "VAL122"} <= {f.code for f in audit.findings}
    said = fix(audit, tmp_path / "clean", unsafe=True)
    assert (train.read_bytes(), test.read_bytes()) == before
    clean = read(tmp_path / "clean" / f"train{ending}")
    wanted = rows().iloc[:120].drop(columns="same").replace({"town": {"rome": "Rome"}})
    pd.testing.assert_frame_equal(clean.astype(object), wanted.astype(object), check_dtype=False)
    after = auditor.check(tmp_path / "clean" / f"train{ending}", test=tmp_path / "clean" / f"test{ending}", roles=ROLES)
    assert not {"DUP101", "LEK101", "VAL112", "VAL122"} & {f.code for f in after.findings}
    counts = {f["split"]: (f["rows_before"], f["rows_after"]) for f in said["files"]}
    assert counts == {"train": (130, 120), "test": (45, 39)}  # the hostile row too is one of train
    assert json.loads((tmp_path / "clean" / "manifest.json").read_text())["files"] == said["files"]


def test_without_unsafe_no_row_goes(tmp_path: Path) -> None:
    train = write(rows(), tmp_path / "train.csv")
    said = fix(auditor.check(train, roles=ROLES), tmp_path / "clean")
    assert len(read(tmp_path / "clean" / "train.csv")) == 130
    assert "same" not in read(tmp_path / "clean" / "train.csv")
    assert {x["code"] for x in said["left"] if x["why"].startswith("unsafe")} >= {"DUP101"}


def test_another_file_is_refused_and_nothing_is_left_behind(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train = write(rows(), tmp_path / "train.csv")
    audit = auditor.check(train, roles=ROLES)
    auditor.report(audit, tmp_path / "a.json")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    assert main(["fix", str(tmp_path / "a.json"), "--output", str(tmp_path / "full")]) == 2
    assert "is not empty" in capsys.readouterr().err
    train.write_text(train.read_text() + "x,yes,Oslo,k\n")
    assert main(["fix", str(tmp_path / "a.json"), "--output", str(tmp_path / "clean")]) == 2
    said = capsys.readouterr().err
    assert "is not the file that was audited" in said and said.count("\n") == 1
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.json", "full", "train.csv"]


def people(tmp_path: Path, **changed: Any) -> auditor.Audit:
    rng = np.random.default_rng(3)
    g = rng.choice(["a", "b"], 400)
    y = np.where(rng.random(400) < np.where(g == "a", 0.6, 0.3), "yes", "no")
    frame = pd.DataFrame({"x": rng.normal(size=400).round(3), "g": g, "y": y}).assign(**changed)
    write(frame, tmp_path / "people.csv")
    return auditor.check(tmp_path / "people.csv", roles=auditor.Roles(label="y", sensitive="g"), positive="yes")


def test_weights_make_the_label_rate_equal(tmp_path: Path) -> None:
    said = fix(people(tmp_path), tmp_path / "out", weights="g")
    made = read(tmp_path / "out" / "people.csv")
    rates = [np.average(part.y == "yes", weights=part.audit_weight) for _, part in made.groupby("g")]
    assert abs(rates[0] - rates[1]) < 1e-12 and made.audit_weight.sum() == pytest.approx(400)
    assert said["done"][-1]["largest"] == pytest.approx(made.audit_weight.max())


@pytest.mark.parametrize(("column", "message"), [("gg", "is no column"), ("g", "its weight is not defined")])
def test_a_weight_that_cannot_be_is_refused(tmp_path: Path, column: str, message: str) -> None:
    audit = people(tmp_path, y=lambda f: np.where(f.g == "b", "no", f.y))
    with pytest.raises(InputError, match=message):
        fix(audit, tmp_path / "out", weights=column)
    assert not (tmp_path / "out").exists() and len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("ending", [".csv", ".jsonl"])
def test_counterfactual_copies_are_marked_and_share_a_group(tmp_path: Path, ending: str) -> None:
    said = [f"He likes {t}" for t in texts(30, 4)] + [f"I saw her in {t}" for t in texts(30, 5)] + texts(30, 6)
    train = write(pd.DataFrame({"text": said, "label": ["u", "v", "w"] * 30}), tmp_path / f"t{ending}")
    told = fix(auditor.check(train, roles=ROLES), tmp_path / "out", augment="gender")
    made = read(tmp_path / "out" / f"t{ending}")
    copies = made[made.augmented == "yes"]
    assert len(made) == 120 and len(copies) == 30 and copies.text.str.startswith("She likes").all()
    own = made[made.augmented == "no"].set_index("augment_group")
    assert (own.loc[copies.augment_group, "label"].to_numpy() == copies.label.to_numpy()).all()
    assert told["done"][-1]["unswappable"] == 30 and told["files"][0]["copies_added"] == 30


def test_the_command_says_what_was_left(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    train = write(rows(), tmp_path / "train.csv")
    auditor.report(auditor.check(train, roles=ROLES), tmp_path / "a.json")
    assert main(["fix", str(tmp_path / "a.json"), "--output", str(tmp_path / "o"), "--augment", "age"]) == 2
    assert "got 'age', want gender or religion" in capsys.readouterr().err
    assert main(["fix", str(tmp_path / "a.json"), "--output", str(tmp_path / "o")]) == 0
    assert "add --unsafe" in capsys.readouterr().out
    with (tmp_path / "o" / "train.csv").open(newline="") as file:
        assert next(iter(list(csv.reader(file))[1:]))[0] == rows().text[0]


@pytest.mark.parametrize(
    "names", [("x/test", "y/test", "z/validation"), ("x/manifest", "y/TEST", "z/test"), ("a/test", "b/test", "c/test")]
)
def test_no_copy_takes_the_place_of_another(tmp_path: Path, names: tuple[str, ...]) -> None:
    paths = []
    for i, name in enumerate(names):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        paths.append(write(rows(i + 1, 40 + 4 * i), tmp_path / f"{name}.json"))
    audit = auditor.check(paths[0], validation=paths[1], test=paths[2], roles=ROLES, select=["DUP101"])
    said = fix(audit, tmp_path / "clean", unsafe=True)
    assert [f["rows_after"] for f in said["files"]] == [40, 44, 48]
    assert [len(read(tmp_path / "clean" / f["to"])) for f in said["files"]] == [40, 44, 48]
    assert json.loads((tmp_path / "clean" / "manifest.json").read_text())["files"] == said["files"]


def test_lines_in_a_file_called_json_stay_lines(tmp_path: Path) -> None:
    train = tmp_path / "train.json"
    rows().to_json(train, orient="records", lines=True)
    fix(auditor.check(train, roles=ROLES, select=["DUP101"]), tmp_path / "clean", unsafe=True)
    assert len(pd.read_json(tmp_path / "clean" / "train.json", lines=True)) == 120


@pytest.mark.parametrize(
    ("values", "new", "wanted"),
    [([0, 1, 2], "2", [0, 2, 2]), ([True, False, True], "true", [True, True, True]), ([0.5, 1.0, 2.0], "3", [0.5, 3.0, 2.0])],
)
@pytest.mark.parametrize("ending", [".parquet", ".jsonl", ".json"])
def test_a_new_value_has_the_kind_of_the_old(tmp_path: Path, ending: str, values: list[Any], new: str, wanted: list[Any]) -> None:
    path = write(pd.DataFrame({"y": values}), tmp_path / f"train{ending}")
    copies.write(
        open_source(str(path), "train", "train", None)[0], copies.Changes(values={"y": {1: new}}), tmp_path / f"out{ending}", None
    )
    found = read(tmp_path / f"out{ending}")["y"].tolist()
    assert found == wanted and [type(x) for x in found] == [type(x) for x in wanted]


def test_a_new_value_of_a_dictionary_column_keeps_its_type(tmp_path: Path) -> None:
    table = pa.table({"y": pa.array(["a", "b", "a"]).dictionary_encode()})
    pq.write_table(table, tmp_path / "train.parquet")
    source = open_source(str(tmp_path / "train.parquet"), "train", "train", None)[0]
    copies.write(source, copies.Changes(values={"y": {0: "c"}}), tmp_path / "out.parquet", None)
    found = pq.read_table(tmp_path / "out.parquet")
    assert found.column("y").to_pylist() == ["c", "b", "a"] and found.schema.field("y").type == source.columns["y"]
    copies.write(source, copies.Changes(values={"y": {0: "c"}}), tmp_path / "out2.parquet", None)


def test_a_value_that_does_not_fit_is_refused(tmp_path: Path) -> None:
    path = write(pd.DataFrame({"y": [0, 1]}), tmp_path / "train.parquet")
    with pytest.raises(InputError, match="column 'y' holds int64, to which 'many' cannot be cast"):
        copies.write(
            open_source(str(path), "train", "train", None)[0], copies.Changes(values={"y": {1: "many"}}), tmp_path / "o", None
        )


def test_weights_are_those_of_the_labels_as_they_are_written(tmp_path: Path) -> None:
    frame = pd.DataFrame({"g": ["a"] * 50 + ["b"] * 50, "y": ["yes"] * 40 + ["no"] * 10 + ["yes"] * 30 + ["no"] * 20})
    path = write(frame, tmp_path / "train.csv")
    audit = auditor.check(path, roles=auditor.Roles(label="y", sensitive="g"), select=["DUP101"])
    changes = copies.Changes(values={"y": dict.fromkeys(range(20), "no")})
    reweighed(changes, open_source(str(path), "train", "train", None)[0], audit, "g")
    weights = np.array([changes.added["audit_weight"](i) for i in range(100)])
    yes = (frame["y"].to_numpy() == "yes") & (np.arange(100) >= 20)
    rates = [weights[own][yes[own]].sum() / weights[own].sum() for own in ((frame["g"] == g).to_numpy() for g in "ab")]
    assert rates[0] == pytest.approx(rates[1], abs=1e-12)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"weights": "one"}, "--weights: 'one' names one group only"),
        ({"augment": "gender"}, "has a column 'augmented' already"),
        ({"weights": "town", "augment": "gender"}, "--weights and --augment"),
    ],
)
def test_additions_that_cannot_be_are_refused(tmp_path: Path, asked: dict[str, Any], message: str) -> None:
    train = write(rows().assign(augmented="yes", one="k"), tmp_path / "train.csv")
    with pytest.raises(InputError, match=message):
        fix(auditor.check(train, roles=ROLES, select=["DUP101"]), tmp_path / "clean", **asked)
    assert not (tmp_path / "clean").exists()


@pytest.mark.parametrize("ending", [".parquet", ".jsonl"])
def test_a_missing_text_stays_missing_in_a_copy(tmp_path: Path, ending: str) -> None:
    frame = pd.DataFrame({"text": ["he is a king", "no word of it"] * 30, "prompt": [None, "why"] * 30, "label": ["a", "b"] * 30})
    train = write(frame, tmp_path / f"train{ending}")
    roles = auditor.Roles(text="text", prompt="prompt", label="label")
    fix(auditor.check(train, roles=roles, select=["DUP101"]), tmp_path / "clean", augment="gender")
    found = read(tmp_path / "clean" / f"train{ending}")
    assert found.loc[found["augmented"] == "yes", "prompt"].isna().all() and (found["augmented"] == "yes").sum() == 30
