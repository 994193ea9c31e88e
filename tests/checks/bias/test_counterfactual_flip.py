"""Swapped copies of the user's texts: counts by hand, what cannot be told, and a classifier of a local folder."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import auditor
from auditor.lexicons.bundled import load
from auditor.lexicons.swaps import inside, words
from auditor.model import Audit, Finding
from auditor.rows import InputError

TEXT = {"text": "text"}


def check(texts: Sequence[str], says: Any, **more: Any) -> Audit:
    return auditor.check({"text": list(texts)}, roles=TEXT, select=["BIA313"], options={"classifier": says}, **more)


def by_word(word: str) -> Any:
    return lambda texts: [[0.1, 0.9] if word in t.lower().split() else [0.7, 0.3] for t in texts]


def only(audit: Audit) -> Finding:
    (finding,) = audit.findings
    return finding


def test_flips_and_changes_are_those_counted_by_hand() -> None:
    texts = [f"he came at {i}" for i in range(30)] + [f"my father came at {i}" for i in range(30)] + ["no one came"] * 40
    finding = only(check(texts, by_word("she")))
    assert finding.effect.value == pytest.approx(0.5)  # he > she flips, father > mother does not, nothing flips inside a group
    assert (finding.affected, finding.examined, finding.level) == (30, 60, "warning")
    assert finding.effect.low is not None and finding.effect.low > 0.02
    table: Any = finding.evidence[0]
    lines = {line[0]: line[1:] for line in table.rows}
    assert lines["father > mother"] == (30, 0.0, 0.0, 0.0)
    assert lines["he > she"][:2] == (30, 1.0)
    assert lines["he > she"][2] == pytest.approx(0.1 - 0.7)  # p of the class before: .7 falls to .1


def test_what_changes_as_often_inside_a_group_is_no_finding() -> None:
    texts = [f"my father saw my dad at {i}" for i in range(200)]

    def nervous(asked: Sequence[str]) -> list[list[float]]:
        return [[0.9, 0.1] if "my father saw" in t else [0.1, 0.9] for t in asked]

    (measured,) = check(texts, nervous).outcomes[0].measured
    assert measured.effect.value == 0.0
    assert not check(texts, nervous).findings


def test_the_favourable_class_gives_the_sign() -> None:
    class Own:
        classes_ = np.array(["no", "yes"])

        def says(self, texts: Sequence[str]) -> list[list[float]]:
            found: list[list[float]] = by_word("she")(texts)
            return found

    texts = [f"she came at {i}" for i in range(40)]
    finding = only(check(texts, Own().says, positive="no"))
    table: Any = finding.evidence[0]
    assert table.columns[3] == "change of p(no)"
    assert table.rows[0][3] == pytest.approx(0.7 - 0.1)


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ([f"he came at {i}" for i in range(19)] + ["rain"] * 50, "19 of 69 texts"),
        ([f"I saw her dog {i}" for i in range(50)], '50 "her" may be him or his'),
        ([f"Mary said she came at {i}" for i in range(50)], "50 a first name stays"),
        (["rain"] * 50, "0 of 50 texts"),
        (["he came"] * 200, "not the same"),
    ],
)
def test_too_few_texts_to_swap_cannot_be_told_and_are_counted(texts: list[str], said: str) -> None:
    (outcome,) = check(texts, by_word("she")).outcomes
    assert outcome.status == "inconclusive"
    assert said in outcome.reason


def test_no_flip_in_fifty_texts_is_not_yet_clean() -> None:
    few, many = ([f"he came at {i}" for i in range(n)] for n in (50, 250))
    assert check(few, by_word("rain")).outcomes[0].status == "inconclusive"
    assert check(many, by_word("rain")).outcomes[0].status == "clean"


def test_rows_tell_the_words_and_not_the_text() -> None:
    finding = only(check([f"he <b>came</b> at {i}" for i in range(40)], by_word("she"), evidence="none"))
    assert "he > she" in finding.rows[0].note and "<b>" not in finding.rows[0].note
    assert finding.rows[0].detail == ""


@pytest.mark.parametrize(
    ("says", "wanted"),
    [
        ("a name", "got str, want a function"),
        (lambda texts: [0.5] * len(texts), "gave the shape"),
        (lambda texts: [[2.0, -1.0]] * len(texts), "no probabilities"),
        (lambda texts: [["a", "b"]] * len(texts), "gave no numbers"),
    ],
)
def test_what_is_no_classifier_is_one_line(says: Any, wanted: str) -> None:
    with pytest.raises(InputError, match=wanted) as caught:
        check(["he came"] * 30, says)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"architectures": ["BertModel"]}, "no text classifier"),
        ({"architectures": ["BertForSequenceClassification"], "problem_type": "regression"}, "one of regression"),
        ({"architectures": ["BertForSequenceClassification"], "id2label": {"0": "x"}}, "one output"),
        (None, "no config.json"),
    ],
)
def test_another_kind_of_model_is_skipped_with_its_reason(tmp_path: Path, config: Any, said: str) -> None:
    if config is not None:
        (tmp_path / "config.json").write_text(json.dumps(config))
    audit = auditor.check({"text": ["he came"] * 30}, roles=TEXT, select=["BIA313"], options={"model": str(tmp_path)})
    assert audit.outcomes[0].status == "skipped" and said in audit.outcomes[0].reason


def test_a_classifier_in_a_folder_is_asked_as_the_library_would(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch")
    pytest.importorskip("transformers")
    from probe_specimens import saved, tiny, tokenizer

    from auditor.derive.classifiers import classifier
    from auditor.rows import Setting

    folder = saved(tmp_path, tiny("classification"))
    texts = ["the nurse said that he would be late today.", "the engineer left early", "he " * 60]
    setting = Setting(data="x", roles=auditor.Roles(text="text"), columns=(), splits=(), options={"model": str(folder)})
    model = classifier(setting, ())
    network, cut = tiny("classification").eval(), tokenizer()
    for text, said in zip(texts, model.says(texts), strict=True):
        ids = torch.tensor([cut(text)["input_ids"][:32]])
        assert said == pytest.approx(network(input_ids=ids).logits.softmax(-1)[0].tolist(), abs=1e-6)
    assert model.hides("a " * 40 + "he", "a " * 40 + "she") and not model.hides("he", "she")


def test_words_alike_never_cross_a_group() -> None:
    table = {**words("gender"), **words("religion")}
    sides: dict[str, str] = {}
    for _, side, word, *others in load("inside.tsv").lines:
        for w in (word, *others):
            assert sides.setdefault(w, side) == side, w
    for word, side in sides.items():
        assert sides.get(table.get(word, ""), "") != side, word


def test_copies_alike_keep_case_and_clitics() -> None:
    assert inside("He's my father") == ("The man's my father", "The guy's my dad")
    assert inside("a chair") is None
    with pytest.raises(ValueError, match="got the axis"):
        inside("x", "age")
