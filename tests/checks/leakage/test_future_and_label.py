"""Rows from the future, and labels written into the input."""

from __future__ import annotations

import auditor
from auditor.rows import Roles


def test_every_row_later_than_the_first_held_out_one_is_named() -> None:
    train = {"t": ["2024-01-01", "2024-03-02", "2024-02-01", "2024-05-01"]}
    audit = auditor.check(train, test={"t": ["2024-02-01", "2024-06-01"]}, roles=Roles(time="t"), select=("LEK104",))
    (found,) = audit.findings
    assert (found.level, found.affected, sorted(r.row for r in found.rows)) == ("warning", 2, [1, 3])
    assert "1 of the same moment" in found.message


def test_a_split_declared_temporal_makes_it_an_error() -> None:
    audit = auditor.check(
        {"t": [1, 5]}, test={"t": [3]}, roles=Roles(time="t"), select=("LEK104",), limits={"LEK104": {"temporal": True}}
    )
    assert [f.level for f in audit.findings] == ["error"]


def test_a_time_column_that_holds_no_time_is_inconclusive() -> None:
    audit = auditor.check({"t": ["soon", "late"]}, test={"t": ["now"]}, roles=Roles(time="t"), select=("LEK104",))
    assert audit.outcomes[0].status == "inconclusive"


def test_the_rows_that_hold_their_label_are_listed() -> None:
    texts = ["label: card arrival - where is it", "hello", "nothing here", "card arrival please"] * 10
    data = {"text": texts, "label": ["Card_Arrival", "greeting", "other", "Card_Arrival"] * 10}
    (found,) = auditor.check(data, roles=Roles(text="text", label="label"), select=("LEK106",)).findings
    assert found.affected == 20
    assert [r.row for r in found.rows][:4] == [0, 3, 4, 7]


def test_a_word_as_frequent_in_other_rows_is_no_leak() -> None:
    data = {"text": ["I like sport a lot"] * 60, "label": ["sport", "news", "film"] * 20}
    assert auditor.check(data, roles=Roles(text="text", label="label"), select=("LEK106",)).findings == ()


def test_few_missing_values_are_inconclusive() -> None:
    data = {"x": [None] * 5 + [1.5, 2.5] * 50, "label": ["a"] * 5 + ["a", "b"] * 50}
    audit = auditor.check(data, roles=Roles(label="label"), select=("LEK203",))
    assert audit.outcomes[0].status == "inconclusive"
