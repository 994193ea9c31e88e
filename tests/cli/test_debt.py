"""auditor waive, baseline and diff."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

LATER = (date.today() + timedelta(days=30)).isoformat()
MORE = "one more,a\n" * 24_000  # 750 to 1: beyond the interval of 150 to 1
WHO = ("--owner", "maria@example.org", "--reason", 'as "agreed"\nin DS-412')


def prefix(path: Path) -> str:
    found: str = json.loads(path.read_text())["findings"][0]["fingerprint"]
    return found[:12]


def test_a_waived_finding_passes_with_waivers_and_no_worse_one_does(auditor: Any, saved: Any, folder: Path) -> None:
    path = saved("skewed")
    assert auditor("waive", path, prefix(path), *WHO, "--expires", LATER).code == 0
    ended = auditor("check", "skewed.csv", "--select", "IMB101", "--waivers", "auditor-waivers.toml", "-o", "json=w.json")
    assert ended.code == 0
    audit = json.loads((folder / "w.json").read_text())
    assert audit["verdict"] == "pass-with-waivers"
    assert audit["findings"][0]["waived"]["owner"] == "maria@example.org"
    with (folder / "skewed.csv").open("a") as file:
        file.write(MORE)
    assert auditor("check", "skewed.csv", "--select", "IMB101", "--waivers", "auditor-waivers.toml").code == 1


def test_the_gate_hears_waivers_and_takes_old_marks_away(auditor: Any, saved: Any) -> None:
    path = saved("skewed")
    auditor("waive", path, prefix(path), *WHO, "--expires", LATER)
    assert auditor("gate", path, "--waivers", "auditor-waivers.toml", "-q", "-o", "json=w.json").code == 0
    assert auditor("gate", "w.json").code == 1


def test_waivers_beside_the_config_are_read(auditor: Any, saved: Any, folder: Path) -> None:
    path = saved("skewed")
    auditor("waive", path, prefix(path), *WHO, "--expires", LATER)
    (folder / "auditor.toml").write_text("version = 1\n")
    assert auditor("check", "skewed.csv", "--select", "IMB101").code == 0
    assert auditor("check", "skewed.csv", "--select", "IMB101", "--isolated").code == 1


def test_a_second_waiver_is_added_to_the_first(auditor: Any, saved: Any, folder: Path) -> None:
    path = saved("skewed")
    for _ in range(2):
        assert auditor("waive", path, prefix(path), *WHO, "--expires", LATER).code == 0
    assert (folder / "auditor-waivers.toml").read_text().count("[[waiver]]") == 2


def test_waive_refuses_a_past_day_an_empty_owner_and_an_unknown_finding(auditor: Any, saved: Any, folder: Path) -> None:
    path = saved("skewed")
    key = prefix(path)
    past = (date.today() - timedelta(days=1)).isoformat()
    assert "is past" in auditor("waive", path, key, *WHO, "--expires", past).err
    assert "want a day" in auditor("waive", path, key, *WHO, "--expires", "soon").err
    assert auditor("waive", path, key, "--owner", " ", "--reason", "x", "--expires", LATER).code == 2
    assert "want one" in auditor("waive", path, "zz", *WHO, "--expires", LATER).err
    assert auditor("waive", path, key, *WHO, "--expires", LATER, "--accept", "ratio").code == 2
    assert not (folder / "auditor-waivers.toml").exists()


def test_a_baseline_lets_known_findings_pass_and_worse_ones_fail(auditor: Any, saved: Any, folder: Path) -> None:
    path = saved("skewed")
    assert auditor("baseline", "create", path).code == 0
    assert auditor("baseline", "create", path).code == 2
    words = ("check", "skewed.csv", "--select", "IMB101", "--baseline", "auditor-baseline.json")
    assert auditor(*words).code == 0
    with (folder / "skewed.csv").open("a") as file:
        file.write(MORE)
    assert auditor(*words).code == 1


def test_update_prunes_and_tightens_and_takes_nothing_new_in(auditor: Any, saved: Any, folder: Path) -> None:
    auditor("baseline", "create", saved("skewed"))
    file = folder / "auditor-baseline.json"
    before = file.read_text()
    (folder / "skewed.csv").write_text((folder / "skewed.csv").read_text() + MORE)
    ended = auditor("baseline", "update", saved("skewed"))
    assert (ended.code, "worse IMB101" in ended.out, file.read_text()) == (1, True, before)
    lines = (folder / "skewed.csv").read_text().splitlines()
    (folder / "skewed.csv").write_text("\n".join([lines[0], *lines[5001:6041]]))  # 25 to 1: a warning, and better
    assert auditor("baseline", "update", saved("skewed")).code == 0
    assert [k["value"] for k in json.loads(file.read_text())["findings"]] == [25.0]
    assert auditor("baseline", "update", saved("even")).code == 0
    assert json.loads(file.read_text())["findings"] == []


def test_diff_tells_new_fixed_and_worse(auditor: Any, saved: Any, folder: Path) -> None:
    even, skewed = saved("even", to="even.json"), saved("skewed", to="skewed.json")
    (folder / "skewed.csv").write_text((folder / "skewed.csv").read_text() + MORE)
    worse = saved("skewed", to="worse.json")

    def changes(old: Path, new: Path) -> list[str]:
        return [d["change"] for d in json.loads(auditor("diff", old, new, "--json").out)]

    assert changes(even, skewed) == ["new"]
    assert changes(skewed, even) == ["fixed"]
    assert changes(skewed, worse) == ["worse"]
    assert changes(worse, skewed) == ["better"]
    assert changes(skewed, skewed) == ["same"]
    assert "ratio 150 -> 750" in auditor("diff", skewed, worse).out
