"""Rows, levels and edges of the validity checks that the specimens leave open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from auditor import audit as steps
from auditor.model import Audit, Finding
from auditor.rows import Roles


def audited(code: str, train: Any, **more: Any) -> Audit:
    return steps.run(steps.Request(train=train, data="x", select=(code,), **more))


def rows(finding: Finding) -> list[int]:
    assert finding.all_rows is not None
    return [int(r) for r in finding.all_rows.row]


def test_mixed_nulls_list_the_rows_of_the_rarer_spellings() -> None:
    (finding,) = audited("VAL116", {"a": ["1", "?", "2", "NA", "3", "?"] * 5}).findings
    assert (finding.effect.value, finding.affected) == (2.0, 5)
    assert rows(finding) == [3 + 6 * i for i in range(5)]


def test_infinities_and_nan_of_arrow_are_found_and_nan_of_pandas_is_null() -> None:
    table = pa.table({"x": pa.array([1.0, np.nan, None, np.inf, 2.0])})
    (finding,) = audited("VAL120", table).findings
    assert (finding.affected, rows(finding)) == (2, [1, 3])
    assert audited("VAL120", {"x": [1.0, float("nan"), 2.0]}).outcomes[0].status == "clean"


def test_a_few_texts_in_a_column_of_numbers_are_an_error_and_half_of_them_a_note() -> None:
    def mixed(strays: int) -> list[str]:
        return [str(i) for i in range(200 - strays)] + [f"n{i % 7}" for i in range(strays)]

    levels = {n: [f.level for f in audited("VAL115", {"a": mixed(n)}).findings] for n in (0, 1, 12, 100)}
    assert levels == {0: [], 1: ["warning"], 12: ["error"], 100: ["note"]}
    (finding,) = audited("VAL115", {"a": mixed(12)}).findings
    assert rows(finding) == list(range(188, 200))


def test_an_identifier_is_told_from_a_measure() -> None:
    rng = np.random.default_rng(1)
    data = {
        "counter": np.arange(5, 505),
        "uuid": [f"{i:08x}-0000-4000-8000-{i:012x}" for i in range(500)],
        "float": rng.normal(size=500),
        "price": rng.integers(0, 10**7, 500),
        "name": [f"{chr(97 + i % 26)}{chr(97 + i // 26)} smith" for i in range(500)],
    }
    audit = audited("VAL114", data)
    assert {f.where.columns[0] for f in audit.findings} == {"counter", "uuid"}
    assert audited("VAL114", data, roles=Roles(id="counter")).findings[0].where.columns == ("uuid",)


def test_one_value_beside_gaps_is_a_note_and_a_short_column_is_not_told() -> None:
    (finding,) = audited("VAL112", {"flag": ["yes", None] * 20, "x": [1, 2] * 20}).findings
    assert finding.level == "note"
    assert audited("VAL112", {"flag": ["yes"] * 10}).outcomes[0].status == "inconclusive"


def test_spellings_over_two_splits_are_found_with_their_rows_and_the_better_spelling() -> None:
    audit = audited("VAL122", {"city": ["Oslo", "Rome"] * 10}, test={"city": ["Rome", "OSLO", "rome."]})
    (finding,) = audit.findings
    assert finding.all_rows is not None
    assert list(zip(finding.all_rows.split, rows(finding), strict=True)) == [("test", 1), ("test", 2)]
    assert list(finding.all_rows.suggestion if finding.all_rows.suggestion is not None else ()) == ["Oslo", "Rome"]


def test_labels_are_left_to_the_noise_checks() -> None:
    roles = Roles(label="y", text="t")
    data = {"y": ["Yes", "yes"] * 20, "t": ["some words here", "and more of them"] * 20}
    assert audited("VAL122", data, roles=roles).findings == ()


def test_lost_records_are_listed_with_their_line(tmp_path: Path) -> None:
    path = tmp_path / "ragged.csv"
    path.write_text("a,b\n1,x\n2\n3,y,z\n4,w\n")
    (finding,) = audited("VAL126", path).findings
    assert (finding.affected, finding.examined, rows(finding)) == (2, 4, [1, 2])
    (table,) = finding.evidence
    assert [line[1] for line in getattr(table, "rows", ())] == [3, 4]


def test_bytes_that_are_no_text_are_counted_once_a_row(tmp_path: Path) -> None:
    path = tmp_path / "bytes.csv"
    path.write_bytes(b"a,text\n1,good words\n2,caf\xe9 noir\n3,nul\x00 here\n4,caf\xc3\xa9\n" + b"5,more words\n" * 40)
    (finding,) = audited("VAL121", path, roles=Roles(text="text")).findings
    assert rows(finding) == [1, 2]


def test_a_broken_cell_of_a_number_column_is_still_counted(tmp_path: Path) -> None:
    path = tmp_path / "numbers.csv"
    path.write_bytes(b"n,text\n1,good\n2,words\n" * 5 + b"\xff,here\n" + b"3,there\n" * 20)
    audit = audited("VAL121", path, roles=Roles(text="text"))
    assert [f.affected for f in audit.findings] == [1]
