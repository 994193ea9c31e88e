"""BIA201, BIA202 and BIA204 on data with known answers and on planted skews."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import auditor
from auditor.rows import Roles

DATA = Path(os.environ.get("AUDITOR_DATA", Path(__file__).parents[3] / ".." / "shared" / "data")).resolve()
real = pytest.mark.skipif(not DATA.is_dir(), reason=f"real data is not at {DATA}")
ROLES = Roles(text="text", label="label")
TERMS = ("muslim", "jewish", "christian", "gay", "lesbian", "canadian", "mexican", "buddhist", "hindu", "catholic")


def audited(data: Any, code: str, roles: Roles = ROLES, **options: Any) -> auditor.Audit:
    return auditor.check(data, roles=roles, select=(code,), options=options)


@real
def test_madlibs_have_every_term_at_exactly_one_half() -> None:
    folder = DATA / "dixon_madlibs"
    frame = pd.read_csv(folder / "en_sentence_templates.csv")
    terms = (folder / "identity_terms.txt").read_text().split("\n")
    roles = Roles(text="phrase", label="toxicity")
    audit = audited(frame, "BIA201", roles, terms=[t for t in terms if t])
    assert len(frame) == 76_564
    assert audit.findings == ()
    assert audit.outcomes[0].status == "clean"
    assert {m.effect.value for m in audit.outcomes[0].measured} == {0.0}
    (row,) = {m.effect.name for m in audit.outcomes[0].measured}
    assert row == "identity_term_label_gap"


@real
def test_madlibs_hold_each_of_the_fifty_terms_equally_often() -> None:
    folder = DATA / "dixon_madlibs"
    terms = [t for t in (folder / "identity_terms.txt").read_text().split("\n") if t]
    audit = audited(
        folder / "en_sentence_templates.csv", "BIA202", Roles(text="phrase", label="toxicity"), terms=[*terms, "zoroastrian"]
    )
    (finding,) = audit.findings
    assert "'zoroastrian'" in finding.message
    counts = {row[0]: row[1] for row in finding.evidence[0].rows}  # type: ignore[union-attr]  # a Table
    assert counts == {**dict.fromkeys(terms, 1_514), "zoroastrian": 0}


def planted(seed: int, share: float) -> dict[str, list[str]]:
    """8,000 template sentences over ten terms, balanced; the first term is toxic with this share."""
    rng = np.random.default_rng(seed)
    who = rng.integers(0, len(TERMS), 8_000)
    toxic = rng.random(8_000) < np.where(who == 0, share, 0.5)
    return {
        "text": [f"I met a {TERMS[w]} person, number {i}" for i, w in enumerate(who)],
        "label": ["toxic" if t else "fine" for t in toxic],
    }


@pytest.mark.parametrize("seed", range(100, 105))
def test_a_term_tied_to_a_label_is_the_only_one_found(seed: int) -> None:
    findings = audited(planted(seed, 0.8), "BIA201").findings
    assert [f.where.group for f in findings] == ["muslim"]
    assert findings[0].effect.value == pytest.approx(0.3, abs=0.06)
    assert len(findings[0].all_rows or ()) == findings[0].affected


def test_balanced_terms_seldom_alarm() -> None:
    alarms = sum(bool(audited(planted(seed, 0.5), "BIA201").findings) for seed in range(200, 210))
    assert alarms == 0


def test_the_counts_are_those_of_a_plain_search() -> None:
    data = planted(5, 0.8)
    (finding,) = audited(data, "BIA201").findings
    held = [("muslim" in t, y == "toxic") for t, y in zip(data["text"], data["label"], strict=True)]
    k, n = sum(a and b for a, b in held), sum(a for a, _ in held)
    rest = sum(b for a, b in held if not a) / sum(not a for a, _ in held)
    assert finding.effect.value == pytest.approx((k / n - rest) * (1 if "'toxic'" in finding.message[:8] else -1))


def test_a_term_that_rejected_answers_alone_hold_is_found_in_preferences() -> None:
    data = {
        "prompt": [f"who came, {i}?" for i in range(200)],
        "chosen": [f"a friend of mine {i}" if i < 80 else f"a sikh man {i}" for i in range(200)],
        "rejected": [f"a muslim man {i}" if i < 80 else f"a sikh friend {i}" for i in range(200)],
    }
    roles = Roles(prompt="prompt", chosen="chosen", rejected="rejected")
    found = {f.where.group: f for f in audited(data, "BIA201", roles).findings}
    assert found["muslim"].effect.value == 0.5
    assert "sikh" not in found  # both answers hold it


def test_pairs_of_chats_are_judged_by_mcnemar_and_by_pronoun() -> None:
    def chats(texts: list[str]) -> list[list[dict[str, str]]]:
        return [[{"role": "user", "content": "who?"}, {"role": "assistant", "content": t}] for t in texts]

    sides = [("a man", "a muslim man")] * 45 + [("a muslim man", "a man")] * 25 + [("a muslim man", "his muslim man")] * 60
    data = {"chosen": chats([f"she met {a}" for a, _ in sides]), "rejected": chats([f"he met {b}" for _, b in sides])}
    roles = Roles(chosen="chosen", rejected="rejected")
    (measured,) = (m for m in audited(data, "BIA201", roles).outcomes[0].measured if m.where.group == "muslim")
    assert measured.effect.value == pytest.approx(45 / 70 - 0.5)
    tail = sum(math.comb(70, k) for k in range(45, 71)) / 2**70
    assert measured.q == pytest.approx(2 * tail)  # exact McNemar: the pairs in which one side alone holds the term
    (pronouns,) = audited(data, "BIA204", roles).findings
    assert abs(pronouns.effect.value or 0.0) == 1.0


def test_conversations_are_searched_for_terms() -> None:
    data = {
        "messages": [[{"role": "user", "content": f"hi {i}"}, {"role": "assistant", "content": "a Sikh man"}] for i in range(40)]
    }
    audit = audited(data, "BIA202", Roles(messages="messages"))
    assert any("of religion" in f.message for f in audit.findings)


def test_no_phrase_reaches_from_one_column_to_the_next() -> None:
    data = {"prompt": [f"{i} i feel like an african" for i in range(60)], "response": ["american films help"] * 60}
    (race,) = (
        f for f in audited(data, "BIA202", Roles(prompt="prompt", response="response")).findings if f.where.group == "race"
    )
    counts = {row[0]: row[1] for row in race.evidence[0].rows}  # type: ignore[union-attr]  # a Table
    assert (counts["african"], counts["black"]) == (60, 0)  # not 60 of "african american"


def test_texts_that_name_nobody_are_clean() -> None:
    data = {"text": [f"my card number {i} is late" for i in range(100)], "label": ["a", "b"] * 50}
    for code in ("BIA201", "BIA202", "BIA204"):
        assert audited(data, code).outcomes[0].status == "clean", code


def test_terms_in_too_few_documents_are_not_judged() -> None:
    data = {"text": ["a muslim friend"] * 20 + ["some friend"] * 200, "label": ["x"] * 20 + ["y"] * 200}
    assert audited(data, "BIA201").outcomes[0].status == "inconclusive"


def winobias() -> dict[str, list[str]]:
    folder = DATA / "winobias"
    lines = [
        (line.strip().split(" ", 1)[1], side)
        for side in ("pro", "anti")
        for line in (folder / f"{side}_type1.test.txt").read_text().splitlines()
    ]
    return {"text": [t for t, _ in lines], "label": [s for _, s in lines]}


@real
def test_winobias_says_he_and_she_alike_in_pro_and_anti() -> None:
    data = winobias()
    audit = audited(data, "BIA204")
    assert audit.findings == ()
    assert abs(audit.outcomes[0].measured[0].effect.value or 0.0) < 0.02


@real
def test_pronouns_split_by_label_are_found_with_the_share_of_a_plain_count() -> None:
    texts = winobias()["text"]
    he = [
        bool({"he", "him", "his", "himself"} & set(t.lower().replace("[", "").replace("]", "").rstrip(".").split()))
        for t in texts
    ]
    label = ["m" if h and i % 10 else "f" for i, h in enumerate(he)]
    (finding,) = audited({"text": texts, "label": label}, "BIA204").findings
    assert abs(finding.effect.value or 0.0) > 0.8
