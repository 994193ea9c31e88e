"""The page as text: safe by construction, within its budget, whole when a part breaks."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import replace
from pathlib import Path
from types import ModuleType

import pytest

from auditor import saved
from auditor.model import Audit
from auditor.reports import bias, html, sections, svg
from auditor.reports import json as writer

REPORTS = Path(__file__).parents[2] / "reports"
SCRIPT_MOST = 5_000  # bytes
BUDGETS = {"pass": 250_000, "fail": 250_000, "incomplete": 250_000, "tiny": 250_000, "500-columns": 1_500_000}
"""Bytes of a page: 15 columns and 500 columns."""


def page(audit: Audit) -> str:
    return html.write(audit).decode()


def test_no_template_switches_escaping_off() -> None:
    for path in REPORTS.rglob("*.html"):
        assert not re.search(r"\|\s*safe\b|autoescape|Markup", path.read_text("utf-8")), path


def test_markup_is_made_of_charts_and_of_our_own_constants_only() -> None:
    users = {p.name for p in REPORTS.glob("*.py") if re.search(r"\bMarkup\(", p.read_text("utf-8"))}
    assert users == {"svg.py", "html.py"}


def test_no_template_claims_compliance() -> None:
    for path in REPORTS.rglob("*.*"):
        if path.suffix in (".html", ".py", ".js"):
            assert not re.search(r"\bcompl(iant|ies with|iance)\b", path.read_text("utf-8"), re.IGNORECASE), path


def test_the_script_is_small_and_writes_no_markup() -> None:
    script = (REPORTS / "templates" / "page.js").read_text("utf-8")
    assert len(script.encode()) <= SCRIPT_MOST
    assert not re.search(r"innerHTML|outerHTML|document\.write|eval|insertAdjacentHTML|Function\(", script)


@pytest.mark.parametrize("name", ("fail", "hostile", "500-columns"))
def test_the_policy_names_the_one_style_and_the_one_script(audits: dict[str, Audit], name: str) -> None:
    text = page(audits[name])
    head = text[text.index("<head>") + 6 :].lstrip()
    assert head.startswith('<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy"')
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', text)
    assert policy is not None
    said = policy[1].replace("&#39;", "'")
    assert "unsafe" not in said
    assert "default-src 'none'" in said
    for tag in ("style", "script"):
        bodies = re.findall(rf"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        assert len(bodies) == 1
        digest = base64.b64encode(hashlib.sha256(bodies[0].encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in said


@pytest.mark.parametrize("name", ("fail", "hostile"))
def test_no_element_carries_a_style_or_an_event(audits: dict[str, Audit], name: str) -> None:
    tags = re.findall(r"<[a-zA-Z][^<>]*>", page(audits[name]))
    bare = [re.sub(r'"[^"]*"', '""', tag) for tag in tags]
    assert [t for t in bare if re.search(r"\s(style|on\w+|href=\"\"\s*javascript)=", t)] == []
    links = re.findall(r'href="([^"]*)"', page(audits[name]))
    assert all(link.startswith("#") for link in links)


def test_the_json_in_the_page_is_the_audit(audits: dict[str, Audit]) -> None:
    body = re.search(r'<script type="application/json" id="audit">(.*?)</script>', page(audits["fail"]), re.DOTALL)
    assert body is not None
    assert saved.read(body[1].encode()) == audits["fail"]
    assert not re.search(r"[<>&]", body[1])


def test_the_verdict_of_page_and_json_agree(audits: dict[str, Audit]) -> None:
    for audit in audits.values():
        said = json.loads(writer.write(audit))["verdict"].replace("-", " ").upper()
        assert f"<title>{said}: " in page(audit)


@pytest.mark.parametrize("name", BUDGETS)
def test_the_page_keeps_its_budget(audits: dict[str, Audit], name: str) -> None:
    assert len(html.write(audits[name])) <= BUDGETS[name]


def test_a_section_that_breaks_leaves_the_rest_of_the_page(audits: dict[str, Audit], monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("<b>gone</b>")

    monkeypatch.setattr(bias, "view", broken)
    monkeypatch.setattr(sections, "profile", broken)
    text = page(audits["fail"])
    assert text.count('class="broken"') == 2
    assert "&lt;b&gt;gone&lt;/b&gt;" in text
    assert 'id="provenance"' in text


@pytest.mark.parametrize(
    "section", [{"groups": 3}, {"groups": [{"group": None, "metrics": {"x": 1}}]}, {"comparisons": [{"value": "a"}]}]
)
def test_a_crooked_section_from_a_file_leaves_the_rest_of_the_page(audits: dict[str, Audit], section: dict[str, object]) -> None:
    text = page(replace(audits["fail"], bias=section, tuning={"evaluations": [{"step": "x"}], "guards": [1, {"code": 2}]}))
    assert 'id="provenance"' in text


def test_without_a_renderer_the_tables_stand_alone_and_say_so(audits: dict[str, Audit], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(svg, "draw", lambda *_: None)
    text = page(audits["fail"])
    assert 'class="chart"' not in text
    assert "The chart could not be drawn." in text
    assert "four fifths of Male: 0.245" in text
    assert ">0.306<" in text


def test_charts_stop_at_their_cap_and_tables_go_on(audits: dict[str, Audit]) -> None:
    text = page(audits["500-columns"])
    assert text.count('class="chart"') == html.CHARTS
    assert "Shown as a table" in text


def test_evidence_of_two_findings_is_drawn_once_and_linked(audits: dict[str, Audit]) -> None:
    one = audits["fail"].findings[1]
    text = page(replace(audits["fail"], findings=(one, replace(one, fingerprint="e" * 64)), bias=None, tuning=None))
    assert text.count('class="chart"') == 1
    assert f'<a href="#{one.fingerprint}">Label rate by sex in train</a>, shown with an earlier finding' in text


def test_two_findings_of_one_place_have_two_ids(audits: dict[str, Audit]) -> None:
    one = audits["fail"].findings[0]
    text = page(replace(audits["fail"], findings=(one, one)))
    ids = re.findall(r'<details class="card[^>]* id="([^"]+)"', text)
    assert len(ids) == len(set(ids)) == 2


def test_small_groups_are_listed_and_marked(specimens: ModuleType) -> None:
    text = page(specimens.fail())
    row = re.search(r'<tr class="small-group"><th scope="row">Other <span class="tag">too small to judge</span></th>', text)
    assert row is not None


def test_an_undefined_rate_says_why_and_is_never_zero(specimens: ModuleType) -> None:
    text = page(specimens.fail())
    assert re.search(r"undefined</span> <span[^>]*>because no row has this denominator", text)


def test_the_time_may_be_fixed_from_outside(audits: dict[str, Audit], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "0")
    assert "1970-01-01T00:00:00+00:00" in page(audits["fail"])
