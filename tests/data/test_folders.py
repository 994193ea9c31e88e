from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from auditor.data.open import open_source
from auditor.rows import InputError, Part

SHARDS = {"b-00001.csv": "x,y\n3,c\n4\n", "a-00000.csv": "x,y\n1,a\n2,b\n9\n", "README.md": "no data", ".hidden.csv": "z\n1\n"}


def folder(tmp_path: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True, parents=True)
        (tmp_path / name).write_text(content)
    return tmp_path


def test_shards_are_one_split_in_the_order_of_their_names(tmp_path: Path) -> None:
    (source,) = open_source(folder(tmp_path, SHARDS), "train", "train")
    parts = list(source.read())
    assert [x for p in parts for x in p.table.column("x").to_pylist()] == ["1", "2", "3"]
    assert [x for p in parts for x in p.rows.tolist()] == [0, 1, 3]
    assert [(f.kind, f.row) for p in parts for f in p.faults] == [("ragged", 2), ("ragged", 4)]
    assert "2 files read as one split" in getattr(source, "assumed")[0]  # noqa: B009  the protocol does not have it


def test_a_digest_of_shards_changes_with_each(tmp_path: Path) -> None:
    (source,) = open_source(folder(tmp_path, SHARDS), "train", "train")
    before = source.digest()
    (tmp_path / "b-00001.csv").write_text("x,y\n3,d\n")
    assert open_source(tmp_path, "train", "train")[0].digest() != before


def test_shards_of_other_types_are_put_together(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": pa.array([1, 2]), "b": pa.nulls(2)}), tmp_path / "0.parquet")
    pq.write_table(pa.table({"b": ["x"], "a": [0.5]}), tmp_path / "1.parquet")
    (source,) = open_source(tmp_path, "train", "train")
    assert [r for p in source.read() for r in p.table.to_pylist()] == [
        {"a": 1, "b": None},
        {"a": 2, "b": None},
        {"a": 0.5, "b": "x"},
    ]


REFUSED: dict[str, tuple[dict[str, str], str]] = {
    "no data": (
        {"README.md": "x"},
        "got a folder with 1 files and no data, want CSV, JSON, Parquet or Arrow files; name a file of data",
    ),
    "data below": ({"train/0.csv": "a\n1\n"}, "name a folder in it, such as 'train'"),
    "formats": ({"a.csv": "a\n1\n", "b.json": "[]"}, "got files of several formats ('a.csv', 'b.json'), want one; name a file"),
    "splits": (
        {"train.csv": "a\n1\n", "test.csv": "a\n1\n"},
        "got files of several splits ('test.csv', 'train.csv'), want one split a folder",
    ),
    "other columns": (
        {"1.csv": "a\n1\n", "2.csv": "b\n1\n"},
        "has no column 'a' as '1.csv' has, want the same columns in every file",
    ),
    "broken state": ({"state.json": "{}"}, "cannot be read (KeyError), want '_data_files' as `datasets` writes it"),
    "missing shard": (
        {"state.json": '{"_data_files": [{"filename": "x.arrow"}]}'},
        "its state.json names x.arrow, which is not there",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_folder_that_is_no_split_is_refused(name: str, tmp_path: Path) -> None:
    files, want = REFUSED[name]
    with pytest.raises(InputError) as caught:
        open_source(folder(tmp_path, files), "train", "train")
    assert want in str(caught.value)
    assert "\n" not in str(caught.value)


def test_types_that_do_not_go_together_are_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1]}), tmp_path / "0.parquet")
    pq.write_table(pa.table({"a": ["x"]}), tmp_path / "1.parquet")
    with pytest.raises(InputError, match=r"column 'a' is string, in '0\.parquet' it is int64, want one type"):
        open_source(tmp_path, "train", "train")


def test_a_format_chooses_among_the_files_of_a_folder(tmp_path: Path) -> None:
    folder(tmp_path, {"a.csv": "a\n1\n", "b.json": "[]"})
    assert list(open_source(tmp_path, "train", "train", "csv")[0].columns) == ["a"]


