"""Pairs are read as their files hold them."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path

import pytest

from auditor.probe import pairs
from auditor.rows import InputError

DATA = Path(os.environ.get("AUDITOR_DATA", Path(__file__).parents[2] / ".." / "shared" / "data")).resolve()
real = pytest.mark.skipif(not DATA.is_dir(), reason=f"real data is not at {DATA}")


def test_the_bundled_pairs_are_300_and_more_of_20_templates_with_one_edit_each() -> None:
    found = pairs.builtin()
    assert len(found) >= 300
    assert len({p.template for p in found}) >= 20
    assert {p.edits for p in found} == {1}
    assert {len(p.more.split()) - len(p.less.split()) for p in found} == {0}
    assert any(p.more.startswith("The nurse said that she") for p in found)


def test_null_swaps_are_of_20_templates_and_name_no_pronoun_pair() -> None:
    found = pairs.null_swaps()
    assert len({p.template for p in found}) >= 20
    assert {p.edits for p in found} == {1}


def test_shuffled_words_are_the_same_words_in_another_order() -> None:
    for sentence in pairs.neutral():
        mixed = pairs.shuffled(sentence, 0)
        assert mixed != sentence
        assert sorted(mixed[:-1].split()) == sorted(sentence[:-1].split())
        assert mixed == pairs.shuffled(sentence, 0)


@pytest.mark.parametrize("ending", ["csv", "jsonl"])
def test_a_file_of_pairs_is_read_with_its_templates(tmp_path: Path, ending: str) -> None:
    rows = [{"sent_more": "He, it said", "sent_less": "She, it said", "bias_type": "gender", "template": "t1"}]
    file = tmp_path / f"own.{ending}"
    if ending == "csv":
        with file.open("w", newline="") as out:
            writer = csv.DictWriter(out, list(rows[0]))
            writer.writeheader()
            writer.writerows(rows)
    else:
        file.write_text("\n".join(map(json.dumps, rows)))
    assert pairs.read(str(file)) == (
        pairs.Pair(more="He, it said", less="She, it said", bias_type="gender", template="gender: t1"),
    )


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.csv", "more,less\nx,y\n", "no sent_more"),
        ("a.csv", "sent_more,sent_less\n", "holds no pair"),
        ("a.jsonl", "{broken", "cannot be read"),
        ("a.jsonl", "[1]", "cannot be read"),
        ("a.jsonl", '{"sent_more": ["a"], "sent_less": {"b": 1}}', "got no sent_more"),
        ("a.jsonl", '{"sent_more": "a", "sent_less": null}', "got no sent_less"),
        ("pro_x.txt", "1 [The cook] said [he] came.", "side by side"),
        ("a.csv", f"{'h' * 500},less\nx,y\n", "h{60}'"),
        ("a.csv", '"more\nor\x1b",less\nx,y\n', "more.nor.x1b"),
    ],
)
def test_a_file_without_pairs_is_refused_in_one_line(tmp_path: Path, name: str, content: str, said: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=said) as refused:
        pairs.read(str(tmp_path / name))
    assert "\n" not in str(refused.value)


def test_an_empty_sentence_is_no_prompt(tmp_path: Path) -> None:
    (tmp_path / "pro_a.txt").write_text("1 [The cook] said [he] came.\n2 [The maid] said [she] came.\n")
    for empty in ("", "2 ", "2"):
        (tmp_path / "anti_a.txt").write_text(f"1 [The cook] said [she] came.\n{empty}\n")
        with pytest.raises(InputError, match="line 2: got an empty sentence, want two"):
            pairs.read(str(tmp_path))


def test_a_file_that_is_not_there_is_refused() -> None:
    for name in ("nowhere.csv", "x" * 5_000, "a\0b"):
        with pytest.raises(InputError, match="does not exist"):
            pairs.read(name)


def test_a_line_of_json_may_hold_any_mark_of_a_line(tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text('{"sent_more": "he\u2028said", "sent_less": "she\u2028said"}\n', encoding="utf-8")
    assert pairs.read(str(tmp_path / "a.jsonl"))[0].more == "he\u2028said"


@real
def test_winobias_is_read_as_pairs_that_differ_in_the_pronoun_alone() -> None:
    found = pairs.read(str(DATA / "winobias"))
    assert len(found) == 4 * 396
    assert all("[" not in p.more for p in found)
    assert sum(p.edits == 1 for p in found) > 1400
    assert len({p.template for p in found}) >= 20


@real
def test_crows_pairs_is_read_with_its_published_counts() -> None:
    (file,) = (DATA / "crows_pairs").glob("*.csv")
    found = pairs.read(str(file))
    several = [p.edits > 1 for p in found]
    unequal = [len(p.more.split()) != len(p.less.split()) for p in found]
    assert (len(found), sum(several), sum(unequal)) == (1508, 236, 213)
    assert sum(p.bias_type == "gender" for p in found) == 262
    assert sum(a or b for a, b in zip(several, unequal, strict=True)) == 403
    assert len({p.template for p in found}) == 981
