"""BIA203 on words counted by hand, on permuted groups, and on sentences whose twins say the opposite."""

from __future__ import annotations

import math
import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import auditor
from auditor import lexicons
from auditor.rows import Roles

DATA = Path(os.environ.get("AUDITOR_DATA", Path(__file__).parents[3] / ".." / "shared" / "data")).resolve()
real = pytest.mark.skipif(not DATA.is_dir(), reason=f"real data is not at {DATA}")
FILL = "one two three four five six seven eight nine"


def audited(data: Any, roles: Roles | None = None, **options: Any) -> auditor.Audit:
    return auditor.check(data, roles=roles or Roles(text="text"), select=["BIA203"], options=options)


def jobs(*cells: tuple[str, str, int]) -> list[str]:
    return [f"the {job} said that {who} came" for job, who, n in cells for _ in range(n)]


def test_the_log_odds_are_those_of_a_table_by_hand() -> None:
    audit = audited({"text": jobs(("nurse", "she", 40), ("nurse", "he", 10), ("baker", "she", 20), ("baker", "he", 30))})
    found = {f.where.group: f for f in audit.findings}
    value = math.log(40.5 * 30.5 / (10.5 * 20.5))
    half = 1.959963984540054 * math.sqrt(1 / 40.5 + 1 / 30.5 + 1 / 10.5 + 1 / 20.5)
    assert set(found) == {"nurse: feminine", "baker: masculine"}
    nurse = found["nurse: feminine"]
    assert (nurse.affected, nurse.examined) == (40, 100)
    assert nurse.effect.value == pytest.approx(value)
    assert [nurse.effect.low, nurse.effect.high] == pytest.approx([value - half, value + half])
    assert [r.row for r in nurse.rows] == list(range(10))


def test_the_p_value_is_that_of_groups_permuted_over_documents() -> None:
    texts = jobs(("nurse", "she", 24), ("nurse", "he", 16), ("baker", "she", 30), ("baker", "he", 40))
    (measured, *_) = audited({"text": texts}).outcomes[0].measured
    nurse, she = np.array(["nurse" in t for t in texts]), np.array(["she" in t for t in texts])
    rng = np.random.default_rng(1)
    counts = np.array([(nurse & rng.permutation(she)).sum() for _ in range(20_000)])
    expected = nurse.sum() * she.mean()
    assert measured.q == pytest.approx(  # the two readings have one p-value
        (abs(counts - expected) >= abs(24 - expected) - 1e-9).mean(), abs=0.01
    )


def test_a_word_more_than_ten_words_away_is_not_near() -> None:
    near = [f"the nurse {FILL} she" for _ in range(50)] + [f"the baker {FILL} he" for _ in range(50)]
    far = [t.replace(FILL, f"{FILL} ten") for t in near]
    assert len(audited({"text": near}).findings) == 2
    assert audited({"text": far}).outcomes[0].status == "clean"


def test_a_window_does_not_reach_over_two_columns() -> None:
    data = {"prompt": ["who is the nurse"] * 60 + ["who is the baker"] * 60, "response": ["she"] * 60 + ["he"] * 60}
    audit = audited(data, Roles(prompt="prompt", response="response"))
    assert audit.outcomes[0].status == "clean"
    assert audit.findings == ()


def test_a_role_beside_both_groups_speaks_for_neither() -> None:
    texts = jobs(("nurse", "she", 40), ("nurse", "he", 10), ("baker", "she", 20), ("baker", "he", 30))
    both = audited({"text": ["he and she met the nurse"] * 60 + texts}).findings
    assert {(f.where.group, f.effect.value, f.examined) for f in both} == {
        (f.where.group, f.effect.value, f.examined) for f in audited({"text": texts}).findings
    }


def test_of_three_groups_the_one_that_stands_out_is_named() -> None:
    said = [("muslim", 60), ("jewish", 20), ("hindu", 20)]
    texts = [f"a violent {who} neighbour" for who, n in said for _ in range(n)]
    texts += [f"an honest {who} neighbour" for who, _ in said for _ in range(40)]
    found = {f.where.group for f in audited({"text": texts}).findings}
    assert "violent: muslim" in found
    assert all(group.startswith(("violent: ", "honest: ")) for group in found)


def test_own_terms_are_the_groups() -> None:
    texts = [f"the {job} from {town} is violent" for job, town in [("nurse", "Wessex"), ("baker", "Mercia")] for _ in range(40)]
    found = {f.where.group for f in audited({"text": texts}, terms=["wessex", "mercia"]).findings}
    assert found == {"nurse: wessex", "baker: mercia"}


def test_chats_and_the_chosen_answers_of_preferences_are_read() -> None:
    texts = jobs(("nurse", "she", 40), ("baker", "he", 40))
    turns = [[{"role": "user", "content": "who?"}, {"role": "assistant", "content": t}] for t in texts]
    fair = [t.replace("she", "they").replace(" he ", " they ") for t in texts]
    assert len(audited({"messages": turns}, Roles(messages="messages")).findings) == 2
    roles = Roles(chosen="chosen", rejected="rejected")
    assert len(audited({"chosen": texts, "rejected": fair}, roles).findings) == 2
    assert audited({"chosen": fair, "rejected": texts}, roles).findings == ()


def test_the_lists_give_no_word_two_meanings() -> None:
    groups, roles = lexicons.terms("genders.tsv"), lexicons.terms("roles.tsv")
    forms = [form for term in (*groups, *roles) for form in term.forms]
    assert len(forms) == len(set(forms)) > 400


@real
def test_winobias_beside_its_twins_ties_no_job_to_a_gender() -> None:
    folder = DATA / "winobias"
    names = [f"type{kind}.{part}.txt" for kind in (1, 2) for part in ("dev", "test")]
    pro, anti = ("".join((folder / f"{side}_{n}").read_text() for n in names).splitlines() for side in ("pro", "anti"))
    side = {"he": 1, "him": 1, "his": 1, "himself": 1, "she": -1, "her": -1, "hers": -1, "herself": -1}
    plain = [[[side.get(w, w) for w in re.findall(r"\w+", line.lower())] for line in lines] for lines in (pro, anti)]
    turned = [[-w if isinstance(w, int) else w for w in words] for words in plain[1]]
    other = {form for term in lexicons.terms("genders.tsv") for form in term.forms}
    twins = [i for i, words in enumerate(plain[0]) if words == turned[i] and not other & set(words)]
    audit = audited({"text": [line.split(" ", 1)[1] for i in twins for line in (pro[i], anti[i])]})
    assert len(twins) == 1_558
    assert audit.outcomes[0].status == "clean"
    assert max(abs(m.effect.value or 0.0) for m in audit.outcomes[0].measured) == pytest.approx(0.0, abs=1e-12)


def test_shuffled_pronouns_seldom_alarm_and_planted_ones_are_found() -> None:
    alarms = found = 0
    names = [t.name for t in lexicons.terms("roles.tsv")][:20]
    for seed in range(300, 305):
        rng = np.random.default_rng(seed)
        job, coin = rng.integers(0, 20, 4_000), rng.random(4_000)
        for odds in (1, 4):
            she = coin < np.where(job == 0, odds / (odds + 1), 0.5)
            texts = [f"the {names[j]} said {'she' if s else 'he'} came" for j, s in zip(job, she, strict=True)]
            hits = {f.where.group for f in audited({"text": texts}).findings}
            alarms += bool(hits) and odds == 1
            found += f"{names[0]}: feminine" in hits and odds == 4
    assert alarms <= 1
    assert found == 5