def saved(tmp_path: Path) -> tuple[Path, Path, object]:
    datasets = pytest.importorskip("datasets")
    features = datasets.Features({"text": datasets.Value("string"), "label": datasets.ClassLabel(names=["no", "yes"])})
    train = datasets.Dataset.from_dict({"text": ["a", "b", "c"], "label": [0, 1, -1]}, features=features)
    both = datasets.DatasetDict(train=train, test=train.select([0]), odd=train.select([1, 2]))
    train.save_to_disk(str(tmp_path / "one"), num_shards=2)
    both.save_to_disk(str(tmp_path / "dict"))
    return tmp_path / "one", tmp_path / "dict", both


ROWS = [{"text": "a", "label": "no"}, {"text": "b", "label": "yes"}, {"text": "c", "label": None}]


def test_a_saved_data_set_is_read_with_the_names_of_its_classes(tmp_path: Path) -> None:
    one, _, _ = saved(tmp_path)
    (source,) = open_source(one, "test", "held-out")
    assert [r for p in source.read() for r in p.table.to_pylist()] == ROWS
    assert [x for p in source.read() for x in p.rows.tolist()] == [0, 1, 2]
    assert str(source.columns["label"]) == "string"


@pytest.mark.parametrize("kind", ["folder", "object"])
def test_a_data_set_of_splits_gives_one_source_a_split(kind: str, tmp_path: Path) -> None:
    _, folder, both = saved(tmp_path)
    sources = open_source(folder if kind == "folder" else both, "train", "train")
    splits: list[tuple[str, Part, int]] = [(s.split, s.part, sum(len(p.rows) for p in s.read())) for s in sources]
    assert splits == [("train", "train", 3), ("test", "held-out", 1), ("odd", "held-out", 2)]
    assert [r for p in sources[0].read() for r in p.table.to_pylist()] == ROWS
    assert any("class numbers" in said for said in getattr(sources[0], "assumed"))  # noqa: B009  the protocol does not have it


def test_a_data_set_of_splits_is_no_held_out_split(tmp_path: Path) -> None:
    _, folder, both = saved(tmp_path)
    for what in (folder, both):
        with pytest.raises(
            InputError, match="given as test, has the splits 'train', 'test', 'odd', want one of them; pass it alone"
        ):
            open_source(what, "test", "held-out")


def test_a_split_given_twice_is_refused(tmp_path: Path) -> None:
    import auditor

    _, folder, _ = saved(tmp_path)
    with pytest.raises(InputError, match="the split 'test' was given twice"):
        auditor.check(folder, test=pd.DataFrame({"text": ["a"], "label": ["no"]}))


def test_a_data_set_object_is_read_through_its_indices(tmp_path: Path) -> None:
    _, _, both = saved(tmp_path)
    chosen = both["train"].select([2, 0])  # type: ignore[index]  # a DatasetDict
    (source,) = open_source(chosen, "train", "train")
    assert [r for p in source.read(("text",)) for r in p.table.to_pylist()] == [{"text": "c"}, {"text": "a"}]
    assert source.digest() != open_source(both["train"], "train", "train")[0].digest()  # type: ignore[index]  # a DatasetDict


def test_a_stream_of_a_data_set_is_refused() -> None:
    datasets = pytest.importorskip("datasets")
    stream = datasets.Dataset.from_dict({"a": [1]}).to_iterable_dataset()
    with pytest.raises(InputError, match="got a datasets IterableDataset, want a Dataset that can be read more than once"):
        open_source(stream, "train", "train")


def test_the_state_of_a_saved_data_set_cannot_name_files_elsewhere(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "secret.csv").write_text("a\n1\n")
    (tmp_path / "data" / "state.json").write_text(json.dumps({"_data_files": [{"filename": "../secret.csv"}]}))
    with pytest.raises(InputError, match=r"names secret\.csv, which is not there"):
        open_source(tmp_path / "data", "train", "train")
