"""What every writer must do with text that came with the data."""

from __future__ import annotations

import html as entities
import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from types import ModuleType
from typing import Any
from xml.etree import ElementTree

import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from auditor import saved
from auditor.model import Audit, Effect, Finding, Outcome, Row, Where
from auditor.reports import WRITERS, github, html, junit, markdown, sarif, terminal
from auditor.reports.visible import CUT, HIDDEN, one_line, parts, visible

AWKWARD = st.text(max_size=60) | st.text(
    st.sampled_from("<>&\"'`|@#[]{}()%:,\\\r\n\t\x00\x1b\u202e\u200b]!$*_-=ab \ud800"), max_size=40
)
SOME = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])


def audit_of(text: str) -> Audit:
    """One failing finding with the text wherever a text can stand."""
    finding = Finding(
        code="TXT101", name="empty-text", level="error", message=text,
        where=Where(split="train", columns=(text,), group=text, reference=text),
        effect=Effect(name="share", value=0.5, low=0.4, high=0.6, unit="share", method=text), limit=0.1, affected=1, examined=2,
        rows=(Row(split="train", row=0, id=text, detail=text, suggestion=text, twin_split="test", twin_row=1, twin_detail=text),),
        evidence=(), fix=text, fingerprint="f" * 64, why=text, known_limits=text,
    )  # fmt: skip
    skipped = Outcome(code="TXT102", name="short-text", status="skipped", reason=text)
    return Audit(data=text, verdict="fail", reasons=(finding.fingerprint,), findings=(finding,), assumed=(text,),
                 outcomes=(Outcome(code="TXT101", name="empty-text", status="found"), skipped))  # fmt: skip


class Words(HTMLParser):
    """The text of every element of one class."""

    def __init__(self, wanted: str) -> None:
        super().__init__(convert_charrefs=True)
        self.wanted, self.depth, self.found = wanted, 0, [""]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        inside = self.depth > 0
        if inside or dict(attrs).get("class") == self.wanted:
            self.depth += 1

    def handle_endtag(self, tag: str) -> None:
        if self.depth:
            self.depth -= 1
            if self.depth == 0:
                self.found.append("")

    def handle_data(self, data: str) -> None:
        if self.depth:
            self.found[-1] += data


@SOME
@given(text=AWKWARD)
@example(text="</script><script>alert(1)</script>")
@example(text="\x1b[31m\u202e\x00\ud800")
def test_the_page_shows_the_text_or_its_chips(text: str) -> None:
    words = Words("message")
    words.feed(html.write(audit_of(text)).decode())
    assert words.found[0] == "".join(p.text for p in parts(text))


@SOME
@given(text=AWKWARD)
def test_the_notebook_holds_the_page_in_one_attribute(text: str) -> None:
    seen: list[dict[str, str | None]] = []

    class Frames(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            seen.append({"tag": tag, **dict(attrs)})

    Frames().feed(html.notebook(audit_of(text)))
    assert [s["tag"] for s in seen] == ["iframe"]
    assert "sandbox" in seen[0]
    assert "allow" not in str(seen[0]["sandbox"] or "")


@SOME
@given(text=AWKWARD)
def test_json_is_read_back_to_the_letter(text: str) -> None:
    back = saved.read(WRITERS["json"](audit_of(text)))
    want = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert back.findings[0].message == want
    assert back.findings[0].rows[0].suggestion == want


@SOME
@given(text=AWKWARD)
def test_sarif_says_the_visible_text(text: str) -> None:
    said = sarif.to_dict(audit_of(text))["runs"][0]["results"][0]["message"]["text"]
    plain = re.sub(r"\\([\\\[\]])", r"\1", said.replace("{{", "{").replace("}}", "}"))
    assert plain.startswith(visible(text))
    assert "[" not in re.sub(r"\\.", "", said), "an open bracket would begin a link"


@SOME
@given(text=AWKWARD)
@example(text="]]>\x08\ufffe")
def test_junit_says_the_visible_text(text: str) -> None:
    failure = ElementTree.fromstring(junit.write(audit_of(text))).find(".//failure")
    assert failure is not None
    assert failure.get("message") == one_line(text)


@SOME
@given(text=AWKWARD)
@example(text="x\n::set-output name=a::b")
def test_github_says_the_text_in_one_command(text: str) -> None:
    lines = github.write(audit_of(text)).split("\n")
    assert [line[:2] for line in lines[:-1]].count("::") == 1
    _, _, said = lines[0][2:].partition("::")
    plain = said.replace("%0A", "\n").replace("%0D", "\r").replace("%25", "%")
    assert plain.startswith(one_line(text))


@SOME
@given(text=AWKWARD)
def test_gitlab_says_the_visible_text(text: str) -> None:
    issue = json.loads(WRITERS["gitlab"](audit_of(text)))[0]
    assert issue["description"].startswith(f"TXT101 empty-text: {one_line(text)}")


@SOME
@given(text=AWKWARD)
@example(text="@maria #12 https://x.example |a| <b> `c` [d](e)")
def test_markdown_shows_the_text_and_nothing_else(text: str) -> None:
    said = markdown.escape(text)
    plain = entities.unescape(re.sub(r"\\([\\`*_\[\]~|$!])", r"\1", said.replace("<!-- -->", "")))
    assert plain == one_line(text) or entities.unescape(plain) == entities.unescape(one_line(text))
    bare = re.sub(r"\\.", "\0", said.replace("<!-- -->", "\0"))
    assert not re.search(r"[<>`|\[\]*]|@\w|#\w|://", bare)


@SOME
@given(text=AWKWARD)
@example(text="[red]x[/red] [link=http://a]b[/link] :smile:")
def test_the_terminal_shows_the_visible_text_and_no_control(text: str) -> None:
    said = terminal.write(audit_of(text), width=80)
    assert not HIDDEN.search(said)
    assert re.sub(r"\s", "", one_line(text)) in re.sub(r"\s", "", said)


@SOME
@given(text=AWKWARD)
def test_rows_keep_the_text_of_a_suggestion(text: str) -> None:
    line = pq.read_table(io.BytesIO(WRITERS["rows"](audit_of(text)))).to_pylist()[0]
    assert line["suggestion"] == (text.encode("utf-8", "replace").decode() or None)
    assert (line["split"], line["row"], line["code"]) == ("train", 0, "TXT101")


@pytest.mark.parametrize("format", WRITERS)
def test_the_same_audit_gives_the_same_bytes(format: str, specimens: ModuleType) -> None:
    assert WRITERS[format](specimens.fail()) == WRITERS[format](specimens.fail())


@pytest.mark.parametrize("format", WRITERS)
def test_every_writer_takes_every_specimen(format: str, audits: dict[str, Audit]) -> None:
    assert all(WRITERS[format](audit) for name, audit in audits.items() if name != "500-columns")


def test_a_cell_is_cut_on_the_page_and_whole_in_json() -> None:
    long = audit_of("word " * 100)
    page = html.write(replace(long, assumed=(), data="x")).decode()
    body = page[: page.index('<script type="application/json"')]
    assert "word " * (CUT // 5 + 1) not in re.sub(r"<[^>]+>", "", body[body.index("<tbody>") : body.index("</tbody>")])
    assert json.loads(WRITERS["json"](long))["findings"][0]["rows"][0]["detail"] == "word " * 100


def severities(audit: Audit) -> list[Any]:
    return [i["severity"] for i in json.loads(WRITERS["gitlab"](audit))]


def test_states_stay_apart_in_every_format(audits: dict[str, Audit]) -> None:
    """Failed, could not run, inconclusive, skipped and passed."""
    audit = audits["incomplete"]
    suite = ElementTree.fromstring(junit.write(audit)).find("testsuite")
    assert suite is not None
    assert (suite.get("failures"), suite.get("errors"), suite.get("skipped")) == ("1", "1", "4")
    run = sarif.to_dict(audit)["runs"][0]
    assert run["invocations"][0]["executionSuccessful"] is False
    assert severities(audit) == ["blocker", "info", "blocker"]
    assert github.write(audit).startswith("::error title=DUP102 could not be judged::")
